import type { InstructionReader } from './instruction-reader.js';
import { plainForms } from './opcodes.js';

/** How {@link skim} passes over an instruction. */
export const Pass = {
  /** It does not: this one is to be read. */
  read: 0,
  none: 1,
  number: 2,
  /** An index that is checked. */
  local: 3,
  global: 4,
  memoryArgument: 5,
  blockType: 6,
  fourBytes: 7,
  eightBytes: 8,
} as const;

/** By opcode of one byte: {@link Pass} for all of the forms listed, `read` for the rest and for the opcodes left out. */
export function passesFor(
  forms: readonly (readonly [form: number, pass: number])[],
  isLeftOut: (opcode: number) => boolean,
): Uint8Array {
  const passes = new Map(forms);
  return Uint8Array.from(plainForms, (form, opcode) =>
    isLeftOut(opcode) ? Pass.read : (passes.get(form) ?? Pass.read),
  );
}

/**
 * Passes over instructions from the reader's position up to `end`, as long as `passes` has a way; gives how many. Nearly all are plain,
 * and one tight loop over them reads code several times as fast as one by one. What is rare (an index of several bytes that is to be
 * checked, a long type of a block) is left to the reader.
 */
export function skim(reader: InstructionReader, passes: Uint8Array, end: number): number {
  const { bytes, locals } = reader;
  const { globals } = reader.spaces;
  let count = 0;
  let at = reader.position;
  for (; at < end; count += 1) {
    const pass = passes[bytes[at] ?? 0] ?? 0;
    if (pass === Pass.none) {
      at += 1;
      continue;
    }
    const second = bytes[at + 1] ?? 0;
    if (pass === Pass.local) {
      if (second > 127 || second >= locals) break;
      at += 2;
    } else if (pass === Pass.number) {
      at += 2;
      while ((bytes[at - 1] ?? 0) > 127) at += 1;
    } else if (pass === Pass.memoryArgument) {
      // The alignment, without the bit that says that the index of a memory follows, and the offset.
      if (second > 0x3f) break;
      at += 3;
      while ((bytes[at - 1] ?? 0) > 127) at += 1;
    } else if (pass === Pass.global) {
      if (second > 127 || second >= globals) break;
      at += 2;
    } else if (pass === Pass.blockType) {
      // Nothing, a number type, or an index of one byte.
      if (second > 0x40 && (second < 0x7b || second > 0x7f)) break;
      at += 2;
    } else if (pass === Pass.fourBytes) {
      at += 5;
    } else if (pass === Pass.eightBytes) {
      at += 9;
    } else {
      break;
    }
  }
  reader.position = at;
  return count;
}
