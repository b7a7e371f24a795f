import { Numbers } from '../reader/numbers.js';
import { Op } from '../reader/opcodes.js';
import { encodeU32 } from '../reader/reader.js';
import type { AddedIndexes } from './helpers.js';

/** A growing buffer of code, most of which is copied from the module that is rewritten. */
export class CodeWriter {
  length = 0;
  readonly #source: Uint8Array;
  #bytes: Uint8Array;

  constructor(source: Uint8Array, capacity: number) {
    this.#source = source;
    this.#bytes = new Uint8Array(capacity);
  }

  /** Returns a view of what was written. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  push(bytes: ArrayLike<number>): void {
    this.#reserve(bytes.length);
    const target = this.#bytes;
    let at = this.length;
    for (let index = 0; index < bytes.length; index += 1) target[at++] = bytes[index] ?? 0;
    this.length = at;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  /** Writes an opcode and its index. */
  op(opcode: number, index: number): void {
    this.#reserve(6);
    this.#bytes[this.length++] = opcode;
    this.u32(index);
  }

  /** Writes `i32.const` of a number that is not negative: bit 6 of the last byte is the sign. */
  i32(value: number): void {
    this.#reserve(7);
    this.#bytes[this.length++] = 0x41;
    let rest = value;
    for (; rest > 63; rest >>>= 7) this.#bytes[this.length++] = (rest & 127) | 128;
    this.#bytes[this.length++] = rest;
  }

  u32(value: number): void {
    this.#reserve(5);
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#bytes[this.length++] = (rest & 127) | 128;
    this.#bytes[this.length++] = rest;
  }

  /** Copies the bytes of the source from `start` up to, not including, `end`. */
  copy(start: number, end: number): void {
    const count = end - start;
    this.#reserve(count);
    const [source, target] = [this.#source, this.#bytes];
    let to = this.length;
    // For short ranges, creating a view costs more than copying byte by byte.
    if (count > 128) target.set(source.subarray(start, end), to);
    else for (let at = start; at < end; at += 1) target[to++] = source[at] ?? 0;
    this.length += count;
  }

  /** Inserts the number of bytes from `start` to here in front of them, and returns it. */
  prefixLength(start: number): number {
    const length = this.length - start;
    let size = 1;
    for (let rest = length >>> 7; rest > 0; rest >>>= 7) size += 1;
    // As much as `u32` reserves: growing the buffer there would drop the bytes after `length`.
    this.#reserve(5);
    this.#bytes.copyWithin(start + size, start, this.length);
    const end = this.length + size;
    this.length = start;
    this.u32(length);
    this.length = end;
    return length;
  }

  /** Writes a number of five bytes over the five placeholder bytes `at` this position. */
  padU32(at: number, value: number): void {
    for (let index = 0; index < 5; index += 1) {
      this.#bytes[at + index] = ((value >>> (index * 7)) & 127) | (index < 4 ? 128 : 0);
    }
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, Math.floor(this.#bytes.length * 1.5)));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}

/**
 * Collects which of the inserted branches are unlikely, so that engines move their code out of the way.
 * https://github.com/WebAssembly/branch-hinting: a hint is the offset of the branch in the body, and a byte that is 0 for unlikely.
 */
export class BranchHints {
  readonly #code: CodeWriter;
  readonly #section: CodeWriter;
  #functions = 0;
  /** Where the current body begins, and the offsets of its unlikely branches. */
  #bodyStart = 0;
  readonly #offsets = new Numbers();

  constructor(source: Uint8Array, code: CodeWriter) {
    this.#code = code;
    this.#section = new CodeWriter(source, 4_096);
  }

  /** Returns the custom section, which the format wants before the code section. */
  section(): Uint8Array[] {
    const name = new TextEncoder().encode('metadata.code.branch_hint');
    const count = encodeU32(this.#functions);
    const functions = this.#section.bytes;
    const size = encodeU32(1 + name.length + count.length + functions.length);
    return [Uint8Array.from([0, ...size, name.length, ...name, ...count]), functions];
  }

  /** Starts a function body at the current position of the code. */
  begin(): void {
    this.#bodyStart = this.#code.length;
    this.#offsets.length = 0;
  }

  /** Marks the branch that is written next as unlikely. */
  mark(): void {
    this.#offsets.push(this.#code.length - this.#bodyStart);
  }

  /** Ends the body, which is that of this function. */
  end(index: number): void {
    const offsets = this.#offsets;
    if (offsets.length === 0) return;
    this.#functions += 1;
    this.#section.u32(index);
    this.#section.u32(offsets.length);
    for (let at = 0; at < offsets.length; at += 1) {
      this.#section.u32(offsets.at(at));
      this.#section.byte(1);
      this.#section.byte(0);
    }
  }
}

/** How much a function counts in its local before it flushes: at least some iterations of a loop, unless those are very long. */
const localSlice = 4_096;
const mostLocalSlice = 16_384;
const leastIterations = 64;

/**
 * Writes the code that counts work and checks the budget. `counter` is the local in which a function counts. To flush is to subtract
 * it from the global `left`. To check is to call the helper `spend`, which asks the host for more when `left` is negative, and traps
 * when the host refuses.
 */
export class Counting {
  readonly #output: CodeWriter;
  readonly #left: number;
  readonly #spend: number;
  readonly #hints: BranchHints;

  constructor(output: CodeWriter, { left, spend }: AddedIndexes, hints: BranchHints) {
    this.#output = output;
    this.#left = left;
    this.#spend = spend;
    this.#hints = hints;
  }

  /** counter = value */
  setCounter(counter: number, value: number): void {
    this.#output.i32(value);
    this.#output.op(Op.localSet, counter);
  }

  /** counter += cost */
  count(cost: number, counter: number): void {
    if (cost === 0) return;
    this.add(cost, counter);
    this.#output.op(Op.localSet, counter);
  }

  /** Pushes counter + cost on the stack. */
  add(cost: number, counter: number): void {
    this.#output.op(Op.localGet, counter);
    this.#output.i32(cost);
    this.#output.byte(Op.i32Add);
  }

  /** counter += cost. Pushes how the counter compares with its limit: `Op.i32GtU` for over it, `Op.i32LeU` for not over it. */
  addAndCompare(cost: number, counter: number, comparison: number): void {
    this.add(cost, counter);
    this.#output.op(Op.localTee, counter);
    this.#output.i32(Math.min(Math.max(localSlice, cost * leastIterations), mostLocalSlice));
    this.#output.byte(comparison);
  }

  /** At the header of a loop: counts one iteration, and spends the counter when it is over its limit. */
  countLoop(cost: number, counter: number): void {
    this.addAndCompare(Math.max(1, cost), counter, Op.i32GtU);
    this.beginUnlikely();
    this.spend(counter);
    this.setCounter(counter, 0);
    this.#output.byte(Op.end);
  }

  /** Calls `spend` with what the local holds: flushes it and checks. */
  spend(local: number): void {
    this.#output.op(Op.localGet, local);
    this.#output.op(Op.call, this.#spend);
  }

  /** Calls `spend` with a constant price; a negative price stands for nothing to pay. */
  pay(price: number): void {
    if (price < 0) return;
    this.#output.i32(price);
    this.#output.op(Op.call, this.#spend);
  }

  /** left -= cost. Checks, too, if there is a `local` to hold the difference. */
  take(cost: number, local: number | null): void {
    const output = this.#output;
    output.op(Op.globalGet, this.#left);
    output.i32(cost);
    output.byte(Op.i32Sub);
    if (local !== null) output.op(Op.localTee, local);
    output.op(Op.globalSet, this.#left);
    if (local !== null) this.checkLocal(local);
  }

  /** left -= counter + cost. Afterwards the counter holds the new value of `left`. */
  flush(counter: number, cost = 0): void {
    const output = this.#output;
    output.op(Op.globalGet, this.#left);
    output.op(Op.localGet, counter);
    output.byte(Op.i32Sub);
    if (cost > 0) {
      output.i32(cost);
      output.byte(Op.i32Sub);
    }
    output.op(Op.localTee, counter);
    output.op(Op.globalSet, this.#left);
  }

  /** Flushes the counter and `cost`, checks, and sets the counter to 0: it might never reach its limit if it restarted before each call. */
  flushAndClear(counter: number, cost = 0): void {
    this.flush(counter, cost);
    this.checkLocal(counter);
    this.setCounter(counter, 0);
  }

  /** Checks by a local that holds the value of `left`. */
  checkLocal(local: number): void {
    this.#checkIfNegative(Op.localGet, local);
  }

  /** Checks by the global `left` itself. */
  checkGlobal(): void {
    this.#checkIfNegative(Op.globalGet, this.#left);
  }

  #checkIfNegative(get: number, index: number): void {
    const output = this.#output;
    output.op(get, index);
    output.i32(0);
    output.byte(Op.i32LtS);
    this.beginUnlikely();
    output.i32(0);
    output.op(Op.call, this.#spend);
    output.byte(Op.end);
  }

  /** Begins an `if` without result that is hinted to be unlikely. */
  beginUnlikely(): void {
    this.#hints.mark();
    this.#output.op(Op.if, 0x40);
  }
}
