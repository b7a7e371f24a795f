import type { StartStop } from '../../contract/protocol.js';
import { Jspi } from './jspi.js';
import { Turns } from './turns.js';

/** What a metered guest looks at, whenever it asks for more work, to see whether the page wants it to stop (page/stop-line.ts). */
export class StopSign {
  /** How the guest is suspended so that the worker hears the page; null where the page writes into shared memory. */
  readonly hearing: { readonly jspi: Jspi; readonly turns: Turns } | null;
  readonly #word: Int32Array;

  constructor(stop: StartStop) {
    this.hearing = stop.way === 'shared' ? null : { jspi: new Jspi(), turns: new Turns() };
    this.#word = stop.way === 'shared' ? new Int32Array(stop.word) : new Int32Array(1);
  }

  get isUp(): boolean {
    return Atomics.load(this.#word, 0) > 0;
  }

  /** Before a call, and as messages say. Shared memory is the page's own to write to. */
  set(isUp: boolean): void {
    if (this.hearing !== null) this.#word[0] = Number(isUp);
  }
}
