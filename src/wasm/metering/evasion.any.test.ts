import { describe, expect, test } from 'vitest';
import { metered, meterLevels, passed, runMetered, Tank } from './test-meter.js';
import type { MeterLevel } from '../../contract/policy.js';
import { assemble } from '../reader/test-wat.js';

type Exports = Readonly<Record<string, (...values: readonly unknown[]) => unknown>>;

const filler = (count: number): string => Array.from({ length: count }, () => 'i32.const 1 drop').join(' ');
const doubling = (depth: number, body: string): string =>
  Array.from({ length: depth }, (_, at) => `(func $f${at} call $f${at + 1} call $f${at + 1})`).join('\n') +
  `(func $f${depth} ${body}) (func (export "run") call $f0)`;

/** Ways to run for ever, or nearly so, that metering could miss. */
const evasions: Readonly<Record<string, string>> = {
  'a loop of nothing': '(func (export "run") (loop br 0))',
  'a loop with parameters and results': '(func (export "run") i32.const 1 (loop (param i32) (result i32) br 0) drop)',
  'a loop that leaves by a table of branches': '(func (export "run") (loop (block (br_table 0 1 (i32.const 5)))))',
  'loops in loops': '(func (export "run") (loop (loop (br_if 0 (i32.const 0))) br 0))',
  'a loop whose end is behind a branch': '(func (export "run") (block (loop (br_if 1 (i32.const 0)) br 0)))',
  'one long turn of a loop': `(func (export "run") (loop ${filler(50_000)} br 0))`,
  'recursion as good as endless': `(func $f (param i32) (if (local.get 0) (then
      (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "run") (call $f (i32.const 60)))`,
  'calls that double without a cycle': doubling(60, ''),
  'loops at the end of calls that double': doubling(
    40,
    '(local i32) (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 1000))))',
  ),
  'straight code of calls that double': `${doubling(11, '')} (func (export "go") ${'call $f0 '.repeat(20_000)})
    (func $x1 ${'call $f0 '.repeat(2_000)}) (func $x2 ${'call $x1 '.repeat(2_000)}) (func (export "run2") ${'call $x2 '.repeat(2_000)})`,
  'a cycle of indirect calls': `(table 2 2 funcref) (elem (i32.const 0) $a $b)
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

/** Calls what stands in a table that the other module's function was put in, by a type that no function of its own has. */
const passingOn = (
  own: 'i32' | 'i64',
  other: 'i32' | 'i64',
  less: string,
): string => `(table 1 funcref) (elem declare func $f)
  (func $f (param ${own}) (if (${own}.gt_s (local.get 0) (${own}.const 0)) (then
    (call_indirect (param ${other}) (${less} (${own}.sub (local.get 0) (${own}.const 1))) (i32.const 0))
    (call_indirect (param ${other}) (${less} (${own}.sub (local.get 0) (${own}.const 1))) (i32.const 0)))))
  (func (export "set") (param funcref) (table.set 0 (i32.const 0) (local.get 0)))
  (func (export "get") (result funcref) ref.func $f)
  (func (export "run") (call $f (${own}.const 40)))`;

/** A metered instance that may do so much. */
function instanceOf(fields: string, level: MeterLevel, limit: number, imports: WebAssembly.Imports = {}): Exports {
  const { bytes } = passed(assemble(fields));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered(bytes, level)), imports);
  new Tank(limit).attach(exports);
  return exports as Exports;
}

test.each(meterLevels)('functions that two modules pass to each other, %s', (level) => {
  const first = instanceOf(passingOn('i32', 'i64', 'i64.extend_i32_s'), level, 1_000_000);
  const second = instanceOf(passingOn('i64', 'i32', 'i32.wrap_i64'), level, 1_000_000);
  first['set']?.(second['get']?.());
  second['set']?.(first['get']?.());
  expect(() => first['run']?.()).toThrow(WebAssembly.RuntimeError);
});

test.each(meterLevels)(
  'functions that two modules pass to each other, by functions that they give away, %s',
  (level) => {
    const givingAway = (fields: string): string =>
      `${fields.replace('(func (export "set")', '(elem declare func $set) (func $set')} (func (export "setter") (result funcref) ref.func $set)`;
    const first = instanceOf(givingAway(passingOn('i32', 'i64', 'i64.extend_i32_s')), level, 1_000_000);
    const second = instanceOf(givingAway(passingOn('i64', 'i32', 'i32.wrap_i64')), level, 1_000_000);
    const setterOf = (exports: Exports): unknown => exports['setter']?.();
    (setterOf(first) as (value: unknown) => void)(second['get']?.());
    (setterOf(second) as (value: unknown) => void)(first['get']?.());
    expect(() => first['run']?.()).toThrow(WebAssembly.RuntimeError);
  },
);

test.each(meterLevels)('a recursion that others end by an exception, %s', (level) => {
  const thrower = instanceOf('(tag $e) (func (export "throw") (throw $e))', level, Infinity);
  const tank = new Tank(1_000_000);
  const { bytes } = passed(
    assemble(`(import "other" "throw" (func $throw)) (func $f (export "run") (param i32) ${'i32.const 1 drop '.repeat(40)}
      (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (call $throw))))`),
  );
  const module = new WebAssembly.Module(metered(bytes, level));
  const { exports } = new WebAssembly.Instance(module, { other: thrower as unknown as WebAssembly.ModuleImports });
  tank.attach(exports);
  const run = exports['run'] as (depth: number) => void;
  for (let times = 0; times < 5; times += 1) expect(() => run(1_000)).toThrow(WebAssembly.Exception);
  // Eighty instructions, and those of the call, a thousand times; and five times that.
  expect(tank.used).toBeGreaterThan(400_000);
});

test.each(meterLevels)('calls that come back through a module with a name like the runtime has, %s', (level) => {
  const { bytes } = passed(
    assemble(`(import "extism:host/other" "load_f" (func $other (param i32))) (func (export "load_f") (param i32)
      (if (local.get 0) (then (call $other (i32.sub (local.get 0) (i32.const 1))) (call $other (i32.sub (local.get 0) (i32.const 1))))))`),
  );
  const back = (count: number): unknown => (exports['load_f'] as (count: number) => unknown)(count);
  const module = new WebAssembly.Module(metered(bytes, level));
  const { exports } = new WebAssembly.Instance(module, { 'extism:host/other': { load_f: back } });
  const tank = new Tank(1_000_000);
  tank.attach(exports);
  expect(() => back(40)).toThrow(WebAssembly.RuntimeError);
});

/** Does its own count of what it does: `work`, of four instructions. */
const work = '(global.set $work (i32.add (global.get $work) (i32.const 1)))';
const deeper = '(call $f (i32.sub (local.get 0) (i32.const 1)))';
/** Work of a function that its callers pay for: it is on a cycle with `$f`, but never calls it. */
const paidFor = `(global $no (mut i32) (i32.const 0))
  (func $g ${work.repeat(450)} (if (global.get $no) (then (call $f (i32.const 0)))))`;
const laborious: Readonly<Record<string, string>> = {
  'loops that are left in their first turn': `(func (export "run") (loop (loop ${work}) (loop ${work}) br 0))`,
  'loops that are left for the loop around': `(func (export "run") (local i32)
    (loop $out (loop $in ${work} (br_if $out (i32.and (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 3))) br $in)))`,
  'loops that are left for far out': `(func (export "run") (local i32)
    (loop $out (block $far (block (loop $in ${work} (br_if $far (i32.and (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 7))) br $in))) br $out))`,
  'loops with a result': `(func (export "run") (local i32)
    (loop (drop (loop (result i32) ${work} (br_if 0 (i32.and (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 3))) (local.get 0))) br 0))`,
  'loops with many ways back': `(func (export "run") (local i32) (loop $again ${work}
    (block $c (block $b (block $a (br_table $a $b $c $again (i32.and (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 3)))) br $again) br $again) br $again))`,
  'functions that return out of a loop': `(func $f (param i32) (loop ${work} (if (i32.eqz (local.get 0)) (then return)) (local.set 0 (i32.sub (local.get 0) (i32.const 1))) br 0))
    (func (export "run") (loop (call $f (i32.const 2)) br 0))`,
  'functions with loops that call themselves': `(func $f (param i32) (local i32) (loop ${work}
      (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 9))))
      (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "run") (call $f (i32.const 60)))`,
  'functions with loops that call each other through a table': `(table 2 2 funcref) (elem (i32.const 0) $f $g)
    (func $f (param i32) (loop ${work}) (if (local.get 0) (then
      (call_indirect (param i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)) (call_indirect (param i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))))
    (func $g (param i32) (loop ${work}) (call $f (local.get 0)))
    (func (export "run") (call $f (i32.const 60)))`,
  'functions that loop a little and go deeper': `(func $f (param i32) (local i32) (loop ${work}
      (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 400))))
      (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "run") (call $f (i32.const 4000)))`,
  'loops that call what calls from loops, and nothing back': `${Array.from(
    { length: 60 },
    (_, at) => `(func $f${at} (local i32) (loop ${work} (call $f${at + 1})
      (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 2)))))`,
  ).join('')} (func $f60 (loop ${work})) (func (export "run") (call $f0))`,
  'a recursion that calls much before it goes deeper': `${paidFor}
    (func $f (param i32) (if (local.get 0) (then ${'call $g '.repeat(200)} ${deeper}))) (func (export "run") (call $f (i32.const 4000)))`,
  'a recursion that calls little before it goes deeper': `${paidFor}
    (func $f (param i32) (if (local.get 0) (then call $g ${deeper}))) (func (export "run") (call $f (i32.const 4000)))`,
  'a recursion with a loop that calls much before it goes deeper': `${paidFor}
    (func $f (param i32) (loop) (if (local.get 0) (then ${'call $g '.repeat(200)} ${deeper}))) (func (export "run") (call $f (i32.const 4000)))`,
  'calls in a row, the last of which throws': `${paidFor} (tag $e) (func $h (throw $e))
    (func $f (param i32) (loop) ${'call $g '.repeat(200)} call $h) (func (export "run") (loop (try (do (call $f (i32.const 0))) (catch_all)) br 0))`,
  'a very long row of calls': `${paidFor}
    (func $f (param i32) (if (local.get 0) (then ${'call $g '.repeat(20_000)} ${deeper}))) (func (export "run") (call $f (i32.const 40)))`,
  'a long chain of functions with loops and much to do': `(func $g ${work.repeat(450)}) ${Array.from(
    { length: 3_000 },
    (_, at) => `(func $f${at} (loop) ${'call $g '.repeat(30)} (call $f${at + 1}))`,
  ).join('')} (func $f3000) (func (export "run") (call $f0))`,
  'a long chain of functions with branches and much to do': `(global $no (mut i32) (i32.const 0)) (func $g ${work.repeat(450)}) ${Array.from(
    { length: 3_000 },
    (_, at) => `(func $f${at} (if (global.get $no) (then ${work})) ${'call $g '.repeat(30)} (call $f${at + 1}))`,
  ).join('')} (func $f3000) (func (export "run") (call $f0))`,
  'loops that end by an exception, or by a call that does': `(tag $e) (func $f (loop ${work}) (throw $e))
    (func $g (loop ${work}) (call $f)) (func (export "run") (loop (try (do (call $g)) (catch_all)) br 0))`,
};

describe.each(meterLevels)('does little unasked, %s', (level) => {
  test.each(Object.entries(laborious))('%s', (_, fields) => {
    const limit = 1_000_000;
    const tank = new Tank(limit);
    const { bytes } = passed(assemble(`(global $work (export "work") (mut i32) (i32.const 0)) ${fields}`));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered(bytes, level)));
    tank.attach(exports);
    expect(() => (exports['run'] as () => void)()).toThrow(WebAssembly.RuntimeError);
    const done = (exports['work'] as WebAssembly.Global<'i32'>).value;
    expect(done).toBeGreaterThan(1_000);
    // Some of it may be found out late, but not much.
    expect(done).toBeLessThan((limit + 2_000_000) / 4);
  });
});

describe.each(meterLevels)('evasions, %s', (level) => {
  test.each(Object.entries(evasions))('%s', (name, fields) => {
    const limit = 20_000_000;
    const tank = new Tank(limit);
    const source =
      name === 'straight code of calls that double'
        ? fields.replace('(export "run")', '').replace('run2', 'run')
        : fields;
    expect(() => runMetered(source, level, tank)).toThrow(WebAssembly.RuntimeError);
    // The work that it found out too late is little.
    expect(tank.used).toBeLessThan(limit + 6_000_000);
  });
});
