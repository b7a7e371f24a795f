import { PluginError } from '../../contract/errors.js';
import { admit } from './caps.js';
import type { Countable } from './caps.js';

/** Returns the error `invalid-module` for bytes that the binary format does not allow. */
export function invalid(section: string, offset: number, expected: string, actual: string): PluginError {
  const where = `${section}, byte ${offset}`;
  return new PluginError('invalid-module', {
    message: `Invalid module: ${where}: expected ${expected}, found ${actual}`,
    where,
    expected,
    actual,
    fix: 'The file may be damaged or cut short: build or download it again.',
    details: { offset },
  });
}

/** Formats a byte as in the specification: `0x5f`. */
export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}

/** Encodes a number as the shortest unsigned LEB128. */
export function encodeU32(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...encodeU32(value >>> 7)];
}

/** Reads unsigned LEB128 numbers of 32 bits that arrive byte by byte. */
export class U32Stream {
  value = 0;
  #scale = 1;

  /** Whether a number has begun and is not complete. */
  get started(): boolean {
    return this.#scale !== 1;
  }

  /**
   * Takes the next byte, and returns whether `value` is complete.
   * https://webassembly.github.io/spec/core/binary/values.html#integers allows up to five bytes, so the number may be longer than necessary.
   */
  push(byte: number, section: string, offset: number): boolean {
    if (this.#scale === 1) this.value = 0;
    if (this.#scale === 2 ** 28 && byte > 15) throw invalid(section, offset, 'a number of 32 bits', 'more');
    this.value += (byte & 127) * this.#scale;
    this.#scale = byte > 127 ? this.#scale * 128 : 1;
    return byte < 128;
  }
}

/** Names must be UTF-8, and a leading U+FEFF is part of the name. */
const strictUtf8: TextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A cursor over the body of one section. Offsets in its errors count from the start of the module. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly section: string;
  /** The offset of `bytes` in the module, for errors. */
  readonly base: number;
  position = 0;
  /** The number of types, for the check of value types. Metering, which adds types, sets it to those that the module has. */
  types: number = Infinity;

  constructor(bytes: Uint8Array, section: string, base: number) {
    this.bytes = bytes;
    this.section = section;
    this.base = base;
  }

  /** Returns the error for what is at `position`, which is the last byte read if it is left out. */
  fail(expected: string, actual: string, position: number = this.position - 1): PluginError {
    return invalid(this.section, this.base + position, expected, actual);
  }

  /** Returns the error for a section that ends too early. */
  failAtEnd(): PluginError {
    return this.fail('another byte', 'the end of the section', this.bytes.length);
  }

  byte(): number {
    const byte = this.bytes[this.position];
    if (byte === undefined) throw this.failAtEnd();
    this.position += 1;
    return byte;
  }

  u32(): number {
    const first = this.bytes[this.position];
    if (first !== undefined && first < 128) {
      this.position += 1;
      return first;
    }
    const stream = new U32Stream();
    while (!stream.push(this.byte(), this.section, this.base + this.position - 1));
    return stream.value;
  }

  /**
   * Reads `count` numbers. A number is checked unless it equals the one before it. Numbers of one byte are read in a tight loop: a large
   * module has tens of thousands, and this code is cold when it reads them.
   */
  u32s(count: number, check: (value: number) => void): Uint32Array {
    const { bytes } = this;
    const values = new Uint32Array(count);
    let last = -1;
    for (let index = 0; index < count; index += 1) {
      let value = bytes[this.position] ?? 128;
      if (value < 128) this.position += 1;
      else value = this.u32();
      if (value !== last) check(value);
      values[index] = value;
      last = value;
    }
    return values;
  }

  /** Reads a signed LEB128 of 33 bits. */
  s33(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 35; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return byte > 63 ? value - 128 * scale : value;
    }
    throw this.fail('a number of 33 bits', 'more');
  }

  /** Skips a LEB128 of any kind. */
  skipNumber(): void {
    while (this.byte() > 127);
  }

  skip(count: number): void {
    const left = this.bytes.length - this.position;
    if (count > left) throw this.fail(`${count} more bytes`, `${left}`, this.position);
    this.position += count;
  }

  name(): string {
    const length = this.u32();
    const start = this.position;
    this.skip(length);
    try {
      return strictUtf8.decode(this.bytes.subarray(start, this.position));
    } catch {
      throw this.fail('a name in UTF-8', 'other bytes', start);
    }
  }

  /** Reads the length of a vector, and throws if it is above the cap. */
  count(what: Countable, where: string = this.section): number {
    const count = this.u32();
    admit(what, count, where);
    return count;
  }

  end(): void {
    const left = this.bytes.length - this.position;
    if (left > 0) throw this.fail('the end of the section', `${left} more bytes`, this.position);
  }
}
