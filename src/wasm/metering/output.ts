/** Bytes to come, most of them copied from one source. */
export class Output {
  length = 0;
  readonly #source: Uint8Array;
  #bytes: Uint8Array;

  constructor(source: Uint8Array, capacity: number) {
    this.#source = source;
    this.#bytes = new Uint8Array(capacity);
  }

  /** A view of what is there. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  push(bytes: ArrayLike<number>): void {
    this.#reserve(bytes.length);
    const target = this.#bytes;
    let at = this.length;
    for (let index = 0; index < bytes.length; index += 1) target[at++] = bytes[index] ?? 0;
    this.length = at;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  /** An opcode and the index behind it. */
  op(opcode: number, index: number): void {
    this.#reserve(6);
    this.#bytes[this.length++] = opcode;
    this.u32(index);
  }

  /** `i32.const` of a number that is not negative: bit 6 of its last byte would be the sign. */
  i32(value: number): void {
    this.#reserve(7);
    this.#bytes[this.length++] = 0x41;
    let rest = value;
    for (; rest > 63; rest >>>= 7) this.#bytes[this.length++] = (rest & 127) | 128;
    this.#bytes[this.length++] = rest;
  }

  u32(value: number): void {
    this.#reserve(5);
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#bytes[this.length++] = (rest & 127) | 128;
    this.#bytes[this.length++] = rest;
  }

  /** The source's bytes from `start` to before `end`. */
  copy(start: number, end: number): void {
    const count = end - start;
    this.#reserve(count);
    const [source, target] = [this.#source, this.#bytes];
    let to = this.length;
    // A view costs more than to copy what is short.
    if (count > 128) target.set(source.subarray(start, end), to);
    else for (let at = start; at < end; at += 1) target[to++] = source[at] ?? 0;
    this.length += count;
  }

  /** Puts the number of the bytes from `start` on before them, and gives it. */
  prefixLength(start: number): number {
    const length = this.length - start;
    let size = 1;
    for (let rest = length >>> 7; rest > 0; rest >>>= 7) size += 1;
    // As much as writing a number asks for: what stands behind `length` would not be kept.
    this.#reserve(5);
    this.#bytes.copyWithin(start + size, start, this.length);
    const end = this.length + size;
    this.length = start;
    this.u32(length);
    this.length = end;
    return length;
  }

  /** Writes a number `at` a place where five bytes are kept for it. */
  padU32(at: number, value: number): void {
    for (let index = 0; index < 5; index += 1) {
      this.#bytes[at + index] = ((value >>> (index * 7)) & 127) | (index < 4 ? 128 : 0);
    }
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, Math.floor(this.#bytes.length * 1.5)));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}
