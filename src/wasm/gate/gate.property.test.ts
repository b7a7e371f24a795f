import fc from 'fast-check';
import wabtInit from 'wabt';
import { expect, test } from 'vitest';
import { isPluginError } from '../../contract/errors.js';
import type { ModuleReport } from '../../contract/module-report.js';
import { outcomes, metered, Tank } from '../metering/test-meter.js';
import { gated } from './test-gate.js';
import { custom, limits, moduleOf, section, text, vector } from '../reader/test-modules.js';
import { runCount } from '../../contract/test-runs.js';

const runs = runCount(100_000);
const seed = Number(process.env['TENON_SEED'] ?? Date.now() % 2 ** 31);
const policy = { maxPages: 16, maxTableEntries: 1_000, maxModuleBytes: 4_096 };

const sources = [
  '(module)',
  '(module (memory 1))',
  '(module (memory 1 2) (data (i32.const 0) "abc"))',
  '(module (memory (export "memory") 1 65536) (func (export "f") (param i32) (result i32) local.get 0))',
  '(module (import "m" "memory" (memory 1 8)) (import "m" "table" (table 1 funcref)) (import "m" "f" (func (param i64))))',
  '(module (table 2 funcref) (table 1 5 externref) (func $f) (elem (i32.const 0) $f $f))',
  '(module (func $s (local i32 i64 f32)) (global (mut i32) (i32.const 7)) (export "a" (func $s)) (start $s))',
  '(module (func $s) (start $s))',
  '(module (memory 1) (func $s i32.const 0 i32.const 1 i32.store) (export "m" (memory 0)) (start $s) (data "x"))',
  '(module (tag $e (param i32 i64)) (func (export "f") i32.const 1 i64.const 2 throw $e))',
  '(module (global (export "g") i64 (i64.const -1)) (func (result i32 i32) i32.const 1 i32.const 2))',
  `(module (memory (export "memory") 1) (func (export "f") (result i32) (drop (memory.grow (i32.const 1)))
    (i32.store (i32.const 70000) (i32.const 9)) (i32.add (memory.grow (i32.const 3)) (memory.size))))`,
  `(module (memory (export "memory") 1 90) (table (export "t") 2 funcref) (func (export "f") (result i32) (memory.grow (i32.const 2)))
    (func (export "g") (result i32) (table.grow 0 (ref.null func) (i32.const 3))) (func (export "h") (result i32) (table.size 0)))`,
];

const handMade = [
  moduleOf(
    custom('first', 1, 2),
    section(5, vector(limits(1))),
    custom('producers', ...vector([...text('language'), ...vector([...text('C'), ...text('1')])])),
  ),
  moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector([0])),
    section(7, vector([...text('f'), 0, 0])),
    custom('between', 9),
    section(8, [0]),
    section(10, vector([2, 0, 0x0b])),
  ),
  moduleOf(section(1, vector([0x5f, 1, 0x7f, 0])), section(5, vector(limits(1)))),
  moduleOf(
    section(
      2,
      vector([...text('a'), ...text('b'), 2, ...limits(1)], [...text('a'), ...text('c'), 1, 0x70, ...limits(1, 2)]),
    ),
  ),
  moduleOf([5, 0x84, 0x80, 0x00, 1, 1, 1, 2]),
  // Short bodies, and bodies whose sizes are encoded in two bytes, which one of them does not need; locals of several types.
  moduleOf(
    section(1, vector([0x60, 0, 0])),
    section(3, vector([0], [0], [0], [0], [0])),
    section(
      10,
      vector(
        [0xc8, 0x01, 1, 0xc8, 0x01, 0x7f, ...Array<number>(195).fill(0x01), 0x0b],
        [2, 0, 0x0b],
        [0x82, 0x00, 0, 0x0b],
        [0x80 + 2, 0x01, 2, 3, 0x70, 1, 0x7b, ...Array<number>(124).fill(0x01), 0x0b],
        [6, 2, 1, 0x7f, 2, 0x6f, 0x0b],
      ),
    ),
  ),
];

type Mutation =
  | { readonly kind: 'set'; readonly at: number; readonly byte: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'delete'; readonly at: number; readonly count: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly count: number }
  | { readonly kind: 'splice'; readonly at: number; readonly from: number };

const place = fc.nat(600);
const byte = fc.oneof(
  fc.nat(255),
  fc.nat(16),
  fc.constantFrom(0x50, 0x4e, 0x5d, 0x5e, 0x5f, 0x60, 0x63, 0x64, 0x69, 0x70, 0x7f, 0x80, 0xff),
);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), at: place, byte }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('insert' as const), at: place, bytes: fc.uint8Array({ maxLength: 6 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), at: place, count: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('repeat' as const), at: place, count: fc.integer({ min: 1, max: 24 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('splice' as const), at: place, from: fc.nat(50) }) },
);

function mutate(bytes: Uint8Array, how: Mutation, corpus: readonly Uint8Array[]): Uint8Array {
  // Most mutations are after the preamble, where they can cause more kinds of errors.
  const first = how.at % 16 === 0 ? 0 : Math.min(8, bytes.length);
  const at = first + (how.at % (bytes.length - first + 1));
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (how.kind) {
    case 'set':
      return Uint8Array.from([...head, how.byte, ...tail.subarray(1)]);
    case 'insert':
      return Uint8Array.from([...head, ...how.bytes, ...tail]);
    case 'delete':
      return Uint8Array.from([...head, ...tail.subarray(how.count)]);
    case 'repeat':
      return Uint8Array.from([...head, ...tail.subarray(0, how.count), ...tail]);
    case 'splice':
      return Uint8Array.from([...head, ...(corpus[how.from % corpus.length] ?? head).subarray(8)]);
  }
}

type Outcome =
  | { readonly passed: true; readonly bytes: Uint8Array<ArrayBuffer>; readonly report: ModuleReport }
  | { readonly passed: false; readonly error: unknown };

function outcome(bytes: Uint8Array, cuts?: readonly number[]): Outcome {
  try {
    const { bytes: out, report } = gated(bytes, policy, cuts);
    return { passed: true, bytes: out, report };
  } catch (error) {
    if (!isPluginError(error)) throw error;
    return { passed: false, error: error.toJSON() };
  }
}

/** Reads the limits of a valid module with a second, simple parser, to check the output of the gate. */
function scan(bytes: Uint8Array): { memories: number; tables: number; entries: number; start: boolean } {
  const found = { memories: 0, tables: 0, entries: 0, start: false };
  let at = 8;
  const u32 = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = bytes[at++] ?? 0;
      value += (next & 127) * 2 ** shift;
      if (next < 128) return value;
    }
  };
  const maximum = (): number => {
    const flags = u32();
    const initial = u32();
    expect(flags).toBe(1);
    expect(initial).toBeGreaterThanOrEqual(0);
    return u32();
  };
  while (at < bytes.length) {
    const id = bytes[at++] ?? 0;
    const end = u32() + at;
    if (id === 8) found.start = true;
    if (id === 5) {
      for (let count = u32(); count > 0; count -= 1) {
        found.memories += 1;
        expect(maximum()).toBeLessThanOrEqual(policy.maxPages);
      }
    }
    if (id === 4) {
      for (let count = u32(); count > 0; count -= 1) {
        found.tables += 1;
        at += 1;
        found.entries += maximum();
      }
    }
    at = end;
  }
  return found;
}

const mostWork = 100_000;

/**
 * Runs a rewritten module and its original, and compares the results, which must be equal below the caps. Returns false if they were not
 * compared: the module runs too long, reaches a cap, has a start section (which the gate makes an export), or cannot be instantiated.
 */
function sameBelowTheCap(
  input: Uint8Array<ArrayBuffer>,
  { bytes, report }: Extract<Outcome, { passed: true }>,
): boolean {
  if (report.startExport !== null) return false;
  const tank = new Tank(mostWork);
  outcomes(metered(bytes, 'fuel'), report, tank);
  if (tank.used >= mostWork) return false;
  const [gatedLines, plainLines] = [outcomes(bytes, report), outcomes(input, report)];
  const grown = plainLines.some((line) => Number(/^(\d+) bytes, /u.exec(line)?.[1] ?? 0) > policy.maxPages * 65_536);
  if (grown) return false;
  expect(gatedLines).toEqual(plainLines);
  return gatedLines[0]?.startsWith('instantiating') === false;
}

test(
  `no mutated module exceeds a limit after the gate (${runs} runs, seed ${seed})`,
  { timeout: 600_000 },
  async () => {
    const wabt = await wabtInit();
    const assembled = sources.map((source) => wabt.parseWat('m.wat', source, { exceptions: true }).toBinary({}).buffer);
    const corpus = [...assembled, ...handMade];
    const tally = { passed: 0, rewritten: 0, refused: 0, valid: 0, ran: 0 };
    const codes = new Map<string, number>();
    const check = (base: number, mutations: readonly Mutation[], cuts: readonly number[]): void => {
      const input = mutations.reduce((bytes, how) => mutate(bytes, how, corpus), corpus[base] ?? new Uint8Array());
      const whole = outcome(input);
      expect(outcome(input, [1])).toEqual(whole);
      expect(outcome(input, cuts)).toEqual(whole);
      const valid = WebAssembly.validate(Uint8Array.from(input));
      if (!whole.passed) {
        const { code } = whole.error as { code: string };
        tally.refused += 1;
        codes.set(code, (codes.get(code) ?? 0) + 1);
        // What the gate refuses as malformed must be invalid for the engine too.
        if (code === 'invalid-module' || code === 'not-a-plugin' || code === 'component') expect(valid).toBe(false);
        return;
      }
      tally.passed += 1;
      expect(WebAssembly.validate(whole.bytes)).toBe(valid);
      if (!whole.report.rewritten) expect(whole.bytes).toEqual(Uint8Array.from(input));
      else tally.rewritten += 1;
      if (!valid) return;
      tally.valid += 1;
      if (whole.report.rewritten && sameBelowTheCap(Uint8Array.from(input), whole)) tally.ran += 1;
      const found = scan(whole.bytes);
      expect(found.start).toBe(false);
      expect(found.memories).toBeLessThanOrEqual(1);
      expect(found.entries).toBeLessThanOrEqual(policy.maxTableEntries);
    };
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(fc.property(fc.nat(corpus.length - 1), fc.array(mutation, { maxLength: 4 }), cuts, check), {
      numRuns: runs,
      seed,
    });
    console.log(`gate: ${runs} mutated modules, seed ${seed}`, tally, Object.fromEntries(codes));
    expect(tally.valid).toBeGreaterThan(runs / 20);
    expect(tally.ran).toBeGreaterThan(runs / 100);
  },
);
