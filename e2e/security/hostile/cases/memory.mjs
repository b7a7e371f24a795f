import {
  moduleOf,
  oneFunction,
  exportRun,
  section,
  times,
  u32,
  unitType,
  body,
  runModule,
  text,
} from '../module-bytes.mjs';
import { plugin, run } from '../wat.mjs';

/** @param {...import('../module-bytes.mjs').Part} memories */
const withMemories = (...memories) =>
  moduleOf(unitType, oneFunction, section(5, memories), exportRun, section(10, 1, body([])));

/** Guests that want memory, tables and blocks without end. Their cap is 256 pages, 100,000 entries. @type {readonly import('../corpus.mjs').HostileCase[]} */
export const memory = [
  {
    name: 'grow-to-4-gib',
    tries: 'one memory.grow to the end of the address space',
    wat: run('(if (i32.ne (memory.grow (i32.const 65535)) (i32.const -1)) (then (unreachable)))'),
    ends: ['value'],
  },
  {
    name: 'grow-page-by-page',
    tries: 'memory.grow until it fails, which must be at the cap exactly',
    wat: run(`(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      (if (i32.ne (memory.size) (i32.const 256)) (then (unreachable)))`),
    ends: ['value'],
  },
  {
    name: 'grow-for-ever',
    tries: 'goes on growing long after it failed, and writes to all it has',
    wat: run(`(loop $l (drop (memory.grow (i32.const 1)))
      (memory.fill (i32.const 0) (i32.const 7) (i32.mul (memory.size) (i32.const 65536))) (br $l))`),
    ends: ['timeout'],
  },
  {
    name: 'memories-100',
    tries: '100 memories in 512 bytes',
    bytes: () => withMemories(100, times(100, [1, 1, 1])),
    ends: ['memory-count'],
  },
  {
    name: 'memories-2',
    tries: 'a second memory',
    bytes: () => withMemories(2, [0, 1], [0, 1]),
    ends: ['memory-count'],
  },
  {
    name: 'memory-imported-and-own',
    tries: 'a memory of its own beside an imported one',
    bytes: () => moduleOf(section(2, 1, text('env'), text('memory'), 2, 0, 1), section(5, 1, 0, 1)),
    ends: ['memory-count'],
  },
  {
    name: 'memory-imported',
    tries: "the host's own memory",
    bytes: () => moduleOf(section(2, 1, text('env'), text('memory'), 2, 0, 1)),
    ends: ['missing-import'],
  },
  {
    name: 'memory-huge-at-first',
    tries: '4 GiB of initial memory',
    bytes: () => withMemories(1, 0, u32(65_536)),
    ends: ['memory-limit'],
  },
  {
    name: 'memory-one-over',
    tries: 'one page over the cap, at first',
    bytes: () => withMemories(1, 0, u32(257)),
    ends: ['memory-limit'],
  },
  {
    name: 'memory-impossible',
    tries: 'more pages than there are addresses',
    bytes: () => withMemories(1, 0, u32(0xffff_ffff)),
    ends: ['invalid-module', 'memory-limit'],
  },
  { name: 'memory-shared', tries: 'shared memory', bytes: () => withMemories(1, 3, 1, 1), ends: ['memory-shared'] },
  { name: 'memory-64', tries: '64-bit memory', bytes: () => withMemories(1, 4, 1), ends: ['memory-64'] },
  {
    name: 'memory-64-shared',
    tries: '64-bit shared memory',
    bytes: () => withMemories(1, 7, 1, 1),
    ends: ['memory-64', 'memory-shared'],
  },
  {
    name: 'memory-of-small-pages',
    tries: 'pages of one byte (custom page sizes)',
    bytes: () => withMemories(1, 8, 1, 0),
    ends: ['invalid-module'],
  },
  {
    name: 'memory-huge-maximum',
    tries: 'a declared maximum over the cap',
    wat: plugin(`(memory 1 65536)
      (func (export "run") (if (i32.ne (memory.grow (i32.const 256)) (i32.const -1)) (then (unreachable))))`),
    ends: ['value'],
  },
  {
    name: 'table-huge-at-first',
    tries: 'ten million table entries at first',
    wat: plugin('(table 10000000 funcref) (func (export "run"))'),
    ends: ['table-limit'],
  },
  {
    name: 'tables-17',
    tries: 'more tables than there may be',
    bytes: () => moduleOf(section(4, 17, times(17, [0x70, 0, 1]))),
    ends: ['table-limit'],
  },
  {
    name: 'tables-100000',
    tries: 'a hundred thousand tables',
    bytes: () => moduleOf(section(4, u32(100_000), times(100_000, [0x70, 0, 0]))),
    ends: ['table-limit'],
  },
  {
    name: 'table-64',
    tries: 'a table with 64-bit indices',
    bytes: () => moduleOf(section(4, 1, 0x70, 4, 1)),
    ends: ['memory-64', 'table-limit', 'invalid-module'],
  },
  {
    name: 'table-grow-until-refused',
    tries: 'table.grow until it fails, which must be at 100,000 entries',
    wat: plugin(`(table $t 0 externref) (func (export "run")
      (loop $l (br_if $l (i32.ne (table.grow $t (ref.null extern) (i32.const 1000)) (i32.const -1))))
      (if (i32.ne (table.size $t) (i32.const 100000)) (then (unreachable))))`),
    ends: ['value'],
  },
  {
    name: 'table-grow-for-ever',
    tries: 'ten million entries in one table.grow, over and over',
    wat: plugin(`(table $t 1 funcref) (func (export "run")
      (loop $l (drop (table.grow $t (ref.null func) (i32.const 10000000))) (br $l)))`),
    ends: ['timeout'],
  },
  {
    name: 'tables-16-grow',
    tries: '16 tables that each grow as far as they can: 100,000 entries together',
    wat: plugin(`${Array.from({ length: 16 }, (_, n) => `(table $t${n} 0 funcref)`).join('\n')}
      (func (export "run") (local $sum i32)
        ${Array.from(
          { length: 16 },
          (
            _,
            n,
          ) => `(loop $l${n} (br_if $l${n} (i32.ne (table.grow $t${n} (ref.null func) (i32.const 50)) (i32.const -1))))
        (local.set $sum (i32.add (local.get $sum) (table.size $t${n})))`,
        ).join('\n')}
        (if (i32.gt_u (local.get $sum) (i32.const 100000)) (then (unreachable))))`),
    ends: ['value'],
  },
  {
    name: 'data-segments-100001',
    tries: 'more data segments than there may be',
    bytes: () => moduleOf(section(11, u32(100_001), times(100_001, [1, 0]))),
    ends: ['module-limit'],
  },
  {
    name: 'data-segments-claimed',
    tries: 'four billion data segments, none of which follow',
    bytes: () => moduleOf(section(11, u32(0xffff_ffff))),
    ends: ['module-limit', 'invalid-module'],
  },
  {
    name: 'data-outside-memory',
    tries: 'a data segment past the end of memory',
    wat: plugin('(memory 1) (data (i32.const 65535) "xyz") (func (export "run"))'),
    ends: ['guest-trap'],
  },
  {
    name: 'data-many-overlapping',
    tries: '20,000 data segments, each of which fills the same 1,000 bytes',
    bytes: () =>
      moduleOf(
        unitType,
        oneFunction,
        section(5, 1, 0, 1),
        exportRun,
        section(10, 1, body([])),
        section(11, u32(20_000), times(20_000, [0, 0x41, 0, 0x0b, u32(1_000), times(1_000, 0x61)])),
      ),
    options: { maxModuleBytes: 8_000_000 },
    ends: ['module-size'],
  },
  {
    name: 'elements-outside-table',
    tries: 'an element segment past the end of its table',
    wat: plugin('(table 1 funcref) (elem (i32.const 9) $f) (func $f (export "run"))'),
    ends: ['guest-trap'],
  },
  {
    name: 'kernel-grow-until-refused',
    tries: 'blocks of 1 MiB until there are no more: the cap holds for the kernel too',
    wat: run(`(local $n i32)
      (loop $l (if (i64.ne (call $alloc (i64.const 1048576)) (i64.const 0)) (then
        (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $l))))
      (if (i32.gt_u (local.get $n) (i32.const 16)) (then (unreachable)))`),
    ends: ['value'],
  },
  {
    name: 'kernel-alloc-impossible',
    tries: 'blocks of 2^64-1, 2^63, 2^53+1 and 2^32 bytes',
    wat: run(`(if (i64.ne (i64.const 0) (i64.or
        (i64.or (call $alloc (i64.const -1)) (call $alloc (i64.const 0x8000000000000000)))
        (i64.or (call $alloc (i64.const 9007199254740993)) (call $alloc (i64.const 4294967296))))) (then (unreachable)))`),
    ends: ['value'],
  },
  {
    name: 'kernel-alloc-storm',
    tries: 'blocks of one byte until there are no more, then one more',
    wat: run(
      '(loop $l (br_if $l (i64.ne (call $alloc (i64.const 1)) (i64.const 0)))) (if (i64.ne (call $alloc (i64.const 1)) (i64.const 0)) (then (unreachable)))',
    ),
    ends: ['value'],
  },
  {
    name: 'kernel-free-storm',
    tries: 'frees every address of the first MiB twice, then asks for a block',
    wat: run(`(local $at i64)
      (drop (call $alloc (i64.const 1000)))
      (loop $l (call $free (local.get $at)) (call $free (local.get $at))
        (br_if $l (i64.lt_u (local.tee $at (i64.add (local.get $at) (i64.const 1))) (i64.const 1048576))))
      (if (i64.eqz (call $alloc (i64.const 8))) (then (unreachable)))`),
    ends: ['value'],
  },
  {
    name: 'kernel-scribble',
    tries: 'writes ones over all of kernel memory, headers too, and goes on using it',
    wat: run(`(local $at i64) (local $block i64)
      (local.set $block (call $alloc (i64.const 64)))
      (loop $l (call $store_u64 (local.get $at) (i64.const -1))
        (br_if $l (i64.lt_u (local.tee $at (i64.add (local.get $at) (i64.const 8))) (i64.const 17000000))))
      (drop (call $length (local.get $block))) (drop (call $length_unsafe (local.get $block)))
      (call $free (local.get $block)) (call $free (call $input_offset))
      (call $output_set (call $alloc (i64.const 8)) (i64.const 8))`),
    input: 'hello',
    mostBytes: 8,
    ends: ['value'],
  },
  {
    name: 'kernel-zero-out',
    tries: 'writes zeros over all of kernel memory, and allocates until refused',
    wat: run(`(local $at i64)
      (drop (call $alloc (i64.const 64)))
      (loop $l (call $store_u64 (local.get $at) (i64.const 0))
        (br_if $l (i64.lt_u (local.tee $at (i64.add (local.get $at) (i64.const 8))) (i64.const 17000000))))
      (loop $m (br_if $m (i64.ne (call $alloc (i64.const 4096)) (i64.const 0))))`),
    ends: ['value'],
  },
  {
    name: 'kernel-forged-headers',
    tries: 'forges the header of a block byte by byte, and frees and measures it each time',
    wat: run(`(local $block i64) (local $at i64) (local $value i32)
      (loop $values
        (local.set $at (i64.const -32))
        (loop $places
          (local.set $block (call $alloc (i64.const 32)))
          (call $store_u8 (i64.add (local.get $block) (local.get $at)) (local.get $value))
          (drop (call $length (local.get $block)))
          (if (i64.gt_u (call $length_unsafe (local.get $block)) (i64.const 0xffffffff)) (then (unreachable)))
          (call $free (local.get $block))
          (br_if $places (i64.lt_s (local.tee $at (i64.add (local.get $at) (i64.const 1))) (i64.const 0))))
        (br_if $values (i32.lt_u (local.tee $value (i32.add (local.get $value) (i32.const 17))) (i32.const 256))))`),
    ends: ['value'],
  },
  {
    name: 'kernel-forged-sizes',
    tries: 'writes the size of all memory to every word before a block, then frees it and allocates as much',
    wat: run(`(local $block i64)
      (local.set $block (call $alloc (i64.const 64)))
      (call $store_u64 (i64.sub (local.get $block) (i64.const 8)) (i64.const 0x00ffffff00ffffff))
      (call $store_u64 (i64.sub (local.get $block) (i64.const 16)) (i64.const 0x00ffffff00ffffff))
      (call $free (local.get $block))
      (call $output_set (call $alloc (i64.const 16000000)) (i64.const 16000000))
      (drop (call $alloc (i64.const 16000000)))`),
    mostBytes: 16_000_000,
    ends: ['value'],
  },
  {
    name: 'module-too-large',
    tries: 'a module over the limit on its bytes',
    bytes: () => runModule(times(9_000_000, 0x01)),
    options: { maxModuleBytes: 8_000_000 },
    ends: ['module-size', 'module-limit'],
  },
];
