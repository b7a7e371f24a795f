import type { InstructionReader } from './instruction-reader.js';
import { Form, plainForms } from './opcodes.js';

/** Constants of this module: an imported name is looked up at each use until a bundler has joined the modules. */
const { unknown, none, local, global, number, memoryArgument, blockType, fourBytes, eightBytes } = Form;

/**
 * Returns the table for {@link skim}: for each opcode of one byte, the form as which it is skipped, or `Form.unknown` if it must be read.
 * `forms` are those that are skipped as they are, `numbers` those that are skipped as one number without a check.
 */
export function passesFor(
  forms: readonly number[],
  numbers: readonly number[],
  isRead: (opcode: number) => boolean,
): Uint8Array {
  return plainForms.map((form, opcode) => {
    if (isRead(opcode)) return unknown;
    if (numbers.includes(form)) return number;
    return forms.includes(form) ? form : unknown;
  });
}

/** The number of locals whose index has one byte. */
export const shortLocals = 128;

const noUses = new Uint32Array();

/**
 * Skips instructions from the reader's position up to `end`, as far as `passes` allows, and returns how many. Nearly all instructions are
 * simple, and one tight loop over them is several times as fast as reading them one by one. Rare encodings (an index of several bytes that
 * must be checked, a long block type) are left to the reader. `lastUses` records where each local with a short index was last named.
 */
export function skim(
  reader: InstructionReader,
  passes: Uint8Array,
  end: number,
  lastUses: Uint32Array = noUses,
): number {
  const { bytes, locals } = reader;
  const { globals } = reader.spaces;
  let count = 0;
  let at = reader.position;
  for (; at < end; count += 1) {
    const form = passes[bytes[at] ?? 0] ?? 0;
    if (form === none) {
      at += 1;
      continue;
    }
    const second = bytes[at + 1] ?? 0;
    if (form === local) {
      if (second > 127 || second >= locals) break;
      lastUses[second] = at;
      at += 2;
    } else if (form === number) {
      at += 2;
      while ((bytes[at - 1] ?? 0) > 127) at += 1;
    } else if (form === memoryArgument) {
      // The alignment, without the bit that announces the index of a memory, and the offset.
      if (second > 0x3f) break;
      at += 3;
      while ((bytes[at - 1] ?? 0) > 127) at += 1;
    } else if (form === global) {
      if (second > 127 || second >= globals) break;
      at += 2;
    } else if (form === blockType) {
      // No result, a number type, or an index of one byte.
      if (second > 0x40 && (second < 0x7b || second > 0x7f)) break;
      at += 2;
    } else if (form === fourBytes) {
      at += 5;
    } else if (form === eightBytes) {
      at += 9;
    } else {
      break;
    }
  }
  reader.position = at;
  return count;
}
