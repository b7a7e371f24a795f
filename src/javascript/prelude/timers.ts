import type { Natives } from './natives.js';

interface Timer {
  readonly id: number;
  readonly due: number;
  /** Milliseconds between two calls; null for a timer that fires once. */
  readonly every: number | null;
  readonly callback: () => unknown;
}

/** Timers run in the order in which they are due, while an export is pending. */
export class Timers {
  readonly #native: Natives;
  readonly #timers = new Map<number, Timer>();
  #lastId = 0;

  constructor(native: Natives) {
    this.#native = native;
  }

  globals(): Record<string, unknown> {
    const clear = (id: unknown): void => void this.#timers.delete(Number(id));
    return {
      setTimeout: (callback: unknown, delay?: unknown, ...values: unknown[]) =>
        this.#add(callback, delay, values, false),
      setInterval: (callback: unknown, delay?: unknown, ...values: unknown[]) =>
        this.#add(callback, delay, values, true),
      clearTimeout: clear,
      clearInterval: clear,
    };
  }

  /** Waits for the next timer and runs it. Returns false if there is none. */
  runNext(): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) if (next === undefined || timer.due < next.due) next = timer;
    if (next === undefined) return false;
    const wait = next.due - this.#native.t();
    if (wait > 0) this.#native.p(wait);
    this.#timers.delete(next.id);
    if (next.every !== null) this.#timers.set(next.id, { ...next, due: next.due + next.every });
    next.callback();
    return true;
  }

  clear(): void {
    this.#timers.clear();
  }

  #add(callback: unknown, delay: unknown, values: readonly unknown[], repeats: boolean): number {
    if (typeof callback !== 'function') throw new TypeError('A timer expects a function');
    const milliseconds = Math.max(Number(delay) || 0, repeats ? 1 : 0);
    const id = (this.#lastId += 1);
    this.#timers.set(id, {
      id,
      due: this.#native.t() + milliseconds,
      every: repeats ? milliseconds : null,
      callback: () => callback(...values) as unknown,
    });
    return id;
  }
}
