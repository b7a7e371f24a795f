import type { BreakerOptions } from '../base/options.js';

/** Counts deaths in a row: a plug-in that only ever dies is not restarted for ever. */
export class Breaker {
  readonly #options: Required<BreakerOptions> | null;
  #deaths: number[] = [];

  constructor(options: Required<BreakerOptions> | null) {
    this.#options = options;
  }

  /** A death at `now`; true when it is one too many. */
  died(now: number): boolean {
    if (this.#options === null) return false;
    const { failures, windowMs } = this.#options;
    this.#deaths = [...this.#deaths.filter((at) => now - at <= windowMs), now];
    return this.#deaths.length >= failures;
  }

  /** The run of deaths is over. */
  reset(): void {
    this.#deaths = [];
  }
}
