import { refuse } from '../reader/caps.js';
import { isExceptionType, type InstructionReader } from '../reader/instruction-reader.js';
import { Op } from '../reader/opcodes.js';

/** A module with one function that uses both forms, `try catch_all end try_table end`. Only some engines accept it. */
const bothForms: Uint8Array<ArrayBuffer> = Uint8Array.from(
  [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
    [10, 12, 1, 10, 0, Op.try, 0x40, Op.catchAll, Op.end, Op.tryTable, 0x40, 0, Op.end, Op.end],
  ].flat(),
);

/**
 * Refuses modules that use both forms of exceptions: the older one (`try`, `delegate`) and that of the specification (`try_table`,
 * `throw_ref`, `exnref`). Chromium 156 compiles functions in parallel, and detects too late that another function uses the other form:
 * two functions of six bytes, one with each form, can crash the page. Toolchains emit such a module only when they link objects that
 * were compiled with different options. In engines that accept both forms, the check does nothing.
 */
export class ExceptionForms {
  readonly #acceptsBoth = WebAssembly.validate(bothForms);
  #older = false;
  #newer = false;

  /** Checks the type of declared locals. `byte` is the byte of the type, or the first byte of its heap type. */
  declares(byte: number, body: number): void {
    if (isExceptionType(byte)) this.#uses('newer', body);
  }

  /** Checks the instruction that the reader has just read. */
  take({ opcode, namesException }: InstructionReader, body: number): void {
    if (opcode === Op.try) this.#uses('older', body);
    else if (namesException || opcode === Op.tryTable || opcode === Op.throwRef) this.#uses('newer', body);
  }

  #uses(form: 'older' | 'newer', body: number): void {
    if (form === 'older') this.#older = true;
    else this.#newer = true;
    if (this.#acceptsBoth || !this.#older || !this.#newer) return;
    throw refuse('unsupported', {
      where: `code, function body ${body}`,
      expected: 'one form of exceptions in the whole module',
      actual: `the ${form} form (${form === 'older' ? 'try' : 'try_table, throw_ref or exnref'}) in addition to the other`,
      fix: 'Build the whole plug-in with the same form, or run `wasm-opt --translate-to-exnref` on it.',
    });
  }
}
