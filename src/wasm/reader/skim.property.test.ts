import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InstructionReader } from './instruction-reader.js';
import { Form, Op } from './opcodes.js';
import { passesFor, skim } from './skim.js';
import { instruction } from './test-instructions.js';
import { runCount } from '../../contract/test-runs.js';

const runs = runCount(20_000);
const spaces = { types: 10_000, functions: 1_000, tables: 1_000, globals: 1_000 };
const locals = 1_000;

const single = [Form.none, Form.memoryArgument, Form.blockType, Form.fourBytes, Form.eightBytes];
const numbers = [Form.number, Form.function, Form.table, Form.label, Form.index];
const all = (): boolean => false;
const tables = {
  'checks locals and globals': passesFor([...single, Form.local, Form.global], numbers, all),
  'checks nothing': passesFor(single, [...numbers, Form.local, Form.global], all),
  'leaves some out': passesFor([...single, Form.local, Form.global], [Form.number], (opcode) => opcode < Op.localGet),
};

const code = fc
  .array(instruction, { maxLength: 40 })
  .map((instructions) => Uint8Array.from(instructions.flatMap((one) => one.bytes)));
/** The same with one byte changed, which may be anything. */
const broken = fc
  .tuple(code, fc.nat(), fc.integer({ min: 0, max: 255 }))
  .map(([bytes, at, byte]) => bytes.map((was, index) => (index === at % bytes.length ? byte : was)));

function readerOf(bytes: Uint8Array): InstructionReader {
  const reader = new InstructionReader(bytes, spaces);
  reader.locals = locals;
  return reader;
}

test.each(Object.entries(tables))(
  'passes over what the reader reads, to the same byte (a table that %s)',
  (_, passes) => {
    fc.assert(
      fc.property(code, (bytes) => {
        const skimmed = readerOf(bytes);
        const count = skim(skimmed, passes, bytes.length);
        const read = readerOf(bytes);
        for (let instructions = 0; instructions < count; instructions += 1) read.next();
        expect(skimmed.position).toBe(read.position);
        const stopsEarly = read.position < bytes.length && passes[bytes[read.position] ?? 0] !== Form.unknown;
        // Of what it has a way for, only what takes more than a byte to check is left to the reader.
        if (stopsEarly) expect(bytes[read.position + 1]).toBeGreaterThan(0x3f);
      }),
      { numRuns: runs },
    );
  },
);

test('stops in malformed code at most one instruction after its end', () => {
  fc.assert(
    fc.property(broken, fc.nat({ max: 60 }), (bytes, end) => {
      const reader = readerOf(bytes);
      skim(reader, tables['checks nothing'], Math.min(end, bytes.length));
      expect(reader.position).toBeLessThanOrEqual(bytes.length + 9);
    }),
    { numRuns: runs },
  );
});

test('stops at an index that is out of range', () => {
  const passes = tables['checks locals and globals'];
  for (const [bytes, stop] of [
    [[Op.localGet, 4, Op.localGet, 5], 2],
    [[Op.globalGet, 2, Op.globalGet, 3], 2],
    [[Op.localGet, 0x84, 0x00, 1], 0],
    [[0x41, 0x80, 0x80, 0x80, 0x80, 0x00, 0x1a], 7],
    [[0x28, 0x42, 0x00], 0],
    [[0x02, 0x6f], 0],
    [[0x41], 2],
  ] as const) {
    const reader = new InstructionReader(Uint8Array.from(bytes), { ...spaces, globals: 3 });
    reader.locals = 5;
    skim(reader, passes, bytes.length);
    expect(reader.position, String(bytes)).toBe(stop);
  }
});
