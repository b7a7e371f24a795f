import type { MeterIndexes } from './meter-helpers.js';
import { Op } from '../reader/opcodes.js';
import type { Output } from './output.js';

/** A function counts so much in its local before it hands it over: some turns of a loop at least, unless those are very long. */
const localSlice = 4_096;
const mostLocalSlice = 16_384;
const turnsAtLeast = 64;

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
    this.#output.op(Op.localSet, counter);
  }

  count(cost: number, counter: number): void {
    if (cost === 0) return;
    this.add(cost, counter);
    this.#output.op(Op.localSet, counter);
  }

  /** counter + cost, on the stack. */
  add(cost: number, counter: number): void {
    this.#output.op(Op.localGet, counter);
    this.#output.i32(cost);
    this.#output.byte(Op.i32Add);
  }

  /** counter += cost, and whether that is more than it should be, on the stack; or, with `Op.i32LeU`, that it is not. */
  addAndCompare(cost: number, counter: number, comparison: number): void {
    this.add(cost, counter);
    this.#output.op(Op.localTee, counter);
    this.#output.i32(Math.min(Math.max(localSlice, cost * turnsAtLeast), mostLocalSlice));
    this.#output.byte(comparison);
  }

  /** At the header of a loop. */
  countLoop(cost: number, counter: number): void {
    this.addAndCompare(Math.max(1, cost), counter, Op.i32GtU);
    this.beginUnlikely();
    this.spend(counter);
    this.setCounter(counter, 0);
    this.#output.byte(Op.end);
  }

  /** Hands over what a local holds, and asks if nothing is left. */
  spend(local: number): void {
    this.#output.op(Op.localGet, local);
    this.#output.op(Op.call, this.#spend);
  }

  pay(price: number): void {
    if (price < 0) return;
    this.#output.i32(price);
    this.#output.op(Op.call, this.#spend);
  }

  /** left -= cost. Through a local of the function, if it has one for that, it asks too. */
  take(cost: number, local: number | null): void {
    const output = this.#output;
    output.op(Op.globalGet, this.#left);
    output.i32(cost);
    output.byte(Op.i32Sub);
    if (local !== null) output.op(Op.localTee, local);
    output.op(Op.globalSet, this.#left);
    if (local !== null) this.askByLocal(local);
  }

  /** left -= counter + cost; the counter is left with the difference. */
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

  /** Asks, too: a counter that starts again before each call might never reach its limit. `cost`: that of the calls. */
  flushAndClear(counter: number, cost = 0): void {
    this.flush(counter, cost);
    this.askByLocal(counter);
    this.setCounter(counter, 0);
  }

  /** Asks, if what is left is negative, which the local holds. */
  askByLocal(local: number): void {
    this.#askIfNegative(Op.localGet, local);
  }

  /** Asks, if what is left is negative. */
  askByGlobal(): void {
    this.#askIfNegative(Op.globalGet, this.#left);
  }

  #askIfNegative(get: number, index: number): void {
    const output = this.#output;
    output.op(get, index);
    output.i32(0);
    output.byte(Op.i32LtS);
    this.beginUnlikely();
    output.i32(0);
    output.op(Op.call, this.#spend);
    output.byte(Op.end);
  }

  /** An `if` that is hinted to be seldom true: engines then keep what it does out of their way. */
  beginUnlikely(): void {
    this.#onHint();
    this.#output.op(Op.if, 0x40);
  }
}
