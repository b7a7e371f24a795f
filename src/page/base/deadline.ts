/** What stops a clock, and what lets it go on. */
const freezing = ['pagehide', 'freeze'];
const thawing = ['pageshow', 'resume'];
/** `freeze` and `resume` happen to the document. */
const inCapture = { capture: true };

/**
 * A clock that runs out once, unless it is stopped or wound up again. It stands still while the page is frozen, in the
 * back-forward cache or in the background (https://wicg.github.io/page-lifecycle/): nothing can answer then.
 */
export class Deadline {
  readonly #onExpire: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #endsAt = 0;
  /** Of a clock that stands still. */
  #leftMs = 0;
  /** The page's events that it waits for now. */
  #heeded: readonly string[] = [];

  constructor(onExpire: () => void) {
    this.#onExpire = onExpire;
  }

  /** Starts, or starts over; null: no limit. */
  wind(limitMs: number | null): void {
    this.stop();
    // Engines take more than 2^31 - 1 ms for 0: a limit that far away is none.
    if (limitMs === null || limitMs > 2_147_483_647) return;
    this.#endsAt = performance.now() + limitMs;
    this.#timer = setTimeout(() => {
      this.stop();
      this.#onExpire();
    }, limitMs);
    this.#heed(freezing);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#heed([]);
  }

  /** The page was frozen, or goes on. */
  handleEvent(): void {
    if (this.#timer === null) {
      this.wind(this.#leftMs);
    } else {
      this.stop();
      this.#leftMs = Math.max(0, this.#endsAt - performance.now());
      this.#heed(thawing);
    }
  }

  #heed(types: readonly string[]): void {
    for (const type of this.#heeded) removeEventListener(type, this, inCapture);
    for (const type of types) addEventListener(type, this, inCapture);
    this.#heeded = types;
  }
}
