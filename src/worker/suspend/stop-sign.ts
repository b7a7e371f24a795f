import type { StartStop } from '../../contract/protocol.js';
import { Jspi } from './jspi.js';

/** What a metered guest looks at, whenever it asks for more work, to see whether the page wants it to stop. */
export interface StopSign {
  readonly isUp: boolean;
  /** Where the page's wish comes as a message: how the guest is suspended so that the worker can hear it. */
  readonly turns: Turns | null;
}

/** The way that the page chose (page/stop-line.ts). */
export function makeStopSign(stop: StartStop | null): StopSign | MessageStopSign | null {
  if (stop === null) return null;
  return stop.way === 'shared' ? new SharedStopSign(stop.word) : new MessageStopSign();
}

class SharedStopSign implements StopSign {
  readonly turns = null;
  readonly #word: Int32Array;

  constructor(word: SharedArrayBuffer) {
    this.#word = new Int32Array(word);
  }

  get isUp(): boolean {
    return Atomics.load(this.#word, 0) !== 0;
  }
}

export class MessageStopSign implements StopSign {
  isUp = false;
  readonly turns: Turns = new Turns();
}

/** Turns of the worker's event loop. */
export class Turns {
  readonly jspi: Jspi = new Jspi();
  readonly #channel = new MessageChannel();
  #resolve: () => void = () => {};

  constructor() {
    this.#channel.port1.addEventListener('message', () => this.#resolve());
    this.#channel.port1.start();
  }

  /** Settles when the messages that wait have been heard. Not a time-out: browsers make one that follows others 4 ms long. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#channel.port2.postMessage(null);
    });
  }
}
