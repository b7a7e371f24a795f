import type { MeterIndexes } from './meter-helpers.js';
import type { Output } from './output.js';

const endOfBlock = 0x0b;
const branchIf = 0x0d;
const call = 0x10;
const localGet = 0x20;
const localSet = 0x21;
const localTee = 0x22;
const globalGet = 0x23;
const globalSet = 0x24;
const isLess = 0x48;
const isGreater = 0x4b;
const add = 0x6a;
const subtract = 0x6b;

/** A function counts so much in its local before it hands it over. */
const localSlice = 4_096;

/** Writes the code that counts. `counter` is the index of the function's own local. */
export class Counting {
  readonly #output: Output;
  readonly #left: number;
  readonly #spend: number;
  readonly #onHint: () => void;

  /** `onHint`: a branch comes next that is seldom taken. */
  constructor(output: Output, { left, spend }: MeterIndexes, onHint: () => void) {
    this.#output = output;
    this.#left = left;
    this.#spend = spend;
    this.#onHint = onHint;
  }

  setCounter(counter: number, value: number): void {
    this.#output.i32(value);
    this.#output.op(localSet, counter);
  }

  count(cost: number, counter: number): void {
    if (cost === 0) return;
    this.add(cost, counter);
    this.#output.op(localSet, counter);
  }

  /** counter + cost, on the stack. */
  add(cost: number, counter: number): void {
    this.#output.op(localGet, counter);
    this.#output.i32(cost);
    this.#output.byte(add);
  }

  /** counter += cost, and whether that is more than it should be, on the stack. */
  addAndCompare(cost: number, counter: number): void {
    this.add(cost, counter);
    this.#output.op(localTee, counter);
    this.#output.i32(localSlice);
    this.#output.byte(isGreater);
  }

  countLoop(cost: number, counter: number): void {
    this.addAndCompare(Math.max(1, cost), counter);
    this.beginUnlikely();
    this.spend(counter);
    this.setCounter(counter, 0);
    this.#output.byte(endOfBlock);
  }

  /** Hands over what a local holds, and asks if nothing is left. */
  spend(local: number): void {
    this.#output.op(localGet, local);
    this.#output.op(call, this.#spend);
  }

  pay(price: number): void {
    if (price < 0) return;
    this.#output.i32(price);
    this.#output.op(call, this.#spend);
  }

  /** left -= cost. Through a local of the function, if it has one for that, it asks too. */
  take(cost: number, local: number | null): void {
    const output = this.#output;
    output.op(globalGet, this.#left);
    output.i32(cost);
    output.byte(subtract);
    if (local !== null) output.op(localTee, local);
    output.op(globalSet, this.#left);
    if (local !== null) this.checkIn(local);
  }

  /** left -= counter, which is left with the difference. */
  flush(counter: number): void {
    const output = this.#output;
    output.op(globalGet, this.#left);
    output.op(localGet, counter);
    output.byte(subtract);
    output.op(localTee, counter);
    output.op(globalSet, this.#left);
  }

  /** Asks, too: a counter that starts again before each call might never reach its limit. */
  flushAndClear(counter: number): void {
    this.flush(counter);
    this.checkIn(counter);
    this.setCounter(counter, 0);
  }

  /** Asks, if what the local holds of what is left is negative. */
  checkIn(local: number): void {
    this.#askIfNegative(localGet, local);
  }

  /** Asks, if what is left is. */
  check(): void {
    this.#askIfNegative(globalGet, this.#left);
  }

  #askIfNegative(get: number, index: number): void {
    const output = this.#output;
    output.op(get, index);
    output.i32(0);
    output.byte(isLess);
    this.beginUnlikely();
    output.i32(0);
    output.op(call, this.#spend);
    output.byte(endOfBlock);
  }

  /** An `if` that is hinted to be seldom true: engines then keep what it does out of their way. */
  beginUnlikely(): void {
    this.#onHint();
    this.#output.op(0x04, 0x40);
  }

  /** The same, of a `br_if`. */
  branchUnlikely(label: number): void {
    this.#onHint();
    this.#output.op(branchIf, label);
  }
}
