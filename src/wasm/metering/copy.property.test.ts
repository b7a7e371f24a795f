import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emitCode } from './emit.js';
import { readOutline } from './outline.js';
import type { FunctionPlan, Plan } from './plan.js';
import { scanCode } from './scan.js';
import { Op } from '../reader/opcodes.js';
import { encodeU32 } from '../reader/reader.js';
import { instruction } from '../reader/test-instructions.js';
import { moduleOf, section, vector } from '../reader/test-modules.js';
import { runCount } from '../../contract/test-runs.js';

const runs = runCount(2_000);

/** Looked at instruction by instruction, and nothing put in. */
const nothingIn: FunctionPlan = {
  isPaidByCallers: true,
  checksEntry: false,
  counts: false,
  flushesAtCalls: false,
  paysAtCalls: false,
  paysAfterCalls: false,
  paysEachCall: true,
};
const opening = new Set<number>([Op.block, Op.loop, Op.if, Op.try, Op.tryTable]);
const closing = new Set<number>([Op.end, Op.delegate]);
/** How many instructions are made, at most. */
const maxLength = 40;
/** So deep that every label, 999 at most, is that of a block: even if each instruction before it ended one, and it ends another. */
const depth = 1_000 + maxLength + 1;
/** Those whose work is as long as an operand says are always put behind a helper. */
const bulk = new Set<number>([
  Op.memoryInit,
  Op.memoryCopy,
  Op.memoryFill,
  Op.tableInit,
  Op.tableCopy,
  Op.tableGrow,
  Op.tableFill,
  Op.arrayNew,
  Op.arrayNewDefault,
  Op.arrayNewData,
  Op.arrayNewElem,
  Op.arrayFill,
  Op.arrayCopy,
  Op.arrayInitData,
  Op.arrayInitElem,
]);

/** Instructions as a whole body: in blocks, each of them ended. */
const body = fc.array(instruction, { maxLength }).map((instructions) => {
  const kept = instructions.filter(({ opcode }) => !bulk.has(opcode));
  let open = depth;
  for (const { opcode } of kept) open += opening.has(opcode) ? 1 : closing.has(opcode) ? -1 : 0;
  const locals = [1, ...encodeU32(1_000), 0x7f];
  const blocks = Array.from({ length: depth }, () => [Op.block, 0x40]).flat();
  // One more ends the function.
  const ends = Array.from({ length: open + 1 }, () => Op.end);
  return [...locals, ...blocks, ...kept.flatMap(({ bytes }) => bytes), ...ends];
});

const hex = (bytes: ArrayLike<number>): string => Buffer.from(Array.from(bytes)).toString('hex');

test.each([false, true])(
  'a body into which nothing is put is the same to the byte (exact: %s)',
  { timeout: 300_000 },
  (exact) => {
    fc.assert(
      fc.property(body, (code) => {
        const bytes = moduleOf(
          section(1, vector([0x60, 0, 0])),
          section(3, vector([0])),
          section(10, vector([...encodeU32(code.length), ...code])),
        );
        const outline = { ...readOutline(bytes), types: 10_000, functions: 1_000, tables: 1_000, globals: 1_000 };
        const scanned = scanCode(outline, exact);
        const plan: Plan = {
          functions: [nothingIn],
          price: () => -1,
          flushesBefore: () => false,
          recursivePrice: () => 0,
          fitsAfterCalls: () => false,
        };
        // Five bytes say how many bodies there are; the meter's own stand behind.
        const { bytes: written } = emitCode(outline, scanned, plan).code;
        const whole = [...encodeU32(code.length), ...code];
        expect(hex(written.subarray(5, 5 + whole.length))).toBe(hex(whole));
      }),
      { numRuns: runs },
    );
  },
);
