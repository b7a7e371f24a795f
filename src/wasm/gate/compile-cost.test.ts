import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPluginError } from '../../contract/errors.js';
import { runCount } from '../../contract/test-runs.js';
import { functionsOfMostCost } from '../reader/caps.js';
import { encodeU32 } from '../reader/reader.js';
import { moduleOf, section, vector } from '../reader/test-modules.js';
import { assemble } from '../reader/test-wat.js';
import { costWeights } from './compile-cost.js';
import { gated } from './test-gate.js';

/** Returns the compile cost of a function with these instructions. */
function costOf(code: string, declarations = ''): number {
  return gated(assemble(`(memory 1) (table 1 funcref) ${declarations} (func ${code})`)).report.compileCost.sum;
}

describe('the cost of a function', () => {
  const { block, loop, branch, call } = costWeights;
  const locals = '(param i32) (local i32 i64 f32)';

  test.each([
    ['straight code', 'i32.const 1 drop', 0],
    ['a block', 'block end', 4 * block],
    ['a block below two operands', 'i32.const 1 i32.const 2 block end drop drop', 6 * block],
    ['a block with a result', 'block (result i32) i32.const 1 end drop', 5 * block],
    ['a loop', 'loop end', 4 * loop],
    ['an if, after its condition is removed from the stack', 'i32.const 1 if else end', 4 * costWeights.if],
    ['a branch out of two blocks', 'block block br 1 end end', 4 * (2 * block + branch)],
    [
      'a conditional branch with a value',
      'block (result i32) i32.const 1 i32.const 1 br_if 0 end drop',
      5 * (block + branch),
    ],
    [
      'a br_table of three targets',
      'block i32.const 1 br_table 0 0 0 1 end',
      4 * (block + branch + 3 * costWeights.target),
    ],
    ['a block after the height was restored', 'block (result i32) i32.const 1 end drop block end', 9 * block],
    ['code after a branch', 'block br 0 i32.const 1 i32.const 2 drop drop end block end', 4 * (2 * block + branch)],
    ['memory.grow', 'i32.const 1 memory.grow drop', 5 * call],
  ])('is correct for %s', (_, code, cost) => {
    expect(costOf(`${locals} ${code}`)).toBe(Math.ceil(cost));
  });

  test('includes calls, with the stack effect of their type, and counts them as branches inside a try', () => {
    const declarations = '(type $t (func (param i32 i32) (result i32 i32 i32))) (func $f (type $t) unreachable)';
    const calls = 'i32.const 1 i32.const 2 call $f i32.const 0 call_indirect (type $t)';
    // The stack has two operands at the call, and at the indirect call three results and two arguments.
    expect(costOf(`${calls} block end unreachable`, declarations)).toBe(Math.ceil(4 * block + (2 + 3) * call));
    expect(costOf(`try i32.const 1 i32.const 2 call $f drop drop drop catch_all end`, declarations)).toBe(2 * branch);
  });

  test('includes the parameters and results of a block with a function type', () => {
    const type = '(type $t (func (param i32 i32) (result i64 i64 i64)))';
    const code = 'i32.const 1 i32.const 1 block (type $t) unreachable end block end unreachable';
    expect(costOf(code, type)).toBe((2 + 3) * block + 3 * block);
  });
});

/** A piece of generated code: an instruction, or a block with code in it. */
type Piece =
  | { readonly kind: 'push' | 'pop' | 'add' | 'load' | 'vector' | 'call' | 'grow' | 'branch' }
  | { readonly kind: 'table'; readonly targets: number }
  | { readonly kind: 'block' | 'loop' | 'if' | 'else'; readonly results: number; readonly inner: readonly Piece[] };

const { piece } = fc.letrec<{ piece: Piece; code: Piece[] }>((tie) => ({
  code: fc.array(tie('piece'), { maxLength: 8, depthIdentifier: 'piece' }),
  piece: fc.oneof(
    { depthIdentifier: 'piece', maxDepth: 5 },
    fc.record({ kind: fc.constantFrom('push', 'push', 'pop', 'add', 'load', 'vector', 'call', 'grow', 'branch') }),
    fc.record({ kind: fc.constant('table'), targets: fc.nat(9) }),
    fc.record({
      kind: fc.constantFrom('block', 'loop', 'if', 'else'),
      results: fc.nat(2),
      inner: tie('code'),
    }),
  ),
}));

interface Written {
  readonly bytes: number[];
  cost: number;
  readonly locals: number;
}

/** The type of function 0, which has two parameters and one result. Types 0 to 2 have no parameters and 0 to 2 results, for blocks. */
const calledType = 3;

/** Writes valid code and sums its cost over the structure of the code, as a second, simple implementation. Returns the stack height. */
function write(pieces: readonly Piece[], out: Written, base: number, start = base): number {
  let height = start;
  const push = (): void => {
    out.bytes.push(0x41, 0xff, 0x00);
    height += 1;
  };
  const need = (count: number): void => {
    for (let missing = count - (height - base); missing > 0; missing -= 1) push();
  };
  const weigh = (weight: number, more = 0): void => {
    out.cost += weight * (out.locals + height + more);
  };
  for (const one of pieces) {
    switch (one.kind) {
      case 'push':
        push();
        break;
      case 'pop':
        need(1);
        out.bytes.push(0x1a);
        height -= 1;
        break;
      case 'add':
        need(2);
        out.bytes.push(0x6a);
        height -= 1;
        break;
      case 'load':
        need(1);
        out.bytes.push(0x28, 2, 0x80, 0x01);
        break;
      case 'vector':
        need(2);
        // i32x4.splat, local.set, i32x4.splat, i32x4.extract_lane
        out.bytes.push(0xfd, 0x11, 0x21, 0, 0xfd, 0x11, 0xfd, 0x1b, 0);
        height -= 1;
        break;
      case 'call':
        need(2);
        weigh(costWeights.call);
        out.bytes.push(0x10, 0);
        height -= 1;
        break;
      case 'grow':
        need(1);
        weigh(costWeights.call);
        out.bytes.push(0x40, 0);
        break;
      case 'branch':
        // A conditional branch to a block without results, which is added for it.
        weigh(costWeights.block);
        out.bytes.push(0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b);
        weigh(costWeights.branch);
        break;
      case 'table':
        weigh(costWeights.block);
        out.bytes.push(0x02, 0x40, 0x41, 0, 0x0e, one.targets, ...Array<number>(one.targets).fill(0), 0, 0x0b);
        weigh(costWeights.branch + costWeights.target * one.targets);
        break;
      default: {
        const isIf = one.kind === 'if' || one.kind === 'else';
        const results = one.kind === 'if' ? 0 : one.results;
        const type = results === 0 ? [0x40] : results === 1 ? [0x7f] : [2];
        if (isIf) out.bytes.push(0x41, 1);
        weigh(costWeights[isIf ? 'if' : one.kind], results);
        out.bytes.push(one.kind === 'block' ? 0x02 : one.kind === 'loop' ? 0x03 : 0x04, ...type);
        for (let arm = 0; arm < (one.kind === 'else' ? 2 : 1); arm += 1) {
          if (arm === 1) out.bytes.push(0x05);
          let inner = write(one.inner, out, height);
          for (; inner > height + results; inner -= 1) out.bytes.push(0x1a);
          for (; inner < height + results; inner += 1) out.bytes.push(0x41, 0);
        }
        out.bytes.push(0x0b);
        height += results;
      }
    }
  }
  return height;
}

interface Generated {
  readonly bytes: Uint8Array;
  readonly costs: readonly number[];
}

const body = fc.record({
  pieces: fc.array(piece, { maxLength: 12 }),
  // Counts of one byte and of two bytes. A group with one vector precedes them.
  locals: fc.constantFrom(0, 5, 127, 128, 300),
});
const generated: fc.Arbitrary<Generated> = fc.array(body, { minLength: 1, maxLength: 4 }).map((bodies) => {
  const params = 2;
  const written = bodies.map(({ pieces, locals }) => {
    const out: Written = { bytes: [2, 1, 0x7b, ...encodeU32(locals), 0x7f], cost: 0, locals: params + 1 + locals };
    // Local 0 is a parameter of type v128.
    const height = write(pieces, out, 0);
    for (let left = height; left > 0; left -= 1) out.bytes.push(0x1a);
    out.bytes.push(0x0b);
    return out;
  });
  const called = [0, 0x00, 0x0b];
  const type = (from: readonly number[], to: readonly number[]): number[] => [
    0x60,
    from.length,
    ...from,
    to.length,
    ...to,
  ];
  const entries = [called, ...written.map(({ bytes }) => bytes)].map((one) => [...encodeU32(one.length), ...one]);
  const bytes = moduleOf(
    section(
      1,
      vector(
        type([], []),
        type([], [0x7f]),
        type([], [0x7f, 0x7f]),
        type([0x7f, 0x7f], [0x7f]),
        type([0x7b, 0x7f], []),
      ),
    ),
    section(3, vector([calledType], ...written.map(() => [calledType + 1]))),
    section(5, vector([0, 1])),
    section(10, vector(...entries)),
  );
  return { bytes, costs: written.map(({ cost }) => cost) };
});
const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 });

/** Returns the compile cost that the gate reports for a module under a limit, or the parts of its error. */
function verdict(bytes: Uint8Array, maxCompileCost: number, sizes?: readonly number[]): unknown {
  try {
    return gated(bytes, { maxCompileCost }, sizes).report.compileCost;
  } catch (error) {
    if (!isPluginError(error)) throw error;
    return { code: error.code, where: error.where, count: error.details['count'] };
  }
}

test('the cost of generated functions equals a simple sum over their structure, for any chunk boundaries', () => {
  let valid = 0;
  fc.assert(
    fc.property(generated, cuts, ({ bytes, costs }, sizes) => {
      if (WebAssembly.validate(Uint8Array.from(bytes))) valid += 1;
      const sum = costs.reduce((all, cost) => all + cost, 0);
      const expected = { sum: Math.ceil(sum), largest: Math.ceil(Math.max(...costs)) };
      expect(verdict(bytes, Infinity)).toEqual(expected);
      expect(verdict(bytes, Infinity, sizes)).toEqual(expected);
    }),
    { numRuns: runCount(2_000) },
  );
  expect(valid).toBe(runCount(2_000));
});

describe('the limit', () => {
  /** Returns a module of functions with so many blocks, each of which costs 1: one parameter, and nothing on the stack. */
  const blocks = (...counts: readonly number[]): Uint8Array =>
    assemble(counts.map((count) => `(func (param i32) ${'block end '.repeat(count)})`).join(' '));

  test('of a function is exact', () => {
    const bytes = blocks(3, 8, 2);
    expect(verdict(bytes, 9)).toEqual({ sum: 13, largest: 8 });
    expect(verdict(bytes, 8)).toEqual({ sum: 13, largest: 8 });
    for (const sizes of [[1], [7], [1_000]]) {
      expect(verdict(bytes, 7, sizes)).toEqual({ code: 'compile-cost', where: 'function 1', count: 8 });
    }
  });

  test('of all functions is exact', () => {
    const most = functionsOfMostCost * 4;
    const fours = Array.from({ length: functionsOfMostCost - 1 }, () => 4);
    expect(verdict(blocks(...fours, 3), 4)).toEqual({ sum: most - 1, largest: 4 });
    expect(verdict(blocks(...fours, 4), 4)).toEqual({ sum: most, largest: 4 });
    const refused = { code: 'compile-cost', where: 'all functions', count: most + 1 };
    expect(verdict(blocks(...fours, 4, 1), 4)).toEqual(refused);
    expect(verdict(blocks(...fours, 4, 1), 4, [1])).toEqual(refused);
  });

  test('is reported with the index of the function, which counts imported functions', () => {
    const source = '(import "a" "b" (func)) (func) (func (param i32) block end block end)';
    expect(() => gated(assemble(source), { maxCompileCost: 1 })).toThrow(
      'Module refused: function 2: expected at most 1 units of compile cost, found 2',
    );
  });

  test('also applies to unreachable code that removes more operands than there are', () => {
    const drops = 'drop '.repeat(1_000);
    expect(costOf(`(local i32) unreachable ${drops} block end loop end`)).toBe(costWeights.block + costWeights.loop);
  });
});

test('functions that killed the page are refused', () => {
  const repeat = (count: number, ...bytes: readonly number[]): number[] =>
    Array.from({ length: count }, () => bytes).flat();
  const oneFunction = (locals: number, code: readonly number[]): Uint8Array => {
    const bytes = [1, ...encodeU32(locals), 0x7f, ...code, 0x0b];
    const entry = [...encodeU32(bytes.length), ...bytes];
    return moduleOf(section(1, vector([0x60, 0, 0])), section(3, vector([0])), section(10, vector(entry)));
  };
  const nested = oneFunction(49_000, [...repeat(12_000, 0x02, 0x40), ...repeat(12_000, 0x0b)]);
  const loops = oneFunction(5_000, repeat(20_000, 0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b));
  const refused = { code: 'compile-cost', where: 'function 0' };
  expect(verdict(nested, 60_000_000, [65_536])).toEqual({ ...refused, count: 49_000 * 12_000 });
  const both = costWeights.loop + costWeights.branch;
  expect(verdict(loops, 60_000_000, [65_536])).toEqual({ ...refused, count: 5_000 * 20_000 * both });
});
