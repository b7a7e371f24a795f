import { Op } from '../reader/opcodes.js';
import { encodeU32 } from '../reader/reader.js';

/** What the meter adds to a module, by index: each behind all that the module has of its kind. */
export interface MeterIndexes {
  /** The global that says how much work is left of what was granted. */
  readonly left: number;
  /** The table in which the host puts the function that is asked for more. */
  readonly table: number;
  /** The types i32 -> i32, i32 -> (), and (i32, i32, i32) -> (). */
  readonly askType: number;
  readonly spendType: number;
  readonly bulkType: number;
  /** The function that takes off what was spent, and asks when nothing is left. */
  readonly spend: number;
  /** The function through which the host adds to `left`. */
  readonly add: number;
}

/** Bytes that a bulk instruction may move at once. */
const pieceBytes = 1 << 20;
/** No table, and no array, has more. */
const mostElements = 1 << 24;

/** Signed LEB128 of a number that is not negative. */
export function i32Const(value: number): number[] {
  const bytes = encodeU32(value);
  const last = bytes.length - 1;
  // Bit 6 of the last byte is the sign.
  if (((bytes[last] ?? 0) & 0x40) === 0) return [0x41, ...bytes];
  return [0x41, ...bytes.slice(0, last), (bytes[last] ?? 0) | 0x80, 0];
}

const local = (index: number): number[] => [0x20, ...encodeU32(index)];
const setLocal = (index: number): number[] => [0x21, ...encodeU32(index)];

/** A function body with no locals of its own. */
function body(...code: readonly (readonly number[])[]): Uint8Array {
  const bytes = [0, ...code.flat(), 0x0b];
  return Uint8Array.from([...encodeU32(bytes.length), ...bytes]);
}

/** `left -= spent; if (left < 0) { left = ask(left); if (left < 0) trap }`. A trap, as no `catch_all` sees one. */
export function spendBody({ left, table, askType }: MeterIndexes): Uint8Array {
  const isNegative = [...local(0), 0x41, 0, 0x48];
  const setLeft = [0x24, ...encodeU32(left)];
  return body(
    [0x23, ...encodeU32(left), ...local(0), 0x6b, 0x22, 0, ...setLeft],
    [...isNegative, 0x04, 0x40],
    [...local(0), 0x41, 0, 0x11, ...encodeU32(askType), ...encodeU32(table), ...setLocal(0)],
    [...isNegative, 0x04, 0x40, 0x00, 0x0b],
    [...local(0), ...setLeft, 0x0b],
  );
}

/** `return left += more`. A global that is exported itself would be one more step away for the code, in Firefox. */
export function addBody({ left }: MeterIndexes): Uint8Array {
  const index = encodeU32(left);
  return body([0x23, ...index, ...local(0), Op.i32Add, 0x22, 0, 0x24, ...index, ...local(0)]);
}

/** Spends as much as the length on the stack, and gives it back: of one out of any bounds, as much as the largest of them. */
export function lengthBody({ spend }: MeterIndexes): Uint8Array {
  return body(spendLength(0, spend, mostElements), local(0));
}

/** spend(length <= most ? length : most) */
function spendLength(length: number, spend: number, most: number = pieceBytes): number[] {
  const limit = i32Const(most);
  return [...local(length), ...limit, ...local(length), ...limit, 0x4d, 0x1b, 0x10, ...encodeU32(spend)];
}

const isLong: readonly number[] = [...local(2), ...i32Const(pieceBytes), 0x4b];

/** Whether the bytes from local `start` on, as many as local 2 says, end within the memory. */
function fits(start: number): number[] {
  return [...end(start), 0x3f, 0, 0xad, 0x42, 16, 0x86, 0x58];
}

/** start + length, as i64. */
function end(start: number): number[] {
  return [...local(start), 0xad, ...local(2), 0xad, 0x7c];
}

function step(index: number, instruction: number): number[] {
  return [...local(index), ...i32Const(pieceBytes), instruction, ...setLocal(index)];
}

/** Does `work` if the length is more than a piece, and the whole is within bounds: if not, the engine traps at once, as it should. */
function ifLong(within: readonly number[], work: readonly number[]): number[] {
  return [...isLong, 0x04, 0x40, ...within, 0x04, 0x40, ...work, 0x0b, 0x0b];
}

/** `do { spend(piece); one piece } while (length > piece)` */
function pieces(spend: number, ...work: readonly (readonly number[])[]): number[] {
  return [0x03, 0x40, ...i32Const(pieceBytes), 0x10, ...encodeU32(spend), ...work.flat(), ...isLong, 0x0d, 0, 0x0b];
}

/** memory.fill(to, value, length) */
export function fillBody({ spend }: MeterIndexes): Uint8Array {
  const fill = [0xfc, 11, 0];
  const piece = [...local(0), ...local(1), ...i32Const(pieceBytes), ...fill];
  return body(ifLong(fits(0), pieces(spend, piece, step(0, Op.i32Add), step(2, Op.i32Sub))), spendLength(2, spend), [
    ...local(0),
    ...local(1),
    ...local(2),
    ...fill,
  ]);
}

/** memory.copy(to, from, length): upwards or downwards, so that no piece is overwritten before it was read. */
export function copyBody({ spend }: MeterIndexes): Uint8Array {
  const copy = [0xfc, 10, 0, 0];
  const up = [...local(0), ...local(1), ...i32Const(pieceBytes), ...copy];
  const behind = (start: number): number[] => [...local(start), ...local(2), Op.i32Add];
  const isUp = [...local(0), ...local(1), 0x4d, 0x04, 0x40];
  const down = [...behind(0), ...behind(1), ...i32Const(pieceBytes), ...copy];
  return body(
    ifLong(
      [...fits(0), ...fits(1), 0x71],
      [
        ...isUp,
        ...pieces(spend, up, step(0, Op.i32Add), step(1, Op.i32Add), step(2, Op.i32Sub)),
        0x05,
        ...pieces(spend, step(2, Op.i32Sub), down),
        0x0b,
      ],
    ),
    spendLength(2, spend),
    [...local(0), ...local(1), ...local(2), ...copy],
  );
}

/** memory.init(to, from, length) of a segment of so many bytes. One that was dropped traps at the first piece. */
export function initBody({ spend }: MeterIndexes, segment: number, segmentBytes: number): Uint8Array {
  const init = [0xfc, 8, ...encodeU32(segment), 0];
  const piece = [...local(0), ...local(1), ...i32Const(pieceBytes), ...init];
  const fitsSegment = [...end(1), ...i64OfU32(segmentBytes), 0x58];
  return body(
    ifLong(
      [...fits(0), ...fitsSegment, 0x71],
      pieces(spend, piece, step(0, Op.i32Add), step(1, Op.i32Add), step(2, Op.i32Sub)),
    ),
    spendLength(2, spend),
    [...local(0), ...local(1), ...local(2), ...init],
  );
}

function i64OfU32(value: number): number[] {
  return [...i32Const(value >>> 0), 0xad];
}
