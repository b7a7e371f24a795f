import type { ValueType } from '../../contract/module-report.js';
import type { Numbers } from '../reader/numbers.js';
import { Op } from '../reader/opcodes.js';
import { Reader } from '../reader/reader.js';
import { shortLocals } from '../reader/skim.js';
import { encodeValueType, readValueType } from '../reader/types.js';
import type { CodeWriter, Counting } from './code-writer.js';
import type { FunctionProfile } from './profile.js';

const noResult = 0x40;
/** The number of blocks that are added around the iterations of a simple loop. */
const addedBlocks = 3;
/** The header of a simple loop: its opcode, and a type of one byte. */
const headerBytes = 2;
const innerBlocks: readonly number[] = [Op.loop, noResult, Op.loop, noResult, Op.block, noResult];
const toDone: readonly number[] = [Op.br, addedBlocks, Op.end];
const toAgain: readonly number[] = [Op.br, 0, Op.end, Op.unreachable, Op.end];

/**
 * Rewrites simple loops, see `Event.loopStart`. A branch to the header becomes a branch to the end of a block, after which the next
 * iteration is counted: a loop that ends in its first iteration, as most short ones do, counts nothing. The check is in another loop
 * around, because engines do not unroll a loop with a call in it.
 *
 *     block $done
 *       loop $again
 *         loop $next
 *           block ... br $done end
 *           (count, br_if $next)
 *         end
 *         (spend)
 *         br $again
 *       end
 *       unreachable
 *     end
 */
export class SimpleLoops {
  readonly #source: Uint8Array;
  readonly #output: CodeWriter;
  readonly #counting: Counting;
  readonly #carried: CarriedLocals;
  #isOpen = false;
  #cost = 0;

  constructor(source: Uint8Array, output: CodeWriter, counting: Counting, carried: CarriedLocals) {
    this.#source = source;
    this.#output = output;
    this.#counting = counting;
    this.#carried = carried;
  }

  /** Whether the code that is being written is in a simple loop. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The number of added blocks between here and the code outside of the loop. */
  get added(): number {
    return this.#isOpen ? addedBlocks : 0;
  }

  /** Replaces the header at `start`, and returns how many bytes it has. */
  open(start: number): number {
    this.#isOpen = true;
    // The outermost block has the type of the loop.
    this.#output.byte(Op.block);
    this.#output.byte(this.#source[start + 1] ?? noResult);
    this.#output.push(innerBlocks);
    return headerBytes;
  }

  /** Sets the cost of an iteration. The first one is charged to the region around the loop. */
  enter(cost: number): void {
    this.#cost = cost;
  }

  /** Replaces the `end` of the loop, and returns how many bytes it has. `locals`: the place in `loopLocals` where those of the loop are listed. */
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

/** The first byte of `v128`; those of the number types follow. */
const firstNumber = 0x7b;

/** By type, from `v128` on, the initial value of a global. */
const zeros: readonly (readonly number[])[] = [
  [0xfd, 0x0c, ...zeroBytes(16)],
  [0x44, ...zeroBytes(8)],
  [0x43, ...zeroBytes(4)],
  [0x42, 0],
  [0x41, 0],
];

/**
 * Carries the locals of a loop across the check that stands beside it: copies them into globals before, and back after it. The check is
 * a call. In Firefox a local that is live across a call is kept in memory in the loop too (https://bugzil.la/1758274). Carried like this,
 * no local is live across the call. Only one check can be in progress at a time, so all functions share the globals.
 */
export class CarriedLocals {
  /** The entries of the global section. */
  readonly globals: number[][] = [];
  readonly #output: CodeWriter;
  readonly #loopLocals: Numbers;
  readonly #firstGlobal: number;
  readonly #declarations: Reader;
  /** By type, from `v128` on: the indexes of the globals, and how many of them are in use. */
  readonly #ofType: readonly number[][] = zeros.map(() => []);
  readonly #taken = new Uint8Array(zeros.length);
  /** The bytes of the types of the first locals of the function. */
  readonly #types = new Uint8Array(shortLocals);
  #profile: FunctionProfile | null = null;
  #params: readonly ValueType[] = [];
  #knowsTypes = false;

  /** `loopLocals` are those of the module's profile; `firstGlobal` is the index of the first of the globals. */
  constructor(source: Uint8Array, output: CodeWriter, loopLocals: Numbers, firstGlobal: number) {
    this.#output = output;
    this.#loopLocals = loopLocals;
    this.#firstGlobal = firstGlobal;
    this.#declarations = new Reader(source, 'code', 0);
  }

  /** Starts a function. */
  enter(profile: FunctionProfile, params: readonly ValueType[]): void {
    this.#profile = profile;
    this.#params = params;
    this.#knowsTypes = false;
  }

  /** Writes the code that saves the locals which are listed `at` this place of `loopLocals`. */
  save(at: number): void {
    this.#copyAll(at, Op.localGet, Op.globalSet);
  }

  /** Writes the code that restores them. */
  restore(at: number): void {
    this.#copyAll(at, Op.globalGet, Op.localSet);
  }

  #copyAll(at: number, from: number, to: number): void {
    if (!this.#knowsTypes) this.#readTypes();
    const end = at + this.#loopLocals.at(at);
    this.#taken.fill(0);
    for (let place = at + 1; place <= end; place += 1) this.#copy(this.#loopLocals.at(place), from, to);
  }

  /** Copies a local to a global of its own, or back, if it is a number or a vector. */
  #copy(local: number, from: number, to: number): void {
    const type = (this.#types[local] ?? 0) - firstNumber;
    if (type < 0) return;
    const nth = this.#taken[type] ?? 0;
    this.#taken[type] = nth + 1;
    const global = this.#ofType[type]?.[nth] ?? this.#newGlobal(type);
    this.#output.op(from, from === Op.localGet ? local : global);
    this.#output.op(to, to === Op.localSet ? local : global);
  }

  #newGlobal(type: number): number {
    const global = this.#firstGlobal + this.globals.length;
    this.#ofType[type]?.push(global);
    this.globals.push([type + firstNumber, 1, ...(zeros[type] ?? []), Op.end]);
    return global;
  }

  #readTypes(): void {
    this.#knowsTypes = true;
    const types = this.#types;
    const reader = this.#declarations;
    reader.position = this.#profile?.declarations ?? 0;
    let end = 0;
    for (const param of this.#params) types[end++] = encodeValueType(param)[0] ?? 0;
    for (let groups = reader.u32(); groups > 0 && end < types.length; groups -= 1) {
      const start = end;
      end += reader.u32();
      types.fill(reader.bytes[reader.position] ?? 0, start, end);
      readValueType(reader);
    }
  }
}

function zeroBytes(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}
