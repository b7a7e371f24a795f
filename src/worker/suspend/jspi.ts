import type { GuestFunction } from './waiter.js';

/** Missing in lib.dom: https://github.com/WebAssembly/js-promise-integration */
interface Api {
  readonly Suspending: new (run: GuestFunction) => WebAssembly.ImportValue;
  readonly promising: (run: GuestFunction) => (...args: unknown[]) => Promise<unknown>;
}

/** JavaScript Promise Integration: suspends a guest until a promise settles, without blocking its worker. */
export class Jspi {
  readonly #api: Api = WebAssembly as unknown as Api;
  readonly #promised = new WeakMap<GuestFunction, (...args: unknown[]) => Promise<unknown>>();

  /** Creates an import that suspends the guest if `run` returns a promise. */
  closure(run: GuestFunction): WebAssembly.ImportValue {
    return new this.#api.Suspending(run);
  }

  /** Calls an export in which such imports may suspend. */
  enter(run: GuestFunction, ...args: unknown[]): Promise<unknown> {
    let promised = this.#promised.get(run);
    if (promised === undefined) {
      promised = this.#api.promising(run);
      this.#promised.set(run, promised);
    }
    return promised(...args);
  }
}
