import { Event } from './meter-events.js';
import type { Events } from './meter-events.js';
import { Numbers } from '../reader/numbers.js';

/** What cannot be reached is of no run. */
export const noRun = 0xffff_ffff;

/**
 * Follows one function after another, and says of which run each piece of code is. A run is code that runs as a whole, each time any of
 * it does: code after a block is of the same run as that before it, unless something in the block can leave for further out. Unless
 * `exact`, there is one run for each loop, and one for what is in none.
 */
export class Runs {
  /** Blocks around, the function's own not counted; -1 behind its end. */
  depth = -1;
  /** The run that code is of here. */
  now: number = noRun;
  /** What the code cost since this run went on. */
  cost = 0;
  readonly #exact: boolean;
  readonly #events: Events;
  readonly #costs: Numbers;
  /** By depth: the run around a block, and the outermost block that something in it can leave for. */
  readonly #outer = new Numbers();
  readonly #reach = new Numbers();

  /** `costs`: what each run costs, which is added to. */
  constructor(exact: boolean, events: Events, costs: Numbers) {
    this.#exact = exact;
    this.#events = events;
    this.#costs = costs;
  }

  /** Of another function, whose code begins there. */
  start(place: number): void {
    this.depth = -1;
    this.cost = 0;
    this.now = noRun;
    this.open();
    this.begin(Event.run, place);
  }

  /** A block begins. */
  open(): void {
    this.depth += 1;
    if (this.depth === this.#outer.length) {
      this.#outer.push(0);
      this.#reach.push(0);
    }
    this.#outer.set(this.depth, this.now);
    this.#reach.set(this.depth, this.depth);
  }

  /** A block ends: what follows is of the run around it, until `goOn`. */
  close(): void {
    this.goBack();
    this.depth -= 1;
  }

  /** Behind a block that was closed: a new run begins if something in it can leave for further out. */
  goOn(place: number): void {
    const { depth } = this;
    if (depth < 0) {
      this.#settle();
      return;
    }
    const reach = this.#reach.at(depth + 1);
    if (reach < this.#reach.at(depth)) this.#reach.set(depth, reach);
    if (reach <= depth) this.split(place);
  }

  /** Another arm of the block begins. */
  goBack(): void {
    this.#resume(this.#outer.at(this.depth));
  }

  /** Something may go to the end, or the start, of the block with this label. */
  leave(label: number): void {
    const target = this.depth - label;
    if (target < this.#reach.at(this.depth)) this.#reach.set(this.depth, target);
  }

  /** What follows cannot be reached. */
  stop(): void {
    this.#resume(noRun);
  }

  /** The function ends here, in one way or another. */
  end(): void {
    this.#reach.set(this.depth, 0);
    this.stop();
  }

  /** A new run from here on, unless nothing can get here. */
  split(place: number): void {
    if (this.#exact && this.now !== noRun) this.begin(Event.run, place);
  }

  begin(kind: number, place: number): void {
    this.#settle();
    this.now = this.#costs.length;
    this.#costs.push(0);
    this.#events.push(kind, place, 0, this.now);
  }

  /** The first turn of a loop that was closed is of the run around, too. Each turn costs something. `run`: that of the loop. */
  chargeFirstTurn(run: number): void {
    const cost = Math.max(1, this.#costs.at(run));
    this.#costs.set(run, cost);
    if (this.now !== noRun) this.#costs.add(this.now, cost);
  }

  #resume(run: number): void {
    if (!this.#exact && run === noRun) return;
    this.#settle();
    this.now = run;
  }

  #settle(): void {
    if (this.now !== noRun) this.#costs.add(this.now, this.cost);
    this.cost = 0;
  }
}
