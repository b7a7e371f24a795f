import type { BreakerOptions } from '../base/options.js';

/** A circuit breaker: counts crashes in a row, so that a plug-in that always crashes is not restarted for ever. */
export class Breaker {
  readonly #options: Required<BreakerOptions> | null;
  #deaths: number[] = [];

  constructor(options: Required<BreakerOptions> | null) {
    this.#options = options;
  }

  /** Counts a crash at `now` (in milliseconds). Returns true if there were `failures` crashes within `windowMs`. */
  died(now: number): boolean {
    if (this.#options === null) return false;
    const { failures, windowMs } = this.#options;
    this.#deaths = [...this.#deaths.filter((at) => now - at <= windowMs), now];
    return this.#deaths.length >= failures;
  }

  /** Sets the count to 0. */
  reset(): void {
    this.#deaths = [];
  }
}
