import type { InstructionReader } from '../reader/instruction-reader.js';
import { Event } from './meter-events.js';
import type { Events } from './meter-events.js';
import type { Runs } from './meter-blocks.js';
import type { Numbers } from '../reader/numbers.js';
import { shortLocals } from '../reader/skim.js';

/** A loop that uses more locals than this has no registers for all of them anyway. */
const mostLoopLocals = 24;

/** Follows the innermost loop for as long as it is simple, see {@link Event.loopStart}, and says so of it at its end. */
export class InnermostLoop {
  /** How deep it is among the blocks; -1: there is none, or none that is simple. */
  depth = -1;
  /** Its first event. */
  #event = 0;
  readonly #reader: InstructionReader;
  readonly #events: Events;
  readonly #runs: Runs;
  readonly #loopLocals: Numbers;
  readonly #lastUses: Uint32Array;

  /** `loopLocals`: those of each simple loop are put there. `lastUses`: where each local was last read or written. */
  constructor(reader: InstructionReader, events: Events, runs: Runs, loopLocals: Numbers, lastUses: Uint32Array) {
    this.#reader = reader;
    this.#events = events;
    this.#runs = runs;
    this.#loopLocals = loopLocals;
    this.#lastUses = lastUses;
  }

  /** The loop at this place, whose header was read and whose first event is this. */
  open(at: number, event: number): void {
    const { bytes, position } = this.#reader;
    this.#event = event;
    // A type that stands by its index may have parameters.
    const hasShortType = (bytes[at + 1] ?? 0) >= 0x40 && position === at + 2;
    this.depth = hasShortType ? this.#runs.depth : -1;
  }

  /** It is not simple. */
  giveUp(): void {
    this.depth = -1;
  }

  /** Whether the branch that was read leaves it. */
  get isLeft(): boolean {
    return this.#runs.depth - this.#reader.label < this.depth;
  }

  /** Its `end` was read, and it is simple. */
  close(): void {
    const events = this.#events;
    events.setValue(this.#event, 1);
    events.setValue(this.#event + 1, 1);
    this.#runs.chargeFirstTurn(events.run(this.#event + 1));
    events.push(Event.loopEnd, this.#reader.position - 1, this.#loopLocals.length, this.#runs.now);
    this.#listLocals(events.place(this.#event));
    this.depth = -1;
  }

  /** Of the loop that started there, and ends here. */
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
