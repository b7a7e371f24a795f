import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPluginError } from '../../contract/errors.js';
import { InstructionReader } from './instruction-reader.js';
import { Form, formOf } from './opcodes.js';
import { everyOpcode, immediates, instruction, known, leb } from './test-instructions.js';
import { runCount } from '../../contract/test-runs.js';

const runs = runCount(20_000);
const spaces = { types: 10_000, functions: 1_000, tables: 1_000, globals: 1_000 };
const locals = 1_000;

test('every form has a generator of immediates', () => {
  for (const opcode of known) expect(immediates.has(formOf(opcode)), opcode.toString(16)).toBe(true);
  // MVP and what came since in one byte; GC; bulk and conversions; vectors, 20 of them relaxed; atomics.
  const count = (prefix: number): number =>
    known.filter((opcode) => (opcode < 256 ? 0 : opcode >> 16) === prefix).length;
  expect([0, 0xfb, 0xfc, 0xfd, 0xfe].map(count)).toEqual([128 + 71, 31, 18, 256, 67]);
});

test('reads every random instruction to its last byte', { timeout: 300_000 }, () => {
  fc.assert(
    fc.property(fc.array(instruction, { maxLength: 40 }), (instructions) => {
      const bytes = Uint8Array.from(instructions.flatMap((one) => one.bytes));
      const reader = new InstructionReader(bytes, spaces);
      reader.locals = locals;
      const read = [];
      while (reader.position < bytes.length) {
        const from = reader.position;
        reader.next();
        read.push({ opcode: reader.opcode, bytes: [...bytes.subarray(from, reader.position)] });
      }
      expect(read).toEqual(instructions);
    }),
    { numRuns: runs },
  );
});

test('refuses every opcode that is not in the table', () => {
  for (const opcode of everyOpcode.filter((one) => formOf(one) === Form.unknown)) {
    if (opcode >= 0xfb && opcode <= 0xfe) continue; // A prefix.
    const bytes = opcode < 256 ? [opcode] : [opcode >> 16, ...leb(opcode & 0xffff, 0)];
    let thrown: unknown;
    try {
      new InstructionReader(Uint8Array.from(bytes), spaces).next();
    } catch (error) {
      thrown = error;
    }
    expect(isPluginError(thrown, 'unsupported'), opcode.toString(16)).toBe(true);
  }
});

test.each([
  ['local.get', [0x20, 3]],
  ['global.set', [0x24, 1]],
  ['call', [0x10, 2]],
  ['ref.func', [0xd2, 2]],
  ['call_ref', [0x14, 2]],
  ['call_indirect of a type', [0x11, 2, 0]],
  ['return_call_indirect of a type', [0x13, 2, 0]],
  ['block of a type', [0x02, 2]],
  ['block of a type, written longer', [0x02, 0x82, 0]],
  ['ref.null of a type', [0xd0, 2]],
  ['select of a type', [0x1c, 1, 0x63, 2]],
  ['ref.cast', [0xfb, 0x16, 2]],
  ['return_call', [0x12, 2]],
  ['table.get', [0x25, 1]],
  ['table.set', [0x26, 1]],
  ['call_indirect', [0x11, 0, 1]],
  ['return_call_indirect', [0x13, 0, 1]],
  ['table.init', [0xfc, 12, 0, 1]],
  ['table.copy to', [0xfc, 14, 1, 0]],
  ['table.copy from', [0xfc, 14, 0, 1]],
  ['table.grow', [0xfc, 15, 1]],
  ['table.fill', [0xfc, 17, 1]],
])('refuses a %s of what the module does not have', (_, bytes) => {
  const reader = new InstructionReader(Uint8Array.from(bytes), { types: 2, functions: 2, tables: 1, globals: 1 });
  reader.locals = 3;
  expect(() => reader.next()).toThrow(/expected a .* below/u);
});
