import type { InstructionReader } from '../reader/instruction-reader.js';
import { Numbers } from '../reader/numbers.js';
import { shortLocals } from '../reader/skim.js';
import { Event } from './profile.js';
import type { Events } from './profile.js';

/** The region of code that cannot be reached. */
export const noRegion = 0xffff_ffff;

/**
 * Follows the blocks of one function after another, and determines the region of each instruction. A region is code of which all
 * or nothing is executed. The code after a block belongs to the same region as the code before it, unless a branch in the block leaves
 * for further out. Unless `exact`, there is one region for each loop, and one for the code outside of loops.
 */
export class Regions {
  /** The number of enclosing blocks, not counting that of the function; -1 after the end of the function. */
  depth = -1;
  /** The current region. */
  current: number = noRegion;
  /** The cost of the code since the current region began or was resumed. */
  cost = 0;
  readonly #exact: boolean;
  readonly #events: Events;
  readonly #costs: Numbers;
  /** By depth: the region around a block, and the depth of the outermost block that a branch in it can leave for. */
  readonly #outer = new Numbers();
  readonly #reach = new Numbers();

  /** Adds to `events` where regions begin, and to `costs` what each of them costs. */
  constructor(exact: boolean, events: Events, costs: Numbers) {
    this.#exact = exact;
    this.#events = events;
    this.#costs = costs;
  }

  /** Starts a function, whose code begins at `place`. */
  start(place: number): void {
    this.depth = -1;
    this.cost = 0;
    this.current = noRegion;
    this.open();
    this.begin(Event.region, place);
  }

  /** Enters a block. */
  open(): void {
    this.depth += 1;
    if (this.depth === this.#outer.length) {
      this.#outer.push(0);
      this.#reach.push(0);
    }
    this.#outer.set(this.depth, this.current);
    this.#reach.set(this.depth, this.depth);
  }

  /** Leaves a block: the region around it is resumed. `resumeAfter` must follow. */
  close(): void {
    this.nextArm();
    this.depth -= 1;
  }

  /** Begins a new region after a block that was closed, if a branch in it can leave for further out. */
  resumeAfter(place: number): void {
    const { depth } = this;
    if (depth < 0) {
      this.#settle();
      return;
    }
    const reach = this.#reach.at(depth + 1);
    if (reach < this.#reach.at(depth)) this.#reach.set(depth, reach);
    if (reach <= depth) this.split(place);
  }

  /** Begins another arm of the block, such as `else` or `catch`. */
  nextArm(): void {
    this.#resume(this.#outer.at(this.depth));
  }

  /** Records a branch to the end, or the start, of the block with this label. */
  leave(label: number): void {
    const target = this.depth - label;
    if (target < this.#reach.at(this.depth)) this.#reach.set(this.depth, target);
  }

  /** Marks the code that follows as unreachable. */
  stop(): void {
    this.#resume(noRegion);
  }

  /** Marks a place where the function returns, calls another one instead of itself, or throws. */
  end(): void {
    this.#reach.set(this.depth, 0);
    this.stop();
  }

  /** Begins a new region, unless the code here is unreachable. */
  split(place: number): void {
    if (this.#exact && this.current !== noRegion) this.begin(Event.region, place);
  }

  /** Begins a new region, with an event of this kind. */
  begin(kind: number, place: number): void {
    this.#settle();
    this.current = this.#costs.length;
    this.#costs.push(0);
    this.#events.push(kind, place, 0, this.current);
  }

  /** Charges the first iteration of a closed loop to the region around it. An iteration costs 1 at least. `region`: that of the loop. */
  chargeFirstIteration(region: number): void {
    const cost = Math.max(1, this.#costs.at(region));
    this.#costs.set(region, cost);
    if (this.current !== noRegion) this.#costs.add(this.current, cost);
  }

  #resume(region: number): void {
    if (!this.#exact && region === noRegion) return;
    this.#settle();
    this.current = region;
  }

  #settle(): void {
    if (this.current !== noRegion) this.#costs.add(this.current, this.cost);
    this.cost = 0;
  }
}

/** A loop that uses more locals has no registers for all of them. */
const mostLoopLocals = 24;

/** Follows the innermost loop for as long as it is simple, see {@link Event.loopStart}, and marks its events as simple at its end. */
export class InnermostLoop {
  /** The depth of its block; -1 if there is no simple loop here. */
  depth = -1;
  /** Its first event. */
  #event = 0;
  readonly #reader: InstructionReader;
  readonly #events: Events;
  readonly #regions: Regions;
  readonly #loopLocals: Numbers;
  readonly #lastUses: Uint32Array;

  /** Adds the locals of each simple loop to `loopLocals`. `lastUses`: where each local was last read or written. */
  constructor(reader: InstructionReader, events: Events, regions: Regions, loopLocals: Numbers, lastUses: Uint32Array) {
    this.#reader = reader;
    this.#events = events;
    this.#regions = regions;
    this.#loopLocals = loopLocals;
    this.#lastUses = lastUses;
  }

  /** Starts with the loop at this place, whose header was read and whose first event is `event`. */
  open(at: number, event: number): void {
    const { bytes, position } = this.#reader;
    this.#event = event;
    // A block type that is an index may have parameters.
    const hasShortType = (bytes[at + 1] ?? 0) >= 0x40 && position === at + 2;
    this.depth = hasShortType ? this.#regions.depth : -1;
  }

  /** Stops following the loop, because it is not simple. */
  giveUp(): void {
    this.depth = -1;
  }

  /** Whether the branch that was just read leaves the loop. */
  get isLeft(): boolean {
    return this.#regions.depth - this.#reader.label < this.depth;
  }

  /** Ends the simple loop, whose `end` was just read. */
  close(): void {
    const events = this.#events;
    events.setValue(this.#event, 1);
    events.setValue(this.#event + 1, 1);
    this.#regions.chargeFirstIteration(events.region(this.#event + 1));
    events.push(Event.loopEnd, this.#reader.position - 1, this.#loopLocals.length, this.#regions.current);
    this.#listLocals(events.place(this.#event));
    this.depth = -1;
  }

  /** Lists the locals used between `start` and the current position. */
  #listLocals(start: number): void {
    const { locals } = this.#reader;
    const lastUses = this.#lastUses;
    const list = this.#loopLocals;
    const at = list.length;
    list.push(0);
    for (let local = 0; local < locals && local < shortLocals; local += 1) {
      if ((lastUses[local] ?? 0) > start) list.push(local);
    }
    const count = list.length - at - 1;
    if (count > mostLoopLocals) list.length = at + 1;
    else list.set(at, count);
  }
}
