import { hex } from './reader.js';
import type { Reader } from './reader.js';
import { readHeapType } from './types.js';

/**
 * Moves past a constant expression, such as the initial value of a table's entries.
 * https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions
 * Its sense is left to the engine; only its end is looked for.
 */
export function skipConstant(reader: Reader): void {
  for (;;) {
    const opcode = reader.byte('an instruction');
    if (opcode === 0x0b) return;
    skipImmediates(reader, opcode);
  }
}

function skipImmediates(reader: Reader, opcode: number): void {
  switch (opcode) {
    case 0x41: // i32.const
      reader.signed(32);
      return;
    case 0x42: // i64.const
      reader.signed(64);
      return;
    case 0x43: // f32.const
      reader.skip(4, 'a constant');
      return;
    case 0x44: // f64.const
      reader.skip(8, 'a constant');
      return;
    case 0x23: // global.get
    case 0xd2: // ref.func
      reader.u32('an index');
      return;
    case 0xd0: // ref.null
      readHeapType(reader);
      return;
    case 0xfd: // v128.const, the one of its group that is constant
      if (reader.u32() !== 12) throw reader.fail('a constant instruction', 'another');
      reader.skip(16, 'a constant');
      return;
    case 0xfb:
      skipGcImmediates(reader);
      return;
    default:
      if (![0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e].includes(opcode)) {
        // Left are add, sub and mul of i32 and i64.
        throw reader.fail('a constant instruction', hex(opcode));
      }
  }
}

/** struct.new, array.new and their kin, ref.i31, and conversions between any and extern. */
function skipGcImmediates(reader: Reader): void {
  const opcode = reader.u32('an instruction');
  const operands = new Map([
    [0, 1],
    [1, 1],
    [6, 1],
    [7, 1],
    [8, 2],
    [0x1a, 0],
    [0x1b, 0],
    [0x1c, 0],
  ]).get(opcode);
  if (operands === undefined) throw reader.fail('a constant instruction', `0xfb ${hex(opcode)}`);
  for (let at = 0; at < operands; at += 1) reader.u32('an index');
}
