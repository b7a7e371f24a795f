import { hostLimit } from '../../contract/host-limit.js';
import type { GuestFailure } from './guest-failure.js';
import type { Meter } from './meter.js';

/** Fuel of a host call that waits for the page, or creates an instance; metered code pays for other calls: see wasm/metering/COSTS.md. */
export const slowCallPrice = 10_000;

/** Counts what the host does for the plug-in during one call, and ends a call that asks for too much. */
export class HostWork {
  readonly #failure: GuestFailure;
  readonly #meter: Meter;
  readonly #maxCalls: number;
  #calls = 0;

  constructor(failure: GuestFailure, meter: Meter, maxCalls: number) {
    this.#failure = failure;
    this.#meter = meter;
    this.#maxCalls = maxCalls;
  }

  /** Starts to count for another call. */
  begin(): void {
    this.#calls = 0;
  }

  /** Counts a host call, before it does anything, and charges `price` for it. */
  count(price: number = 0): void {
    this.#calls += 1;
    if (this.#calls > this.#maxCalls) this.#failure.raiseHost(hostLimit('maxHostCalls', this.#maxCalls));
    this.charge(price);
  }

  /** Uses up fuel, if the plug-in has any. */
  charge(units: number): void {
    this.#meter.charge(units);
  }
}
