import type { InterruptSetup } from '../../contract/protocol.js';
import { Jspi } from './jspi.js';

/** The flag that a metered guest reads whenever it asks for more work; the page raises it to interrupt the call. */
export class InterruptFlag {
  /** How the guest is suspended so that the worker hears the page; null where the page writes into shared memory. */
  readonly hearing: { readonly jspi: Jspi; readonly turns: Turns } | null;
  readonly #word: Int32Array;

  constructor(setup: InterruptSetup) {
    this.hearing = setup.way === 'shared' ? null : { jspi: new Jspi(), turns: new Turns() };
    this.#word = setup.way === 'shared' ? new Int32Array(setup.flag) : new Int32Array(1);
  }

  get isRaised(): boolean {
    return Atomics.load(this.#word, 0) > 0;
  }

  /** Before a call, and as messages say. Shared memory is the page's own to write to. */
  set(isRaised: boolean): void {
    if (this.hearing !== null) this.#word[0] = Number(isRaised);
  }
}

/** Lets the worker's event loop run, so that messages of the page are handled. */
class Turns {
  readonly #channel = new MessageChannel();
  #resolve: () => void = () => {};

  constructor() {
    this.#channel.port1.addEventListener('message', () => this.#resolve());
    this.#channel.port1.start();
  }

  /** Resolves when the queued messages have been handled. A timer would not do: browsers delay nested ones by 4 ms. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#channel.port2.postMessage(null);
    });
  }
}
