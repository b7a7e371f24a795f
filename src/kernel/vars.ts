import { varOverheadBytes } from '../contract/abi.js';
import type { VarChange } from '../contract/var-change.js';

const encoder = new TextEncoder();

/** A plug-in's variables: they outlive calls, are counted against a limit, and know what changed since the last reply. */
export class Vars {
  readonly #values = new Map<string, Uint8Array>();
  /** The keys of the vars that changed, and whether each had a value before. */
  readonly #changed = new Map<string, boolean>();
  readonly #maxBytes: number;
  readonly #cost: 'full' | 'value';
  #usedBytes = 0;

  constructor(maxBytes: number, cost: 'full' | 'value') {
    this.#maxBytes = maxBytes;
    this.#cost = cost;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  /** Keeps `value` itself, not a copy. False, and nothing changed: it would not fit. */
  set(key: string, value: Uint8Array): boolean {
    const usedBytes = this.#usedBytes - this.#currentCost(key) + this.#costOf(key, value);
    if (usedBytes > this.#maxBytes) return false;
    this.#usedBytes = usedBytes;
    this.#changed.set(key, this.#had(key));
    this.#values.set(key, value);
    return true;
  }

  /** Why `value` does not fit, in the words of the runtime whose count it is. */
  fullMessage(key: string, value: Uint8Array): string {
    if (this.#cost === 'value') {
      const wanted = this.#usedBytes - this.#currentCost(key) + value.length;
      return `var memory limit exceeded: ${wanted} bytes requested, ${this.#maxBytes} allowed`;
    }
    return `Variable store is full: "${key}" with ${value.length} bytes does not fit beside the ${this.#usedBytes} bytes in use`;
  }

  delete(key: string): void {
    this.#usedBytes -= this.#currentCost(key);
    const had = this.#had(key);
    this.#values.delete(key);
    // A var that was set and deleted leaves nothing: its key is not counted against the limit any more.
    if (had) this.#changed.set(key, had);
    else this.#changed.delete(key);
  }

  clear(): void {
    this.#values.clear();
    this.#changed.clear();
    this.#usedBytes = 0;
  }

  /** Changes that another instance of the same plug-in committed: they are not this instance's own. */
  adopt(changes: readonly VarChange[]): void {
    for (const [key, value] of changes) {
      this.#usedBytes -= this.#currentCost(key);
      if (value === null) {
        this.#values.delete(key);
      } else {
        this.#values.set(key, value);
        this.#usedBytes += this.#costOf(key, value);
      }
    }
  }

  /** What changed since this was last asked; null if nothing did. */
  takeChanges(): VarChange[] | null {
    if (this.#changed.size === 0) return null;
    const changes = Array.from(this.#changed.keys(), (key): VarChange => [key, this.#values.get(key) ?? null]);
    this.#changed.clear();
    return changes;
  }

  #had(key: string): boolean {
    return this.#changed.get(key) ?? this.#values.has(key);
  }

  #currentCost(key: string): number {
    const value = this.#values.get(key);
    return value === undefined ? 0 : this.#costOf(key, value);
  }

  #costOf(key: string, value: Uint8Array): number {
    return this.#cost === 'value' ? value.length : encoder.encode(key).length + value.length + varOverheadBytes;
  }
}
