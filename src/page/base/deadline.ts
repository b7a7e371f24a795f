const freezeEvents = ['pagehide', 'freeze'];
const resumeEvents = ['pageshow', 'resume'];
/** `freeze` and `resume` are dispatched on the document, so only a capturing listener on the window receives them. */
const inCapture = { capture: true };

/**
 * A timer that expires once, unless it is stopped or started again. It pauses while the page is frozen, in the back-forward cache or
 * in the background (https://wicg.github.io/page-lifecycle/): workers are frozen too, so nothing can answer meanwhile.
 */
export class Deadline {
  readonly #onExpire: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #endsAt = 0;
  /** Time left while paused. */
  #leftMs = 0;
  /** The events that it listens for now. */
  #events: readonly string[] = [];

  constructor(onExpire: () => void) {
    this.#onExpire = onExpire;
  }

  /** Starts, or starts again with a new limit; null means no limit. */
  start(limitMs: number | null): void {
    this.stop();
    // Engines treat a delay over 2^31 - 1 ms as 0.
    if (limitMs === null || limitMs > 2_147_483_647) return;
    this.#endsAt = performance.now() + limitMs;
    this.#timer = setTimeout(() => {
      this.stop();
      this.#onExpire();
    }, limitMs);
    this.#listenFor(freezeEvents);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#listenFor([]);
  }

  /** Pauses when the page is frozen, and continues when it resumes. */
  handleEvent(): void {
    if (this.#timer === null) {
      this.start(this.#leftMs);
    } else {
      this.stop();
      this.#leftMs = Math.max(0, this.#endsAt - performance.now());
      this.#listenFor(resumeEvents);
    }
  }

  #listenFor(types: readonly string[]): void {
    for (const type of this.#events) removeEventListener(type, this, inCapture);
    for (const type of types) addEventListener(type, this, inCapture);
    this.#events = types;
  }
}
