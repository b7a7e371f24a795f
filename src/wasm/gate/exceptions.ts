import { refuse } from '../reader/caps.js';
import { InstructionReader, isExceptionType } from '../reader/instruction-reader.js';
import type { IndexSpaces } from '../reader/instruction-reader.js';
import { Form, Op } from '../reader/opcodes.js';
import { invalid } from '../reader/reader.js';
import { passesFor, skim } from '../reader/skim.js';

/** Whether there is what an instruction names is left to the engine. */
const anyIndex: IndexSpaces = { types: Infinity, functions: Infinity, tables: Infinity, globals: Infinity };

/** What is more than a length, or has to do with exceptions, is read in full. */
const passes: Uint8Array = passesFor(
  [Form.none, Form.memoryArgument, Form.blockType, Form.fourBytes, Form.eightBytes],
  [Form.number, Form.local, Form.global, Form.function, Form.table, Form.label, Form.index],
  (opcode) => opcode === Op.try || opcode === Op.throwRef,
);

/** One function, `try catch_all end try_table end`: what only some engines take. */
const bothForms: Uint8Array<ArrayBuffer> = Uint8Array.from(
  [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
    [10, 12, 1, 10, 0, Op.try, 0x40, Op.catchAll, Op.end, Op.tryTable, 0x40, 0, Op.end, Op.end],
  ].flat(),
);

/**
 * Refuses modules that use both forms of exceptions: the older (`try`, `delegate`), and the one in the specification (`try_table`,
 * `throw_ref`, `exnref`). Chromium compiles functions side by side and takes no notice of what the others use until it is too late:
 * two functions of six bytes, one with each form, end the process of the page (Chromium 156). No toolchain writes such a module
 * but by linking objects that were built differently, which is a mistake. Engines that take both forms need none of this.
 */
export class ExceptionForms {
  readonly #areFree = WebAssembly.validate(bothForms);
  #older = false;
  #newer = false;
  #reader = new InstructionReader(new Uint8Array(), anyIndex);

  /** A type that a body declares locals of, by its first byte or the first of its heap type. */
  declares(byte: number, body: number): void {
    if (!this.#areFree && isExceptionType(byte)) this.#uses('newer', body);
  }

  /** Reads a body's instructions, from `at` to `end`; `offset` is that of `bytes` in the module. */
  read(bytes: Uint8Array, at: number, end: number, offset: number, body: number): void {
    if (this.#areFree) return;
    if (this.#reader.bytes !== bytes) this.#reader = new InstructionReader(bytes, anyIndex, offset);
    const reader = this.#reader;
    reader.position = at;
    reader.end = end;
    for (;;) {
      skim(reader, passes, end);
      if (reader.position >= end) break;
      this.#readInFull(reader, offset, body);
    }
    if (reader.position > end) throw cutShort(offset + end);
  }

  #readInFull(reader: InstructionReader, offset: number, body: number): void {
    const { end } = reader;
    try {
      reader.next();
    } catch (error) {
      // What stands behind the body is not a fault of the body.
      throw reader.position > end ? cutShort(offset + end) : error;
    }
    if (reader.position > end) throw cutShort(offset + end);
    if (reader.opcode === Op.try) this.#uses('older', body);
    else if (reader.namesException || reader.opcode === Op.tryTable || reader.opcode === Op.throwRef)
      this.#uses('newer', body);
  }

  #uses(form: 'older' | 'newer', body: number): void {
    if (form === 'older') this.#older = true;
    else this.#newer = true;
    if (!this.#older || !this.#newer) return;
    throw refuse('unsupported', {
      where: `code, function body ${body}`,
      expected: 'one form of exceptions in all of the module',
      actual: `the ${form} form (${form === 'older' ? 'try' : 'try_table, throw_ref or exnref'}) beside the other`,
      fix: 'Build all of the plug-in with the same form, or run `wasm-opt --translate-to-exnref` on it.',
    });
  }
}

function cutShort(offset: number): Error {
  return invalid('code', offset, 'the rest of an instruction', 'the end of the function body');
}
