import type { Extent } from '../../../contract/storage/stored-journal.js';

/**
 * The free and used ranges of a pack's data file. A released range is reused only after the next commit: until then the stored
 * directory still refers to it.
 */
export class Space {
  #free: Extent[] = [];
  #released: Extent[] = [];
  #end = 0;

  /** `used` are all ranges that the stored directory refers to. */
  constructor(used: readonly Extent[]) {
    for (const { at, length } of used.toSorted((one, other) => one.at - other.at)) {
      if (at > this.#end) this.#free.push({ at: this.#end, length: at - this.#end });
      this.#end = Math.max(this.#end, at + length);
    }
  }

  /** The end of the last used range. */
  get end(): number {
    return this.#end;
  }

  /** The number of free bytes before `end`. */
  get freeBytes(): number {
    return this.#free.reduce((sum, { length }) => sum + length, 0);
  }

  /** The number of bytes in the largest free range before `end`. */
  get largestFree(): number {
    return this.#free.reduce((largest, { length }) => Math.max(largest, length), 0);
  }

  /** Returns the position of a range that is now used: the first free one that is large enough, or a new one at the end. */
  allocate(length: number): number {
    const index = this.#free.findIndex((range) => range.length >= length);
    const range = this.#free[index];
    if (range === undefined) {
      this.#end += length;
      return this.#end - length;
    }
    const rest = { at: range.at + length, length: range.length - length };
    this.#free.splice(index, 1, ...(rest.length === 0 ? [] : [rest]));
    return range.at;
  }

  release(extent: Extent): void {
    this.#released.push(extent);
  }

  /** Called after a commit: released ranges become free. */
  settle(): void {
    if (this.#released.length === 0) return;
    const merged: { at: number; length: number }[] = [];
    for (const { at, length } of [...this.#free, ...this.#released].sort((one, other) => one.at - other.at)) {
      const last = merged.at(-1);
      if (last !== undefined && last.at + last.length === at) last.length += length;
      else merged.push({ at, length });
    }
    const last = merged.at(-1);
    if (last !== undefined && last.at + last.length === this.#end) {
      this.#end = last.at;
      merged.pop();
    }
    this.#free = merged;
    this.#released = [];
  }
}
