import type { InterruptSetup } from '../../contract/protocol.js';
import { Jspi } from './jspi.js';

/** The flag that a metered guest reads whenever it asks for more work; the page raises it to interrupt the call. */
export class InterruptFlag {
  /** How the guest is suspended so that the worker receives messages; null if the flag is in shared memory. */
  readonly suspension: { readonly jspi: Jspi; readonly eventLoop: EventLoop } | null;
  readonly #word: Int32Array;

  constructor(setup: InterruptSetup) {
    this.suspension = setup.way === 'shared' ? null : { jspi: new Jspi(), eventLoop: new EventLoop() };
    this.#word = setup.way === 'shared' ? new Int32Array(setup.flag) : new Int32Array(1);
  }

  get isRaised(): boolean {
    return Atomics.load(this.#word, 0) > 0;
  }

  /** Sets the flag before a call and when a message arrives. A flag in shared memory is written by the page only. */
  set(isRaised: boolean): void {
    if (this.suspension !== null) this.#word[0] = Number(isRaised);
  }
}

/** Lets the worker's event loop run, so that messages of the page are handled. */
class EventLoop {
  readonly #channel = new MessageChannel();
  #resolve: () => void = () => {};

  constructor() {
    this.#channel.port1.addEventListener('message', () => this.#resolve());
    this.#channel.port1.start();
  }

  /** Resolves when the queued messages have been handled. A timer would not do: browsers delay nested ones by 4 ms. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#channel.port2.postMessage(null);
    });
  }
}
