/**
 * A growing list of numbers without an object for each entry. Unused capacity costs no memory, because the system provides zeroed pages
 * only when they are first written.
 */
export class Numbers {
  length = 0;
  #values: Uint32Array;

  constructor(capacity = 1_024) {
    this.#values = new Uint32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.#values.length) this.#values = twiceAsLong(this.#values);
    this.#values[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return this.#values[index] ?? 0;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  add(index: number, value: number): void {
    this.#values[index] = this.at(index) + value;
  }
}

/** Returns a copy of twice the length, the rest zero. */
export function twiceAsLong(values: Uint32Array): Uint32Array {
  const larger = new Uint32Array(values.length * 2);
  larger.set(values);
  return larger;
}
