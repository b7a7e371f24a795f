import type { CarriedLocals } from './meter-carry.js';
import type { Counting } from './meter-counting.js';
import { Op } from '../reader/opcodes.js';
import type { Output } from './output.js';

const noResult = 0x40;
/** Around the turns of each simple loop. */
const addedBlocks = 3;
/** Of a loop that is simple: its opcode, and its type in one byte. */
const headerBytes = 2;
const innerBlocks: readonly number[] = [Op.loop, noResult, Op.loop, noResult, Op.block, noResult];
const toDone: readonly number[] = [Op.br, addedBlocks, Op.end];
const toAgain: readonly number[] = [Op.br, 0, Op.end, Op.unreachable, Op.end];

/**
 * Simple loops: no loop, call or handler within, and left by plain branches only. What goes back to the header goes to the end of
 * a block instead, where the turn that comes is counted: a loop that is left in its first turn, as most short ones are, counts nothing.
 * All of it is in another loop, which holds the question: a call within would keep engines from unrolling it.
 *
 *     block $done
 *       loop $again
 *         loop $turn
 *           block ... br $done end
 *           (count, br_if $turn)
 *         end
 *         (spend)
 *         br $again
 *       end
 *       unreachable
 *     end
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

  /** In the place of the header at `start`; gives how long that is. */
  open(start: number): number {
    this.#isOpen = true;
    // The outermost block has the loop's type.
    this.#output.byte(Op.block);
    this.#output.byte(this.#source[start + 1] ?? noResult);
    this.#output.push(innerBlocks);
    return headerBytes;
  }

  /** `cost`: that of a turn; the first is a part of what is around. */
  enter(cost: number): void {
    this.#cost = cost;
  }

  /** In the place of the loop's `end`, of one byte. `locals`: where those of the loop are listed. */
  close(locals: number, counter: number): number {
    const output = this.#output;
    this.#isOpen = false;
    output.push(toDone);
    this.#counting.addAndCompare(this.#cost, counter, Op.i32LeU);
    output.op(Op.brIf, 0);
    output.byte(Op.end);
    this.#carried.save(locals);
    this.#counting.spend(counter);
    this.#carried.restore(locals);
    this.#counting.setCounter(counter, 0);
    output.push(toAgain);
    return 1;
  }
}
