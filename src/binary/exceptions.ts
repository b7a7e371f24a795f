import { refuse } from './caps.js';
import { InstructionReader, isExceptionType } from './instruction-reader.js';
import type { IndexSpaces } from './instruction-reader.js';
import { Form, Op, plainForms } from './opcodes.js';
import { invalid } from './reader.js';

/** Whether there is what an instruction names is left to the engine. */
const anyIndex: IndexSpaces = { functions: Infinity, tables: Infinity, globals: Infinity };

/** How to pass over an instruction. What is more than a length, or has to do with exceptions, is read in full. */
const Pass = { inFull: 0, none: 1, number: 2, memoryArgument: 3, blockType: 4, fourBytes: 5, eightBytes: 9 } as const;

const passOf: ReadonlyMap<number, number> = new Map<number, number>([
  [Form.none, Pass.none],
  [Form.memoryArgument, Pass.memoryArgument],
  [Form.blockType, Pass.blockType],
  [Form.fourBytes, Pass.fourBytes],
  [Form.eightBytes, Pass.eightBytes],
  ...[Form.local, Form.global, Form.function, Form.table, Form.label, Form.index, Form.number].map(
    (form) => [form, Pass.number] as const,
  ),
]);
const passes: Uint8Array = Uint8Array.from(plainForms, (form) => passOf.get(form) ?? Pass.inFull);
for (const opcode of [Op.try, Op.throwRef]) passes[opcode] = Pass.inFull;

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
    let next = at;
    while (next < end) {
      const pass = passes[bytes[next] ?? 0] ?? Pass.inFull;
      const second = bytes[next + 1] ?? 0;
      if (pass === Pass.none) next += 1;
      else if (pass === Pass.number) next = numberEnd(bytes, next + 1);
      // The alignment, without the bit that says that the index of a memory follows, and the offset.
      else if (pass === Pass.memoryArgument && second < 0x40) next = numberEnd(bytes, next + 2);
      else if (pass >= Pass.fourBytes) next += pass;
      // Nothing, a number type, or an index of one byte.
      else if (pass === Pass.blockType && (second < 0x41 || (second > 0x7a && second < 0x80))) next += 2;
      else next = this.#readInFull(bytes, next, end, offset, body);
    }
    if (next > end) throw cutShort(offset + end);
  }

  #readInFull(bytes: Uint8Array, at: number, end: number, offset: number, body: number): number {
    if (this.#reader.bytes !== bytes) this.#reader = new InstructionReader(bytes, anyIndex, offset);
    const reader = this.#reader;
    reader.position = at;
    reader.end = end;
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
    return reader.position;
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

function numberEnd(bytes: Uint8Array, at: number): number {
  let end = at + 1;
  while ((bytes[end - 1] ?? 0) > 127) end += 1;
  return end;
}

function cutShort(offset: number): Error {
  return invalid('code', offset, 'the rest of an instruction', 'the end of the function body');
}
