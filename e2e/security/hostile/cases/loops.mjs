import { body, moduleOf, oneFunction, exportRun, section, unitType } from '../module-bytes.mjs';
import { plugin, run } from '../wat.mjs';

/** Guests that do not end by themselves. @type {readonly import('../corpus.mjs').HostileCase[]} */
export const loops = [
  {
    name: 'loop-in-call',
    tries: 'a call that is one empty loop',
    wat: run('(loop $l (br $l))'),
    ends: ['timeout'],
  },
  {
    name: 'loop-counting',
    tries: 'a loop with work in it',
    wat: plugin(
      '(global $n (mut i64) (i64.const 0)) (func (export "run") (loop $l (global.set $n (i64.add (global.get $n) (i64.const 1))) (br $l)))',
    ),
    ends: ['timeout'],
  },
  {
    name: 'loop-in-start',
    tries: 'a start section that never ends',
    wat: plugin('(func $start (loop $l (br $l))) (start $start)'),
    ends: ['load-timeout'],
  },
  {
    name: 'loop-in-initialize',
    tries: 'an _initialize that never ends',
    wat: plugin('(func (export "_initialize") (loop $l (br $l)))'),
    ends: ['load-timeout'],
  },
  {
    name: 'loop-in-ctors',
    tries: 'a __wasm_call_ctors that never ends',
    wat: plugin('(func (export "__wasm_call_ctors") (loop $l (br $l)))'),
    ends: ['load-timeout'],
  },
  {
    name: 'loop-in-hs-init',
    tries: 'an hs_init that never ends',
    wat: plugin('(func (export "hs_init") (param i32 i32) (loop $l (br $l)))'),
    ends: ['load-timeout'],
  },
  {
    name: 'loop-in-second-start',
    tries: 'a _start that never ends, called by name',
    wat: plugin('(func (export "_start") (loop $l (br $l)))'),
    calls: ['_start'],
    ends: ['timeout'],
  },
  {
    name: 'loop-over-kernel',
    tries: 'a loop over imports that stay inside WebAssembly',
    wat: run('(loop $l (call $free (call $alloc (i64.const 64))) (br $l))'),
    ends: ['timeout'],
  },
  {
    name: 'loop-over-host',
    tries: 'a loop over an import that is JavaScript',
    wat: run('(loop $l (drop (call $get_log_level)) (br $l))'),
    ends: ['timeout'],
  },
  {
    name: 'loop-over-logs',
    tries: 'a loop that logs for ever',
    wat: run('(loop $l (call $log_error (call $alloc (i64.const 64))) (br $l))'),
    ends: ['timeout'],
    mostLogs: 2_500,
    mostLogsPerSecond: 1_000,
  },
  {
    name: 'loop-over-vars',
    tries: 'a loop that sets and deletes a var for ever',
    wat: run(`(local $key i64)
      (loop $l
        (local.set $key (call $alloc (i64.const 1)))
        (call $store_u8 (local.get $key) (i32.const 107))
        (call $var_set (local.get $key) (call $alloc (i64.const 4096)))
        (br $l))`),
    ends: ['timeout'],
  },
  {
    name: 'loop-over-memory',
    tries: 'fills 16 MiB again and again: each instruction outlives a deadline check',
    wat: run(
      '(drop (memory.grow (i32.const 255))) (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 16777216)) (br $l))',
    ),
    ends: ['timeout'],
  },
  {
    name: 'loop-without-a-loop',
    tries: 'two to the sixtieth calls, with no loop at all',
    wat: plugin(`(func (export "run") (call $branch (i32.const 60)))
      (func $branch (param $depth i32)
        (if (local.get $depth) (then
          (call $branch (i32.sub (local.get $depth) (i32.const 1)))
          (call $branch (i32.sub (local.get $depth) (i32.const 1))))))`),
    ends: ['timeout'],
  },
  {
    name: 'loop-of-tail-calls',
    tries: 'two functions that tail-call each other for ever: no stack grows',
    wat: plugin('(func $a (export "run") (return_call $b)) (func $b (return_call $a))'),
    ends: ['timeout'],
  },
  {
    name: 'loop-of-indirect-calls',
    tries: 'a tail call through a table, for ever',
    wat: plugin(
      '(type $t (func)) (table funcref (elem $a)) (func $a (export "run") (return_call_indirect (type $t) (i32.const 0)))',
    ),
    ends: ['timeout'],
  },
  {
    name: 'loop-of-caught-traps',
    tries: 'provokes a refusal, swallows it with catch_all, and tries again for ever',
    wat: run('(loop $l (try (do (drop (call $config_get (i64.const 99)))) (catch_all)) (br $l))'),
    ends: ['timeout'],
  },
  {
    name: 'loop-of-exceptions',
    tries: 'throws and catches exceptions of its own for ever',
    wat: plugin(
      '(tag $e (param i64)) (func (export "run") (loop $l (try (do (throw $e (i64.const 1))) (catch $e drop)) (br $l)))',
    ),
    ends: ['timeout'],
  },
  {
    name: 'wait-for-ever',
    tries: 'atomic.wait without a timeout, on memory that is not shared',
    wat: run('(drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))'),
    ends: ['guest-trap'],
  },
  {
    name: 'loop-in-start-of-bytes',
    tries: 'a start section of a module without anything else that is callable',
    bytes: () =>
      moduleOf(unitType, oneFunction, exportRun, section(8, 0), section(10, 1, body([0x03, 0x40, 0x0c, 0, 0x0b]))),
    ends: ['load-timeout'],
  },
];
