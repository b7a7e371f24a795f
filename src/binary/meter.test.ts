import wabtInit from 'wabt';
import { describe, expect, test } from 'vitest';
import type { MeterLevel } from '../contract/policy.js';
import { attach, behaviour, metered, passed, Tank } from './test-meter.js';
import { custom, moduleOf, section, vector } from './test-modules.js';

const wabt = await wabtInit();
const features = {
  bulk_memory: true,
  exceptions: true,
  multi_value: true,
  mutable_globals: true,
  reference_types: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  tail_call: true,
  threads: true,
};
const levels: readonly MeterLevel[] = ['interrupt', 'fuel'];

function assemble(fields: string): Uint8Array<ArrayBuffer> {
  const module = wabt.parseWat('test.wat', `(module ${fields})`, features);
  try {
    return Uint8Array.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

/** Runs the export `run` of a metered module until it ends or the tank is empty. */
function run(fields: string, level: MeterLevel, tank: Tank): unknown {
  const { bytes, report } = passed(assemble(fields));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered(bytes, level)));
  tank.attach(exports);
  const entry = exports[report.startExport ?? 'run'] ?? exports['run'];
  return typeof entry === 'function' ? entry() : 'nothing to run';
}

const filler = (count: number): string => Array.from({ length: count }, () => 'i32.const 1 drop').join(' ');
const doubling = (depth: number, body: string): string =>
  Array.from({ length: depth }, (_, at) => `(func $f${at} call $f${at + 1} call $f${at + 1})`).join('\n') +
  `(func $f${depth} ${body}) (func (export "run") call $f0)`;

/** Ways to run for ever, or as good as, that a meter might not see. */
const cheats: Readonly<Record<string, string>> = {
  'a loop of nothing': '(func (export "run") (loop br 0))',
  'a loop that takes and gives': '(func (export "run") i32.const 1 (loop (param i32) (result i32) br 0) drop)',
  'a loop that leaves by a table of branches': '(func (export "run") (loop (block (br_table 0 1 (i32.const 5)))))',
  'loops in loops': '(func (export "run") (loop (loop (br_if 0 (i32.const 0))) br 0))',
  'a loop whose end is behind a branch': '(func (export "run") (block (loop (br_if 1 (i32.const 0)) br 0)))',
  'one long turn of a loop': `(func (export "run") (loop ${filler(50_000)} br 0))`,
  'recursion as good as endless': `(func $f (param i32) (if (local.get 0) (then
      (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "run") (call $f (i32.const 60)))`,
  'calls that double without a circle': doubling(60, ''),
  'loops at the end of calls that double': doubling(
    40,
    '(local i32) (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 1000))))',
  ),
  'straight code of calls that double': `${doubling(11, '')} (func (export "go") ${'call $f0 '.repeat(20_000)})
    (func $x1 ${'call $f0 '.repeat(2_000)}) (func $x2 ${'call $x1 '.repeat(2_000)}) (func (export "run2") ${'call $x2 '.repeat(2_000)})`,
  'a circle of indirect calls': `(table 2 2 funcref) (elem (i32.const 0) $a $b)
    (func $a (param i32) (result i32) (if (result i32) (local.get 0) (then
      (drop (call_indirect (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))
      (call_indirect (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1))) (else (i32.const 0))))
    (func $b (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))
    (func (export "run") (drop (call $a (i32.const 100))))`,
  'tail calls to itself': '(func $f return_call $f) (func (export "run") call $f)',
  'two that tail-call each other':
    '(func $a (param i32) (return_call $b (local.get 0))) (func $b (param i32) (return_call $a (local.get 0))) (func (export "run") (call $a (i32.const 1)))',
  'tail calls through a table': `(table 1 1 funcref) (elem (i32.const 0) $f)
    (func $f (return_call_indirect (i32.const 0))) (func (export "run") call $f)`,
  'tail calls out of loops': `(func $f (local i32) (loop (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get 0) (i32.const 100)))) return_call $f) (func (export "run") call $f)`,
  'a loop in catch_all': '(func (export "run") (loop (try (do (loop br 0)) (catch_all)) br 0))',
  'a loop of exceptions': `(tag $e) (func $f throw $e)
    (func (export "run") (loop (try (do (call $f)) (catch_all)) br 0))`,
  'loops that end by an exception': `(tag $e) (func $f (local i32)
      (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 400)))) throw $e)
    (func $g (local i32) (loop (try (do (call $f)) (catch_all))
      (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 400)))) throw $e)
    (func $h (local i32) (loop (try (do (call $g)) (catch_all))
      (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 400)))) throw $e)
    (func (export "run") (loop (try (do (call $h)) (catch_all)) br 0))`,
  'memory filled again and again':
    '(memory 64) (func (export "run") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 4194304)) br 0))',
  'memory filled in straight code': `(memory 64) (func (export "run") ${'(memory.fill (i32.const 0) (i32.const 1) (i32.const 4194304))'.repeat(2_000)})`,
  'memory copied again and again':
    '(memory 64) (func (export "run") (loop (memory.copy (i32.const 0) (i32.const 1) (i32.const 4194303)) br 0))',
  'memory initialized again and again': `(memory 64) (data $d "${'x'.repeat(60_000)}")
    (func (export "run") (loop (memory.init $d (i32.const 0) (i32.const 0) (i32.const 60000)) br 0))`,
  'tables filled and copied':
    '(table 60000 funcref) (func (export "run") (loop (table.fill 0 (i32.const 0) (ref.null func) (i32.const 60000)) (table.copy (i32.const 0) (i32.const 1) (i32.const 59999)) br 0))',
  'a loop in the start section': '(func $s (loop br 0)) (start $s) (func (export "run"))',
};

describe.each(levels)('cheats, %s', (level) => {
  test.each(Object.entries(cheats))('%s', (name, fields) => {
    const limit = 20_000_000;
    const tank = new Tank(limit);
    const startedAt = performance.now();
    const source =
      name === 'straight code of calls that double'
        ? fields.replace('(export "run")', '').replace('run2', 'run')
        : fields;
    expect(() => run(source, level, tank)).toThrow(WebAssembly.RuntimeError);
    // The work that it found out too late is little.
    expect(tank.used).toBeLessThan(limit + 6_000_000);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

describe('what a module does', () => {
  const memory = `(memory (export "memory") 64)
    (func $mark (param i32 i32) (local i32) (loop (i32.store8 (i32.add (local.get 0) (local.get 2)) (local.get 2))
      (local.set 2 (i32.add (local.get 2) (i32.const 7))) (br_if 0 (i32.lt_u (local.get 2) (local.get 1)))))`;
  const modules: Readonly<Record<string, string>> = {
    'values of several types from several places': `(func (export "a") (param i32) (result i32 i64)
        (if (local.get 0) (then (return (i32.const 1) (i64.const 2)))) (i32.const 3) (i64.const 4))
      (func (export "b") (param i32) (result i32) (local i32) (block (loop (br_if 1 (i32.gt_u (local.get 1) (local.get 0)))
        (local.set 1 (i32.add (local.get 1) (i32.const 1))) (if (i32.eq (local.get 1) (i32.const 9)) (then (return (i32.const 77)))) (br 0)))
        (local.get 1))
      (func (export "c") (param i32) (result f64 f32 i32) (local i32) (loop (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if 1 (f64.const 1) (f32.const 2) (local.get 1) (i32.gt_u (local.get 1) (i32.const 10))) drop drop drop br 0) unreachable)`,
    'long fills, copies and inits': `${memory} (data $d "${'abcdefgh'.repeat(200_000)}")
      (func (export "fill") (memory.fill (i32.const 77) (i32.const 5) (i32.const 3145733)))
      (func (export "mark") (call $mark (i32.const 0) (i32.const 4000000)))
      (func (export "up") (memory.copy (i32.const 1000) (i32.const 3000) (i32.const 3500000)))
      (func (export "down") (memory.copy (i32.const 5000) (i32.const 1000) (i32.const 3500001)))
      (func (export "init") (memory.init $d (i32.const 10) (i32.const 3) (i32.const 1599990)))
      (func (export "exact") (memory.fill (i32.const 0) (i32.const 9) (i32.const 1048576)))
      (func (export "none") (memory.copy (i32.const 4194304) (i32.const 0) (i32.const 0)))`,
    'bulk instructions out of bounds, which write nothing': `${memory} (data $d "${'abcdefgh'.repeat(200_000)}")
      (func (export "fill") (memory.fill (i32.const 77) (i32.const 5) (i32.const 4194304)))
      (func (export "fill2") (memory.fill (i32.const 0) (i32.const 5) (i32.const -1)))
      (func (export "to") (memory.copy (i32.const 3000000) (i32.const 0) (i32.const 1500000)))
      (func (export "from") (memory.copy (i32.const 0) (i32.const 3000000) (i32.const 1500000)))
      (func (export "init") (memory.init $d (i32.const 10) (i32.const 3) (i32.const 1599998)))
      (func (export "init2") (memory.init $d (i32.const 3000000) (i32.const 0) (i32.const 1500000)))
      (func (export "z") data.drop $d) (func (export "z2") (memory.init $d (i32.const 10) (i32.const 0) (i32.const 1500000)))`,
    exceptions: `(tag $e (param i32)) (func $f (param i32) (loop (if (local.get 0) (then (throw $e (i32.const 7)))) ))
      (func (export "a") (param i32) (result i32) (try (result i32) (do (call $f (local.get 0)) (i32.const 1)) (catch $e)))
      (func (export "b") (param i32) (try (do (loop (call $f (local.get 0)))) (delegate 0)))
      (func (export "c") (param i32) (try (do (call $f (local.get 0))) (catch_all (rethrow 0))))`,
    'a start section and tables': `(table (export "t") 3 5 funcref) (elem (i32.const 0) $a $a) (func $a (result i32) i32.const 4)
      (global $g (mut i32) (i32.const 1)) (func $s (global.set $g (call_indirect (result i32) (i32.const 1)))) (start $s)
      (func (export "g") (result i32) global.get $g) (func (export "trap") (result i32) (call_indirect (result i32) (i32.const 2)))
      (func (export "grow") (result i32) (table.grow (ref.null func) (i32.const 2))) (func (export "size") (result i32) table.size 0)`,
  };
  test.each(Object.entries(modules))('%s', (_, fields) => {
    const { bytes, report } = passed(assemble(fields));
    const plain = behaviour(bytes, report);
    expect(plain.length).toBeGreaterThan(2);
    for (const level of levels) expect(behaviour(metered(bytes, level), report), level).toEqual(plain);
  });
});

describe('fuel', () => {
  const cost = (fields: string): number => {
    const tank = new Tank();
    run(fields, 'fuel', tank);
    return tank.used;
  };

  test('counts instructions; block, loop, else, end and nop cost nothing', () => {
    expect(cost('(func (export "run") i32.const 1 drop nop (block i32.const 2 drop))')).toBe(4);
    expect(
      cost(
        '(func (export "run") (if (i32.const 1) (then nop i32.const 1 drop) (else i32.const 1 drop i32.const 1 drop)))',
      ),
    ).toBe(4);
    expect(
      cost('(func (export "run") (if (i32.const 0) (then i32.const 1 drop) (else i32.const 1 drop i32.const 1 drop)))'),
    ).toBe(6);
  });

  test('counts the code that ran, not what a branch left out', () => {
    const leaving = (condition: number): string =>
      `(func (export "run") (block (block (br_if 1 (i32.const ${condition})) i32.const 1 drop) i32.const 1 drop) i32.const 1 drop)`;
    expect([cost(leaving(0)), cost(leaving(1))]).toEqual([8, 4]);
    const loop = (turns: number): string => `(func (export "run") (local i32)
      (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const ${turns})))) i32.const 1 drop)`;
    expect([cost(loop(1)), cost(loop(2)), cost(loop(100_000))]).toEqual([10, 18, 800_002]);
  });

  test('counts what is called, in whatever way', () => {
    const small = '(func $f (param i32) local.get 0 drop)';
    expect(cost(`${small} (func (export "run") (call $f (i32.const 1)) (call $f (i32.const 1)))`)).toBe(8);
    expect(
      cost(
        `${small} (table 1 funcref) (elem (i32.const 0) $f) (func (export "run") (call_indirect (param i32) (i32.const 1) (i32.const 0)))`,
      ),
    ).toBe(5);
    expect(
      cost(`(func $f (param i32) (result i32) (if (result i32) (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 5))))
      (func (export "run") (drop (call $f (i32.const 10))))`),
    ).toBe(3 + 10 * 6 + 3);
  });

  test('counts the bytes that bulk instructions move', () => {
    expect(
      cost('(memory 64) (func (export "run") (memory.fill (i32.const 0) (i32.const 0) (i32.const 3000000)))'),
    ).toBe(3_000_004);
    expect(
      cost('(table 9 funcref) (func (export "run") (table.fill (i32.const 0) (ref.null func) (i32.const 9)))'),
    ).toBe(13);
  });

  test('is enough, or it is not: to the instruction', () => {
    const fields = `(func $f (local i32) (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 5000)))))
      (func (export "run") (local i32) (loop call $f (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 50)))))`;
    const exact = cost(fields);
    const enough = new Tank(exact);
    run(fields, 'fuel', enough);
    expect(enough.used).toBe(exact);
    const tooLittle = new Tank(exact - 1);
    try {
      run(fields, 'fuel', tooLittle);
    } catch {
      // Whether it was stopped on the way, or is found out at the end, is the same.
    }
    expect(tooLittle.used).toBeGreaterThan(exact - 1);
  });
});

describe('a module that names what the meter adds stays invalid', () => {
  const unit = section(1, vector([0x60, 0, 0]));
  const body = (...code: number[]): number[] => section(10, vector([code.length + 2, 0, ...code, 0x0b]));
  const cases: Readonly<Record<string, readonly number[][]>> = {
    'its global': [unit, section(3, vector([0])), body(0x41, 0, 0x24, 0)],
    'its table': [unit, section(3, vector([0])), body(0x41, 0, 0xd0, 0x70, 0x26, 0)],
    'its function': [unit, section(3, vector([0])), body(0x41, 0, 0x10, 1)],
    'its local': [unit, section(3, vector([0])), body(0x03, 0x40, 0x41, 0, 0x21, 0, 0x0b)],
    'its block': [unit, section(3, vector([0])), body(0x03, 0x40, 0x0c, 2, 0x0b)],
    'its end': [unit, section(3, vector([0])), body(0x03, 0x40, 0x0b, 0x0b, 0x01)],
    'its global, exported': [unit, section(3, vector([0])), section(7, vector([1, 0x67, 3, 0])), body()],
    'its table, exported': [unit, section(3, vector([0])), section(7, vector([1, 0x67, 1, 0])), body()],
    'its table, filled': [unit, section(3, vector([0])), section(9, vector([0, 0x41, 0, 0x0b, 1, 0])), body()],
    'a data segment by 2^28 more than its index': [
      unit,
      section(3, vector([0])),
      section(5, vector([0, 1])),
      section(12, [1]),
      body(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0x80, 0x80, 0x80, 0x80, 1, 0),
      section(11, vector([1, 0])),
    ],
    'its function, in a global': [unit, section(3, vector([0])), section(6, vector([0x70, 0, 0xd2, 1, 0x0b])), body()],
  };
  test.each(Object.entries(cases))('%s', (_, sections) => {
    const bytes = moduleOf(...sections) as Uint8Array<ArrayBuffer>;
    expect(WebAssembly.validate(bytes)).toBe(false);
    for (const level of levels) {
      let valid = false;
      try {
        valid = WebAssembly.validate(metered(bytes, level));
      } catch {
        // Refused, which is as good.
      }
      expect(valid).toBe(false);
    }
  });
});

test('drops sections that would speak of other code, and keeps the rest', () => {
  const bytes = moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector([0])),
    custom('sourceMappingURL', 1),
    section(7, vector([3, 0x72, 0x75, 0x6e, 0, 0])),
    section(10, vector([2, 0, 0x0b])),
    custom('.debug_info', 1),
    custom('name', 0, 1, 0),
    custom('producers', 0),
  ) as Uint8Array<ArrayBuffer>;
  const module = new WebAssembly.Module(metered(bytes, 'fuel'));
  const count = (name: string): number => WebAssembly.Module.customSections(module, name).length;
  expect(['sourceMappingURL', '.debug_info', 'name', 'producers'].map(count)).toEqual([0, 0, 1, 1]);
});

test('a module that nobody attached a host to traps when it is to ask', () => {
  const bytes = assemble('(func (export "run") (loop br 0))');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered(bytes, 'interrupt')));
  expect(exports['run']).toThrow(WebAssembly.RuntimeError);
  attach(exports, () => -1);
  expect(exports['run']).toThrow('unreachable');
});
