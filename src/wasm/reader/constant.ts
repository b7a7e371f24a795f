import { InstructionReader } from './instruction-reader.js';
import type { IndexSpaces } from './instruction-reader.js';
import { isConstant, Op } from './opcodes.js';
import { hex } from './reader.js';
import type { Reader } from './reader.js';

/** Takes the index of a function that a constant expression or a segment refers to. */
export type FunctionReference = (index: number) => void;

/**
 * Reads a constant expression, such as the initial value of a global. https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions
 * Whether its types are right is left to the engine. An instruction that is not constant is refused: engines may come to read it in another way.
 */
export function readConstant(reader: Reader, spaces: IndexSpaces, onFunction?: FunctionReference): void {
  const instructions = new InstructionReader(reader.bytes, spaces, reader.base);
  instructions.position = reader.position;
  do {
    const opcode = reader.bytes[instructions.position];
    instructions.next();
    reader.position = Math.min(instructions.position, reader.bytes.length);
    if (instructions.position > reader.bytes.length) throw reader.failAtEnd();
    if (!isConstant(instructions.opcode)) throw reader.fail('a constant instruction', hex(opcode ?? 0));
    if (instructions.opcode === Op.refFunc) onFunction?.(instructions.index);
  } while (instructions.opcode !== Op.end);
}
