import { varOverheadBytes } from '../contract/abi.js';
import type { VarChange } from '../contract/var-change.js';

const encoder = new TextEncoder();

/** A plug-in's variables: they outlive calls, are counted against a limit, and know what changed since the last reply. */
export class Vars {
  readonly #values = new Map<string, Uint8Array>();
  readonly #changed = new Set<string>();
  readonly #maxBytes: number;
  readonly #cost: 'full' | 'value';
  readonly #costOf: (key: string, value: Uint8Array) => number;
  #usedBytes = 0;

  constructor(maxBytes: number, cost: 'full' | 'value') {
    this.#maxBytes = maxBytes;
    this.#cost = cost;
    this.#costOf = cost === 'full' ? fullCost : (_key, value) => value.length;
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
    this.#values.set(key, value);
    this.#changed.add(key);
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
    if (this.#values.delete(key)) this.#changed.add(key);
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
    const changes = Array.from(this.#changed, (key): VarChange => [key, this.#values.get(key) ?? null]);
    this.#changed.clear();
    return changes;
  }

  #currentCost(key: string): number {
    const value = this.#values.get(key);
    return value === undefined ? 0 : this.#costOf(key, value);
  }
}

function fullCost(key: string, value: Uint8Array): number {
  return encoder.encode(key).length + value.length + varOverheadBytes;
}
