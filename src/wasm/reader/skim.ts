import type { InstructionReader } from './instruction-reader.js';
import { Form, plainForms } from './opcodes.js';

/** Names of this module's own: what is another's is looked up at each use until a bundler has put the two together. */
const { unknown, none, local, global, number, memoryArgument, blockType, fourBytes, eightBytes } = Form;

/**
 * For {@link skim}: by opcode of one byte, the form that it is passed over as; `Form.unknown` for what is to be read. `numbers` are
 * the forms of one number of which nobody wants to know more.
 */
export function passesFor(
  forms: readonly number[],
  numbers: readonly number[],
  isLeftOut: (opcode: number) => boolean,
): Uint8Array {
  return plainForms.map((form, opcode) => {
    if (isLeftOut(opcode)) return unknown;
    if (numbers.includes(form)) return number;
    return forms.includes(form) ? form : unknown;
  });
}

/** Locals whose indexes are of one byte. */
export const shortLocals = 128;

const nowhere = new Uint32Array();

/**
 * Passes over instructions from the reader's position up to `end`, as long as `passes` has a way; gives how many. Nearly all are plain,
 * and one tight loop over them reads code several times as fast as one by one. What is rare (an index of several bytes that is to be
 * checked, a long type of a block) is left to the reader. `lastUses`: takes down where each local with a short index was last named.
 */
export function skim(
  reader: InstructionReader,
  passes: Uint8Array,
  end: number,
  lastUses: Uint32Array = nowhere,
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
      // The alignment, without the bit that says that the index of a memory follows, and the offset.
      if (second > 0x3f) break;
      at += 3;
      while ((bytes[at - 1] ?? 0) > 127) at += 1;
    } else if (form === global) {
      if (second > 127 || second >= globals) break;
      at += 2;
    } else if (form === blockType) {
      // Nothing, a number type, or an index of one byte.
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
