import type { StartStop } from '../../contract/protocol.js';
import type { Instance } from './instance.js';
import { hasJspi } from '../base/waiting.js';

/** The page's end of what a metered guest hears in the middle of a call: that it is wanted to stop. */
export class StopLine {
  /** For the worker. */
  readonly start: StartStop;
  readonly #word: Int32Array | null;

  private constructor(start: StartStop) {
    this.start = start;
    this.#word = start.way === 'shared' ? new Int32Array(start.word) : null;
  }

  /**
   * Null where neither memory can be shared nor a guest be suspended (WebKit, on a page that is not isolated). Where it is suspended,
   * every way into the guest has to go through `enter` (worker/guest/imports.ts).
   */
  static open(): StopLine | null {
    if (globalThis.crossOriginIsolated) return new StopLine({ way: 'shared', word: new SharedArrayBuffer(4) });
    return hasJspi() ? new StopLine({ way: 'message' }) : null;
  }

  /** Before each call. */
  lower(): void {
    if (this.#word !== null) Atomics.store(this.#word, 0, 0);
  }

  raise(instance: Instance): void {
    if (this.#word === null) instance.stop();
    else this.hangUp();
  }

  /** For a worker that is ended: where its loop goes on all the same, it sees the word. */
  hangUp(): void {
    if (this.#word !== null) Atomics.store(this.#word, 0, 1);
  }
}
