import type { CarriedLocals } from './meter-carry.js';
import type { Counting } from './meter-counting.js';
import { Op } from './opcodes.js';
import type { Output } from './output.js';

const noResult = 0x40;
/** Around each simple loop. */
const addedBlocks = 3;
const innerBlocks: readonly number[] = [Op.loop, noResult, Op.block, noResult];
const toDone: readonly number[] = [Op.br, 2, Op.end];
const toAgain: readonly number[] = [Op.br, 0, Op.end, Op.unreachable, Op.end];

/**
 * Simple loops: no loop, call or handler within, and left by plain branches only. Each is put into another, which holds the question: a
 * call within would keep engines from unrolling it.
 *
 *     block $done  loop $again  block $asks
 *       loop  (count, br_if $asks)  ...  end
 *       br $done
 *     end  (spend)  br $again  end  unreachable  end
 */
export class SimpleLoops {
  readonly #source: Uint8Array;
  readonly #output: Output;
  readonly #counting: Counting;
  readonly #carried: CarriedLocals;
  #isOpen = false;
  #cost = 0;

  constructor(source: Uint8Array, output: Output, counting: Counting, carried: CarriedLocals) {
    this.#source = source;
    this.#output = output;
    this.#counting = counting;
    this.#carried = carried;
  }

  /** Whether the code that is written stands in one. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** How many labels more there are between here and what is outside of it. */
  get added(): number {
    return this.#isOpen ? addedBlocks : 0;
  }

  open(start: number): void {
    this.#isOpen = true;
    // The outermost block has the loop's type.
    this.#output.byte(Op.block);
    this.#output.byte(this.#source[start + 1] ?? noResult);
    this.#output.push(innerBlocks);
  }

  count(cost: number, counter: number): void {
    this.#cost = Math.max(1, cost);
    this.#counting.addAndCompare(this.#cost, counter);
    this.#counting.branchUnlikely(1);
  }

  /** `locals`: where those of the loop are listed. */
  close(locals: number, counter: number): void {
    const output = this.#output;
    this.#isOpen = false;
    output.push(toDone);
    this.#carried.save(locals);
    this.#counting.spend(counter);
    this.#carried.restore(locals);
    // The header counts the same turn again: it is given back.
    output.i32(0);
    output.i32(this.#cost);
    output.byte(Op.i32Sub);
    output.op(Op.localSet, counter);
    output.push(toAgain);
  }
}
