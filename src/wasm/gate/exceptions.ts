import { refuse } from '../reader/caps.js';
import { anyIndex, InstructionReader, isExceptionType } from '../reader/instruction-reader.js';
import { Form, Op } from '../reader/opcodes.js';
import { invalid } from '../reader/reader.js';
import { passesFor, skim } from '../reader/skim.js';

/** Instructions whose immediates may name an exception type, and those of exceptions, are read in full. */
const passes: Uint8Array = passesFor(
  [Form.none, Form.memoryArgument, Form.blockType, Form.fourBytes, Form.eightBytes],
  [Form.number, Form.local, Form.global, Form.function, Form.table, Form.label, Form.index],
  (opcode) => opcode === Op.try || opcode === Op.throwRef,
);

/** A module of one function, `try catch_all end try_table end`, which only some engines accept. */
const bothForms: Uint8Array<ArrayBuffer> = Uint8Array.from(
  [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
    [10, 12, 1, 10, 0, Op.try, 0x40, Op.catchAll, Op.end, Op.tryTable, 0x40, 0, Op.end, Op.end],
  ].flat(),
);

/**
 * Refuses modules that use both forms of exceptions: the older one (`try`, `delegate`) and that of the specification (`try_table`,
 * `throw_ref`, `exnref`). Chromium 156 compiles functions in parallel, and notices too late that another function uses the other form:
 * two functions of six bytes, one with each form, can crash the page. Toolchains emit such a module only when they link objects that
 * were built differently. In engines that accept both forms the check does nothing.
 */
export class ExceptionForms {
  readonly #acceptsBoth = WebAssembly.validate(bothForms);
  #older = false;
  #newer = false;
  #reader = new InstructionReader(new Uint8Array(), anyIndex);

  /** Takes the type of declared locals, by its first byte or the first byte of its heap type. */
  declares(byte: number, body: number): void {
    if (!this.#acceptsBoth && isExceptionType(byte)) this.#uses('newer', body);
  }

  /** Reads the instructions of a body, from `at` to `end`. `offset` is that of `bytes` in the module. */
  read(bytes: Uint8Array, at: number, end: number, offset: number, body: number): void {
    if (this.#acceptsBoth) return;
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
      // The reader may have read past the end of the body, which is the actual fault.
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
      expected: 'one form of exceptions in the whole module',
      actual: `the ${form} form (${form === 'older' ? 'try' : 'try_table, throw_ref or exnref'}) beside the other one`,
      fix: 'Build the whole plug-in with the same form, or run `wasm-opt --translate-to-exnref` on it.',
    });
  }
}

function cutShort(offset: number): Error {
  return invalid('code', offset, 'the rest of an instruction', 'the end of the function body');
}
