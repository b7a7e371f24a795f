import { PluginError } from '../../contract/errors.js';
import { admit } from './caps.js';
import type { Countable } from './caps.js';

/** `invalid-module` at a byte: what stands there is not what the binary format allows. */
export function invalid(section: string, offset: number, expected: string, actual: string): PluginError {
  const where = `${section}, byte ${offset}`;
  return new PluginError('invalid-module', {
    message: `not a valid module: ${where}: expected ${expected}, found ${actual}`,
    where,
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
  return value < 128 ? [value] : [(value & 127) | 128, ...encodeU32(value >>> 7)];
}

/** Reads one unsigned LEB128 of 32 bits that arrives byte by byte. */
export class U32Stream {
  value = 0;
  #scale = 1;

  /** Whether a number has begun and not ended. */
  get started(): boolean {
    return this.#scale !== 1;
  }

  /**
   * Takes the next byte; true when it was the last, and `value` is whole.
   * https://webassembly.github.io/spec/core/binary/values.html#integers allows trailing zero groups up to five bytes.
   */
  push(byte: number, section: string, offset: number): boolean {
    if (this.#scale === 1) this.value = 0;
    if (this.#scale === 2 ** 28 && byte > 15) throw invalid(section, offset, 'a number of 32 bits', 'more');
    this.value += (byte & 127) * this.#scale;
    this.#scale = byte > 127 ? this.#scale * 128 : 1;
    return byte < 128;
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
  /** How many types there are that a value type may name: whoever adds types sets it to those that were there. */
  types: number = Infinity;

  constructor(bytes: Uint8Array, section: string, base: number) {
    this.bytes = bytes;
    this.section = section;
    this.#base = base;
  }

  /** The error for what stands at `position`: the last byte read, if it is left out. */
  fail(expected: string, actual: string, position: number = this.position - 1): PluginError {
    return invalid(this.section, this.#base + position, expected, actual);
  }

  byte(): number {
    const byte = this.bytes[this.position];
    if (byte === undefined) throw this.fail('another byte', 'the end of the section', this.position);
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
    while (!stream.push(this.byte(), this.section, this.#base + this.position - 1));
    return stream.value;
  }

  /**
   * So many numbers, each checked unless it is the one before it again. Those of one byte in a tight loop: a large module
   * has tens of thousands, and they are read once, by code that is cold.
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

  /** A signed LEB128 of 33 bits. */
  s33(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 35; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return byte > 63 ? value - 128 * scale : value;
    }
    throw this.fail('a number of 33 bits', 'more');
  }

  /** Moves past a LEB128 of any kind. */
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

  /** A vector's length, if as many are admitted `where`. */
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
