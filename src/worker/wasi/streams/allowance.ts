/** Bytes of one stream that may be on their way to the page: more would take memory that no limit bounds. */
export const mostUnreadBytes = 67_108_864;
/** So many, where the plug-in can wait for the page to receive them. */
const windowBytes = 4_194_304;

/** Counts the bytes that were sent to the page and may not have been received yet. */
export class Allowance {
  readonly #onFull: () => void;
  #used = 0;

  /** @param onFull called when a write finds no room */
  constructor(onFull: () => void) {
    this.#onFull = onFull;
  }

  /** Whether a plug-in that can wait for the page has to. */
  get isAhead(): boolean {
    return this.#used > windowBytes;
  }

  /** Returns how many of `wanted` bytes there is room for, and counts them. */
  take(wanted: number): number {
    const taken = Math.min(wanted, mostUnreadBytes - this.#used);
    if (taken === 0 && wanted > 0) this.#onFull();
    this.#used += taken;
    return taken;
  }

  /** Counts bytes that cannot be refused. */
  spend(bytes: number): void {
    this.#used = Math.min(mostUnreadBytes, this.#used + bytes);
  }

  /** Starts again, because the page has received everything. */
  reset(): void {
    this.#used = 0;
  }
}
