/** A clock that runs out once, unless it is stopped or wound up again. */
export class Deadline {
  readonly #onExpire: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(onExpire: () => void) {
    this.#onExpire = onExpire;
  }

  /** Starts, or starts over; null: no limit. */
  wind(limitMs: number | null): void {
    this.stop();
    if (limitMs === null) return;
    // Engines take more than 2^31 - 1 ms for 0: a limit that far away is none.
    if (limitMs > 2_147_483_647) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#onExpire();
    }, limitMs);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
