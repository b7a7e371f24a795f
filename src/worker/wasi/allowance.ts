/** Bytes of one stream that may be on their way to the page: more would take memory that no limit bounds. */
export const mostUnreadBytes = 67_108_864;

/** Counts what was sent to the page and may not have been received yet. */
export class Allowance {
  readonly #onFull: () => void;
  #left = mostUnreadBytes;

  /** @param onFull called when a write finds no room */
  constructor(onFull: () => void) {
    this.#onFull = onFull;
  }

  /** Returns how many of `wanted` bytes there is room for, and counts them. */
  take(wanted: number): number {
    const taken = Math.min(wanted, this.#left);
    if (taken === 0 && wanted > 0) this.#onFull();
    this.#left -= taken;
    return taken;
  }

  /** Counts bytes that cannot be refused. */
  spend(bytes: number): void {
    this.#left = Math.max(0, this.#left - bytes);
  }

  /** Starts again, because the page has received everything. */
  reset(): void {
    this.#left = mostUnreadBytes;
  }
}
