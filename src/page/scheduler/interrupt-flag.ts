import type { InterruptSetup } from '../../contract/protocol.js';
import type { Instance } from './instance.js';
import { hasJspi } from '../base/waiting.js';

/** The page's end of the flag that interrupts a metered guest in the middle of a call. */
export class InterruptFlag {
  /** For the worker. */
  readonly setup: InterruptSetup;
  readonly #word: Int32Array | null;

  private constructor(setup: InterruptSetup) {
    this.setup = setup;
    this.#word = setup.way === 'shared' ? new Int32Array(setup.flag) : null;
  }

  /**
   * Returns null where memory cannot be shared and guests cannot be suspended (WebKit on a page that is not isolated). Where guests are
   * suspended, every call into the guest has to go through `enter` (worker/runner/imports.ts).
   */
  static create(): InterruptFlag | null {
    if (globalThis.crossOriginIsolated) return new InterruptFlag({ way: 'shared', flag: new SharedArrayBuffer(4) });
    return hasJspi() ? new InterruptFlag({ way: 'message' }) : null;
  }

  /** Called before each call. */
  clear(): void {
    if (this.#word !== null) Atomics.store(this.#word, 0, 0);
  }

  raise(instance: Instance): void {
    if (this.#word === null) instance.interrupt();
    else this.raiseShared();
  }

  /** Raises the flag for a worker that is being terminated: some engines let its loop go on, and the loop reads shared memory. */
  raiseShared(): void {
    if (this.#word !== null) Atomics.store(this.#word, 0, 1);
  }
}
