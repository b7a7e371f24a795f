import { Op } from '../reader/opcodes.js';
import { encodeU32 } from '../reader/reader.js';
import type { ModuleOutline } from './outline.js';
import { Event } from './profile.js';

/** The indexes of what metering adds to a module. Each comes after everything that the module has of its kind. */
export interface AddedIndexes {
  /** The global that holds how much of the granted work is left. */
  readonly left: number;
  /** The table of one entry, in which the host puts the function that grants more. */
  readonly table: number;
  /** The function types (i32) -> (i32), (i32) -> () and (i32, i32, i32) -> (). */
  readonly askType: number;
  readonly spendType: number;
  readonly bulkType: number;
  /** The function that subtracts work from `left`, and asks the host for more when nothing is left. */
  readonly spend: number;
  /** The exported function through which the host adds to `left`. */
  readonly add: number;
}

/** Bytes that a bulk instruction may process at once. */
const pieceBytes = 1 << 20;
/** More than any table or array has. */
const mostElements = 1 << 24;

/** Returns the bytes of `i32.const` of a number that is not negative. */
export function i32Const(value: number): number[] {
  const bytes = encodeU32(value);
  const last = bytes.length - 1;
  // The constant is a signed LEB128: bit 6 of its last byte is the sign.
  if (((bytes[last] ?? 0) & 0x40) === 0) return [0x41, ...bytes];
  return [0x41, ...bytes.slice(0, last), (bytes[last] ?? 0) | 0x80, 0];
}

const local = (index: number): number[] => [0x20, ...encodeU32(index)];
const setLocal = (index: number): number[] => [0x21, ...encodeU32(index)];

/** Returns a function body without local declarations. */
function body(...code: readonly (readonly number[])[]): Uint8Array {
  const bytes = [0, ...code.flat(), 0x0b];
  return Uint8Array.from([...encodeU32(bytes.length), ...bytes]);
}

/** `left -= spent; if (left < 0) { left = ask(left); if (left < 0) trap }`. It traps because no `catch_all` catches a trap. */
function spendBody({ left, table, askType }: AddedIndexes): Uint8Array {
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

/** `return left += more`. In Firefox, code reaches an exported global through one more load, so the global itself is not exported. */
function addBody({ left }: AddedIndexes): Uint8Array {
  const index = encodeU32(left);
  return body([0x23, ...index, ...local(0), Op.i32Add, 0x22, 0, 0x24, ...index, ...local(0)]);
}

/** Spends the length that is its parameter, at most {@link mostElements}, and returns that length. */
function lengthBody({ spend }: AddedIndexes): Uint8Array {
  return body(spendLength(0, spend, mostElements), local(0));
}

/** `spend(length <= most ? length : most)` */
function spendLength(length: number, spend: number, most: number = pieceBytes): number[] {
  const limit = i32Const(most);
  return [...local(length), ...limit, ...local(length), ...limit, 0x4d, 0x1b, 0x10, ...encodeU32(spend)];
}

const isLong: readonly number[] = [...local(2), ...i32Const(pieceBytes), 0x4b];

/** Whether the range from local `start`, of the length in local 2, ends within the memory. */
function fits(start: number): number[] {
  return [...end(start), 0x3f, 0, 0xad, 0x42, 16, 0x86, 0x58];
}

/** `start + length` as an i64. */
function end(start: number): number[] {
  return [...local(start), 0xad, ...local(2), 0xad, 0x7c];
}

function step(index: number, instruction: number): number[] {
  return [...local(index), ...i32Const(pieceBytes), instruction, ...setLocal(index)];
}

/** Does `work` if the length is more than a piece and the whole range is in bounds. If it is not, the instruction itself traps at once. */
function ifLong(within: readonly number[], work: readonly number[]): number[] {
  return [...isLong, 0x04, 0x40, ...within, 0x04, 0x40, ...work, 0x0b, 0x0b];
}

/** `do { spend(piece); work on one piece } while (length > piece)` */
function pieces(spend: number, ...work: readonly (readonly number[])[]): number[] {
  return [0x03, 0x40, ...i32Const(pieceBytes), 0x10, ...encodeU32(spend), ...work.flat(), ...isLong, 0x0d, 0, 0x0b];
}

/** `memory.fill(to, value, length)` */
function fillBody({ spend }: AddedIndexes): Uint8Array {
  const fill = [0xfc, 11, 0];
  const piece = [...local(0), ...local(1), ...i32Const(pieceBytes), ...fill];
  return body(ifLong(fits(0), pieces(spend, piece, step(0, Op.i32Add), step(2, Op.i32Sub))), spendLength(2, spend), [
    ...local(0),
    ...local(1),
    ...local(2),
    ...fill,
  ]);
}

/** `memory.copy(to, from, length)`, upwards or downwards, so that no piece is overwritten before it is read. */
function copyBody({ spend }: AddedIndexes): Uint8Array {
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

/** `memory.init(to, from, length)` of a segment of `segmentBytes`. A dropped segment traps at the first piece. */
function initBody({ spend }: AddedIndexes, segment: number, segmentBytes: number): Uint8Array {
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

/** The functions that metering adds: `spend`, `add`, and one for each kind of bulk instruction that the code uses. */
export class HelperFunctions {
  /** The type index of each. */
  readonly types: number[];
  readonly bodies: Uint8Array[];
  readonly #outline: ModuleOutline;
  readonly #indexes: AddedIndexes;
  readonly #known = new Map<string, number>();

  constructor(outline: ModuleOutline, indexes: AddedIndexes) {
    this.#outline = outline;
    this.#indexes = indexes;
    this.types = [indexes.spendType, indexes.askType];
    this.bodies = [spendBody(indexes), addBody(indexes)];
  }

  /** Returns the index of the helper for an event of this kind and value, and adds it at first use. */
  for(kind: number, value: number): number {
    const key = kind === Event.memoryInit ? `${kind} ${value}` : String(kind);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const index = this.#outline.functions + this.bodies.length;
    this.#known.set(key, index);
    this.types.push(kind === Event.length ? this.#indexes.askType : this.#indexes.bulkType);
    this.bodies.push(this.#bodyFor(kind, value));
    return index;
  }

  #bodyFor(kind: number, value: number): Uint8Array {
    switch (kind) {
      case Event.memoryFill:
        return fillBody(this.#indexes);
      case Event.memoryCopy:
        return copyBody(this.#indexes);
      case Event.memoryInit:
        return initBody(this.#indexes, value, this.#outline.dataLengths[value] ?? 0);
      default:
        return lengthBody(this.#indexes);
    }
  }
}
