import { PluginError } from '../contract/errors.js';

/** `invalid-module` at a byte: what stands there is not what the binary format allows. */
export function invalid(where: string, offset: number, expected: string, actual: string): PluginError {
  return new PluginError('invalid-module', {
    message: `not a valid module: ${where}, byte ${offset}: expected ${expected}, found ${actual}`,
    where: `${where}, byte ${offset}`,
    expected,
    actual,
    fix: 'The file may be damaged or cut short: build or download it again.',
    details: { offset },
  });
}

/** A byte as it is written in the specification: `0x5f`. */
export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}

/** The bytes of `value` in unsigned LEB128, as short as they can be. */
export function encodeU32(value: number): number[] {
  const bytes = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** Reads one unsigned LEB128 of 32 bits that arrives byte by byte. */
export class U32Stream {
  value = 0;
  #bytes = 0;

  /**
   * Takes the next byte; true when it was the last, and `value` is whole.
   * https://webassembly.github.io/spec/core/binary/values.html#integers allows trailing zero groups up to five bytes.
   */
  push(byte: number, where: string, offset: number): boolean {
    if (this.#bytes === 0) this.value = 0;
    if (this.#bytes === 4 && byte > 15)
      throw invalid(where, offset, 'a number of 32 bits', `a last byte of ${hex(byte)}`);
    this.value += (byte & 127) * 2 ** (7 * this.#bytes);
    this.#bytes = byte > 127 ? this.#bytes + 1 : 0;
    return this.#bytes === 0;
  }
}

/** Fatal, because the format allows nothing but UTF-8 in names; a leading U+FEFF is part of the name. */
const strictUtf8: TextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A cursor over the body of one section. Offsets in its errors count from the start of the module. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly section: string;
  readonly #base: number;
  position = 0;

  constructor(bytes: Uint8Array, section: string, base: number) {
    this.bytes = bytes;
    this.section = section;
    this.#base = base;
  }

  get atEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  /** The error for what stands at `position`, the last byte read if it is left out. */
  fail(expected: string, actual: string, position: number = this.position - 1): PluginError {
    return invalid(`${this.section} section`, this.#base + position, expected, actual);
  }

  byte(expected = 'another byte'): number {
    const byte = this.bytes[this.position];
    if (byte === undefined) throw this.fail(expected, 'the end of the section', this.position);
    this.position += 1;
    return byte;
  }

  u32(expected = 'a number'): number {
    const first = this.byte(expected);
    if (first < 128) return first;
    const stream = new U32Stream();
    let byte = first;
    while (!stream.push(byte, `${this.section} section`, this.#base + this.position - 1)) byte = this.byte(expected);
    return stream.value;
  }

  /** A signed LEB128 of at most `bits` bits; exact up to 53, above that only skipped right. */
  signed(bits: 32 | 33 | 64): number {
    const most = Math.ceil(bits / 7);
    let value = 0;
    for (let count = 1; ; count += 1) {
      const byte = this.byte();
      value += (byte & 127) * 128 ** (count - 1);
      if (byte < 128) return byte > 63 ? value - 128 ** count : value;
      if (count === most) throw this.fail(`a number of ${bits} bits`, 'more bytes');
    }
  }

  skip(count: number, what: string): void {
    const left = this.bytes.length - this.position;
    if (count > left) throw this.fail(`${count} bytes of ${what}`, `${left} bytes left in the section`, this.position);
    this.position += count;
  }

  name(): string {
    const length = this.u32('a name');
    const start = this.position;
    this.skip(length, 'a name');
    try {
      return strictUtf8.decode(this.bytes.subarray(start, this.position));
    } catch {
      throw this.fail('a name in UTF-8', 'other bytes', start);
    }
  }

  /** A vector's length. The elements are at least a byte each, so more of them than bytes left cannot be true. */
  count(what: string): number {
    const count = this.u32(`a number of ${what}`);
    const left = this.bytes.length - this.position;
    if (count > left) throw this.fail(`${count} ${what}`, `${left} bytes left in the section`);
    return count;
  }

  end(): void {
    const left = this.bytes.length - this.position;
    if (left > 0) throw this.fail('the end of the section', `${left} more bytes`, this.position);
  }
}
