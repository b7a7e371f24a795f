import { hex } from './reader.js';
import type { Reader } from './reader.js';

/** What follows an opcode: LEB128 numbers, then plain bytes. */
type Immediates = readonly [numbers: number, bytes: number];

/** https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions */
const immediates: ReadonlyMap<number, Immediates> = new Map<number, Immediates>([
  [0x23, [1, 0]], // global.get
  [0x41, [1, 0]], // i32.const
  [0x42, [1, 0]], // i64.const
  [0x43, [0, 4]], // f32.const
  [0x44, [0, 8]], // f64.const
  [0x6a, [0, 0]], // i32.add, then sub and mul
  [0x6b, [0, 0]],
  [0x6c, [0, 0]],
  [0x7c, [0, 0]], // i64.add, then sub and mul
  [0x7d, [0, 0]],
  [0x7e, [0, 0]],
  [0xd0, [1, 0]], // ref.null
  [0xd2, [1, 0]], // ref.func
  [0xfb00, [1, 0]], // struct.new
  [0xfb01, [1, 0]], // struct.new_default
  [0xfb06, [1, 0]], // array.new
  [0xfb07, [1, 0]], // array.new_default
  [0xfb08, [2, 0]], // array.new_fixed
  [0xfb1a, [0, 0]], // any.convert_extern
  [0xfb1b, [0, 0]], // extern.convert_any
  [0xfb1c, [0, 0]], // ref.i31
  [0xfd0c, [0, 16]], // v128.const
]);

/**
 * Moves past a constant expression, such as the initial value of a table's entries. Its sense is left to the engine; but
 * nothing is skipped that is not known, or the engine might read on at another place.
 */
export function skipConstant(reader: Reader): void {
  for (let opcode = reader.byte(); opcode !== 0x0b; opcode = reader.byte()) {
    if (opcode === 0xfb || opcode === 0xfd) opcode = opcode * 256 + reader.u32();
    const [numbers, bytes] = immediates.get(opcode) ?? [-1, 0];
    if (numbers < 0) throw reader.fail('a constant instruction', hex(opcode));
    for (let at = 0; at < numbers; at += 1) reader.skipNumber();
    reader.skip(bytes);
  }
}
