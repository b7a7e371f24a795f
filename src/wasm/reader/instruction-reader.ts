import { refuse } from './caps.js';
import { Form, formOf, plainForms } from './opcodes.js';
import { hex } from './reader.js';
import { shortType } from './types.js';

/** 0xfb for structs and arrays, 0xfc for bulk instructions and conversions, 0xfd for vectors, 0xfe for atomics. */
const firstPrefix = 0xfb;
const lastPrefix = 0xfe;

/** Whether the byte is the heap type `exn` or `noexn`, or the value type of references to it. */
export function isExceptionType(byte: number): boolean {
  return byte === 0x69 || byte === 0x74;
}

/** The types of blocks that have no type with an index. */
export const noResult = -1;
const oneResult = -2;

/** The sizes of the index spaces. An index at or above the size is refused. */
export interface IndexSpaces {
  readonly types: number;
  readonly functions: number;
  readonly tables: number;
  readonly globals: number;
}

/** Index spaces without a limit, for readers that leave the check of indexes to the engine. */
export const anyIndex: IndexSpaces = { types: Infinity, functions: Infinity, tables: Infinity, globals: Infinity };

/** Reads instructions one by one, from `position` on. Each call of `next` sets the fields that describe the instruction. */
export class InstructionReader {
  readonly bytes: Uint8Array;
  readonly spaces: IndexSpaces;
  /** The offset of `bytes` in the module, for errors. */
  readonly #base: number;
  position = 0;
  /** Where the code ends, which bounds the counts in it. */
  end: number;
  /** The parameters and locals of the function that is read. */
  locals = 0;
  opcode = 0;
  /** The first index after the opcode, if there is one. */
  index = 0;
  /** The outermost label that the instruction may branch to; -1 for none. */
  label = -1;
  /** Of a block: the index of its type, or {@link noResult}, or another negative number for one result. */
  blockType = 0;
  /** The targets of a `br_table` besides the default one, or the clauses of a `try_table`. */
  targets = 0;
  /** Whether the instruction names a type of references to exceptions. */
  namesException = false;

  constructor(bytes: Uint8Array, spaces: IndexSpaces, base = 0) {
    this.bytes = bytes;
    this.end = bytes.length;
    this.spaces = spaces;
    this.#base = base;
  }

  /** Reads one instruction; afterwards `position` is that of the next one. */
  next(): void {
    const first = this.bytes[this.position] ?? 0x100;
    this.position += 1;
    this.label = -1;
    this.targets = 0;
    this.namesException = false;
    this.opcode = first;
    let form = plainForms[first] ?? Form.unknown;
    if (form === Form.none) return;
    if (form === Form.unknown) form = this.#prefixed(first);
    this.#skip(form);
  }

  #prefixed(prefix: number): number {
    const number = prefix >= firstPrefix && prefix <= lastPrefix ? this.u32() : -1;
    const form = number < 0 || number > 0xffff ? Form.unknown : formOf(prefix * 65_536 + number);
    if (form === Form.unknown) throw this.#refuse(prefix, number);
    this.opcode = prefix * 65_536 + number;
    return form;
  }

  #skip(form: number): void {
    switch (form) {
      case Form.local:
        this.index = this.#indexBelow(this.locals, 'a local');
        return;
      case Form.number:
        this.#skipNumber();
        return;
      case Form.memoryArgument:
        this.#memoryArgument();
        return;
      case Form.label:
        this.index = this.u32();
        this.label = this.index;
        return;
      case Form.blockType:
        this.#blockType();
        return;
      case Form.function:
        this.index = this.#indexBelow(this.spaces.functions, 'a function');
        return;
      case Form.global:
        this.index = this.#indexBelow(this.spaces.globals, 'a global');
        return;
      default:
        this.#skipRare(form);
    }
  }

  #skipRare(form: number): void {
    switch (form) {
      case Form.table:
        this.index = this.#table();
        return;
      case Form.index:
        this.index = this.u32();
        return;
      case Form.twoIndexes:
        this.index = this.u32();
        this.u32();
        return;
      case Form.typeAndTable:
        this.index = this.#indexBelow(this.spaces.types, 'a type');
        this.#table();
        return;
      case Form.elementAndTable:
        this.index = this.u32();
        this.#table();
        return;
      case Form.functionType:
        this.index = this.#indexBelow(this.spaces.types, 'a type');
        return;
      case Form.twoTables:
        this.index = this.#table();
        this.#table();
        return;
      case Form.labels:
        this.targets = this.#count();
        for (let count = this.targets + 1; count > 0; count -= 1) this.label = Math.max(this.label, this.u32());
        return;
      case Form.catches:
        this.#catches();
        return;
      case Form.valueTypes:
        for (let count = this.#count(); count > 0; count -= 1) this.#valueType();
        return;
      case Form.memoryArgumentAndLane:
        this.#memoryArgument();
        this.position += 1;
        return;
      case Form.heapType:
        this.#heapType();
        return;
      case Form.cast:
        this.position += 1;
        this.label = this.u32();
        this.#heapType();
        this.#heapType();
        return;
      default:
        this.position += fixedLengths[form - Form.oneByte] ?? 0;
    }
  }

  u32(): number {
    let byte = this.bytes[this.position] ?? 0;
    this.position += 1;
    if (byte < 128) return byte;
    let value = byte & 127;
    for (let scale = 128; byte > 127 && scale < 2 ** 35; scale *= 128) {
      byte = this.bytes[this.position] ?? 0;
      this.position += 1;
      value += (byte & 127) * scale;
    }
    return value;
  }

  fail(expected: string, actual: string): Error {
    const where = `code, byte ${this.#base + this.position - 1}`;
    return refuse('invalid-module', { where, expected, actual });
  }

  #skipNumber(): void {
    while ((this.bytes[this.position++] ?? 0) > 127);
  }

  #indexBelow(count: number, what: string): number {
    const index = this.u32();
    if (index >= count) throw this.fail(`${what} below ${count}`, String(index));
    return index;
  }

  #table(): number {
    return this.#indexBelow(this.spaces.tables, 'a table');
  }

  /** Bit 6 of the alignment announces the index of a memory. */
  #memoryArgument(): void {
    if ((this.u32() & 0x40) !== 0) this.u32();
    this.#skipNumber();
  }

  #blockType(): void {
    const byte = this.bytes[this.position] ?? 0;
    this.blockType = byte === 0x40 ? noResult : oneResult;
    if (byte === 0x40) this.position += 1;
    // The index of a type, of one or more bytes.
    else if (byte < 0x40 || byte > 0x7f) this.blockType = this.#heapType();
    else this.#valueType();
  }

  #valueType(): void {
    const byte = this.bytes[this.position] ?? 0;
    this.position += 1;
    if (byte === 0x63 || byte === 0x64) this.#heapType();
    else if (shortType(byte) === undefined) throw this.fail('a value type', hex(byte));
    else this.namesException ||= isExceptionType(byte);
  }

  /**
   * A signed number, perhaps longer than necessary: the index of a type, or negative for an abstract type. As the type of a block, that
   * is one result.
   */
  #heapType(): number {
    const start = this.position;
    const first = this.bytes[start] ?? 0;
    this.#skipNumber();
    const isNegative = ((this.bytes[this.position - 1] ?? 0) & 0x40) !== 0;
    if (isNegative) {
      this.namesException ||= isExceptionType(first & 127);
      return oneResult;
    }
    this.position = start;
    return this.#indexBelow(this.spaces.types, 'a type');
  }

  /** Reads the length of a vector. Each item has a byte at least, so a length above the bytes left is refused before the items are read. */
  #count(): number {
    const count = this.u32();
    const left = this.end - this.position;
    if (count > left) throw this.fail(`at most ${left} items`, String(count));
    return count;
  }

  #catches(): void {
    this.#blockType();
    this.targets = this.#count();
    for (let count = this.targets; count > 0; count -= 1) {
      const kind = this.bytes[this.position] ?? 255;
      this.position += 1;
      if (kind > 3) throw this.fail('a kind of catch from 0 to 3', hex(kind));
      // Kinds 0 and 1 name a tag.
      if (kind < 2) this.u32();
      this.label = Math.max(this.label, this.u32());
    }
  }

  #refuse(prefix: number, number: number): Error {
    const actual = prefix > 255 ? 'the end of the code' : number < 0 ? hex(prefix) : `${hex(prefix)} ${hex(number)}`;
    return refuse('unsupported', {
      where: `code, byte ${this.#base + this.position - 1}`,
      expected: 'a known instruction',
      actual,
      fix: 'Build the plug-in without that feature.',
    });
  }
}

/** The lengths of the forms from {@link Form.oneByte} on. */
const fixedLengths: readonly number[] = [1, 4, 8, 16];
