/**
 * Lists of numbers that grow, without an object for each entry. Room that is asked for and not used costs no memory: engines have
 * zeroed pages come when they are first written to.
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

export function twiceAsLong(values: Uint32Array): Uint32Array {
  const larger = new Uint32Array(values.length * 2);
  larger.set(values);
  return larger;
}
