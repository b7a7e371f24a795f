/** Longer than the time between two clicks of a double click, and than it takes to see that something has appeared. */
const settlingMs = 700;

interface Press {
  /** When the key, button or finger went down, by the clock of `performance.now()`. */
  readonly at: number;
}

/**
 * Distinguishes activations that the user meant for a question from those that began before the question could be seen: a double click
 * elsewhere, a key that is held, a click on something that was covered a moment ago.
 */
export class ActivationGuard {
  #paintedAt = Number.POSITIVE_INFINITY;
  #press: Press | null = null;
  #question: object | null = null;

  /** Begins anew for another question. Its time begins when it is painted. */
  show(question: object | null): void {
    if (question === this.#question) return;
    this.#question = question;
    this.#paintedAt = Number.POSITIVE_INFINITY;
    // The first callback runs before the frame is painted, the second one after it.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (this.#question === question) this.#paintedAt = performance.now();
      }),
    );
  }

  /** Returns whether an activation may decide. `event` is a click, or what follows a key. */
  accepts({ timeStamp }: Event): boolean {
    const earliest = this.#paintedAt + settlingMs;
    // Assistive technology activates controls without a press.
    return timeStamp >= earliest && (this.#press === null || this.#press.at >= earliest);
  }

  /** Listens on the window, because a press may begin anywhere. */
  connect(): void {
    for (const type of presses) addEventListener(type, this.#onPress, true);
    for (const type of releases) addEventListener(type, this.#onRelease, true);
  }

  disconnect(): void {
    for (const type of presses) removeEventListener(type, this.#onPress, true);
    for (const type of releases) removeEventListener(type, this.#onRelease, true);
  }

  readonly #onPress = (event: Event): void => {
    const isRepeated = event instanceof KeyboardEvent && event.repeat;
    if (!isRepeated) this.#press = { at: event.timeStamp };
    // The key went down before this listened.
    else this.#press ??= { at: Number.NEGATIVE_INFINITY };
  };

  readonly #onRelease = (): void => {
    const press = this.#press;
    // The click comes right after the release.
    setTimeout(() => {
      if (this.#press === press) this.#press = null;
    });
  };
}

const presses = ['pointerdown', 'keydown'] as const;
const releases = ['pointerup', 'pointercancel', 'keyup'] as const;
