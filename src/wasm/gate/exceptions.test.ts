import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPluginError } from '../../contract/errors.js';
import { CodeCheck } from './code.js';
import { emptyFacts } from './module-facts.js';
import { InstructionReader } from '../reader/instruction-reader.js';
import { Op } from '../reader/opcodes.js';
import { encodeU32 } from '../reader/reader.js';
import { instruction } from '../reader/test-instructions.js';
import { runCount } from '../../contract/test-runs.js';

const runs = runCount(20_000);

interface Body {
  readonly locals?: readonly number[];
  readonly code: readonly number[];
}

/** Returns the body of a code section. */
function codeOf(bodies: readonly Body[]): Uint8Array {
  const entries = bodies.flatMap(({ locals = [0], code }) => {
    const body = [...locals, ...code, Op.end];
    return [...encodeU32(body.length), ...body];
  });
  return Uint8Array.from([...encodeU32(bodies.length), ...entries]);
}

/** Checks these bodies in chunks whose sizes repeat `cuts`, and returns the error; null if they are accepted. */
function verdict(bodies: readonly Body[], cuts: readonly number[]): unknown {
  const bytes = codeOf(bodies);
  const facts = { ...emptyFacts(), definedFunctions: new Uint32Array(bodies.length) };
  const check = new CodeCheck(facts, Infinity);
  try {
    for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
      const size = cuts[turn % cuts.length] ?? 1;
      check.feed(bytes.slice(at, at + size), at);
      at += size;
    }
    check.end(bytes.length);
    return null;
  } catch (error) {
    if (!isPluginError(error)) throw error;
    return error.toJSON();
  }
}

const older: Readonly<Record<string, Body>> = {
  'try with catch_all': { code: [0x06, 0x40, 0x19, 0x0b] },
  'try with delegate': { code: [0x06, 0x40, 0x18, 0] },
  'try with neither': { code: [0x06, 0x40, 0x0b] },
  'try with a result': { code: [0x06, 0x7f, 0x41, 0, 0x19, 0x41, 1, 0x0b, 0x1a] },
  'a try whose type is encoded in two bytes': { code: [0x06, 0x80, 0x00, 0x0b] },
};

const newer: Readonly<Record<string, Body>> = {
  try_table: { code: [0x1f, 0x40, 0, 0x0b] },
  'an unreachable throw_ref': { code: [0x00, 0x0a] },
  'a local of exnref': { locals: [1, 1, 0x69], code: [] },
  'a local of noexn': { locals: [1, 1, 0x74], code: [] },
  'locals of (ref null exn) after others': { locals: [2, 3, 0x7f, 1, 0x63, 0x69], code: [] },
  'a local of (ref exn), encoded in more bytes than needed': { locals: [1, 1, 0x64, 0xe9, 0xff, 0x7f], code: [] },
  'ref.null exn': { code: [0xd0, 0x69, 0x1a] },
  'ref.null noexn': { code: [0xd0, 0x74, 0x1a] },
  'ref.null exn, encoded in more bytes than needed': { code: [0xd0, 0xe9, 0x7f, 0x1a] },
  'a block with a result of exnref': { code: [0x02, 0x69, 0x00, 0x0b, 0x1a] },
  'a loop with a result of (ref null exn)': { code: [0x03, 0x63, 0x69, 0x00, 0x0b, 0x1a] },
  'an if whose type is encoded in two bytes': { code: [0x00, 0x04, 0xf4, 0x7f, 0x0b, 0x1a] },
  'select of exnref': { code: [0x00, 0x1c, 1, 0x69, 0x1a] },
  'ref.cast to exn': { code: [0x00, 0xfb, 0x16, 0x69, 0x1a] },
  'br_on_cast from exn': { code: [0x00, 0xfb, 0x18, 0, 0, 0x69, 0x74] },
};

const neither: Readonly<Record<string, Body>> = {
  'no instructions': { code: [] },
  'the bytes of these opcodes as constants': {
    code: [0x41, 0x06, 0x1a, 0x41, 0x1f, 0x1a, 0x41, 0x0a, 0x1a, 0x41, 0xe9, 0x00, 0x1a],
  },
  'type indexes that begin with the byte of an exception type': {
    code: [0x00, 0xd0, 0xe9, 0x00, 0x1a, 0x02, 0x63, 0x74 - 64, 0x0b],
  },
  'a local of a type with such an index': { locals: [1, 1, 0x63, 0xe9, 0x00], code: [] },
};

describe('a module', () => {
  const cuts = [[1], [3, 2], [1_000]];

  test.each(Object.entries(newer))(
    'with the older form of exceptions and %s is refused, in either order and for any chunk boundaries',
    (_, body) => {
      for (const [name, other] of Object.entries(older)) {
        for (const cut of cuts) {
          const first = verdict([{ code: [] }, other, body], cut);
          expect(first, name).toMatchObject({ code: 'unsupported', where: 'code, function body 2' });
          expect(first).toMatchObject({ actual: expect.stringMatching(/^the newer form/u) });
          expect(verdict([body, { code: [] }, other], cut), name).toMatchObject({
            code: 'unsupported',
            actual: expect.stringMatching(/^the older form/u),
          });
        }
      }
    },
  );

  test('with one form of exceptions is admitted', () => {
    for (const bodies of [...Object.values(older), ...Object.values(newer)].map((one) => [one, one, { code: [] }]))
      for (const cut of cuts) expect(verdict(bodies, cut)).toBeNull();
    for (const all of [older, newer]) expect(verdict(Object.values(all), [7])).toBeNull();
  });

  test.each(Object.entries(neither))('with either form and %s is admitted', (_, body) => {
    for (const other of [...Object.values(older), ...Object.values(newer)])
      for (const cut of cuts) expect(verdict([other, body], cut)).toBeNull();
  });

  test('of random instructions is refused exactly when it uses both forms', { timeout: 300_000 }, () => {
    const older = fc.constant({ opcode: Op.try, bytes: [Op.try, 0x40] });
    const newer = fc.constantFrom(
      { opcode: Op.tryTable, bytes: [Op.tryTable, 0x40, 0] },
      { opcode: 0xd0, bytes: [0xd0, 0x69] },
    );
    const any = fc.oneof(
      { arbitrary: instruction, weight: 20 },
      { arbitrary: older, weight: 1 },
      { arbitrary: newer, weight: 1 },
    );
    const bodies = fc.array(fc.array(any, { maxLength: 12 }), { minLength: 1, maxLength: 4 });
    const cutsOfAny = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
    let refused = 0;
    fc.assert(
      fc.property(bodies, cutsOfAny, (functions, cut) => {
        const forms = new Set(functions.flat().map(({ opcode, bytes }) => formOf(opcode, bytes)));
        forms.delete('neither');
        const made = functions.map((instructions) => ({ code: instructions.flatMap(({ bytes }) => bytes) }));
        const expected = forms.size === 2 ? expect.objectContaining({ code: 'unsupported' }) : null;
        expect(verdict(made, cut)).toEqual(expected);
        if (forms.size === 2) refused += 1;
      }),
      { numRuns: runs },
    );
    expect(refused).toBeGreaterThan(runs / 20);
  });
});

function formOf(opcode: number, bytes: readonly number[]): 'older' | 'newer' | 'neither' {
  if (opcode === Op.try) return 'older';
  const reader = new InstructionReader(Uint8Array.from(bytes), {
    types: 10_000,
    functions: 1_000,
    tables: 1_000,
    globals: 1_000,
  });
  reader.locals = 1_000;
  reader.next();
  return reader.namesException || opcode === Op.tryTable || opcode === Op.throwRef ? 'newer' : 'neither';
}

test('a vector with more items than the body has bytes left is refused before its items are read', () => {
  const many = [0xff, 0xff, 0xff, 0xff, 0x0f];
  for (const code of [
    [Op.brTable, ...many],
    [Op.tryTable, 0x40, ...many],
    [0x1c, ...many],
  ])
    expect(verdict([{ code }], [1_000])).toMatchObject({ code: 'invalid-module', actual: '4294967295' });
});
