/**
 * How many values each instruction adds to the operand stack; negative if it removes more than it adds. Of instructions whose effect
 * depends on a type, a label or a count, this is what is the same for all of them. Where a table would be long, the effect is an upper
 * bound. https://webassembly.github.io/spec/core/appendix/index-instructions.html
 */

/** Ranges of opcodes of one byte, from and to, by effect. All other opcodes have no effect. */
const effects: readonly (readonly [effect: number, ranges: readonly number[]])[] = [
  // local.get, global.get, memory.size, constants, ref.null, ref.func
  [1, [0x20, 0x20, 0x23, 0x23, 0x3f, 0x3f, 0x41, 0x44, 0xd0, 0xd0, 0xd2, 0xd2]],
  // if, br_if and br_table, call_indirect, other indirect calls, drop, local.set, global.set, ref.eq, br_on_non_null
  [-1, [0x04, 0x04, 0x0d, 0x0e, 0x11, 0x11, 0x13, 0x15, 0x1a, 0x1a, 0x21, 0x21, 0x24, 0x24, 0xd3, 0xd3, 0xd6, 0xd6]],
  // Comparisons and arithmetic of two operands.
  [-1, [0x46, 0x4f, 0x51, 0x66, 0x6a, 0x78, 0x7c, 0x8a, 0x92, 0x98, 0xa0, 0xa6]],
  // select, table.set, stores
  [-2, [0x1b, 0x1c, 0x26, 0x26, 0x36, 0x3e]],
];

/** The effects of the opcodes of one byte. */
export const plainEffects: Int8Array = new Int8Array(256);
for (const [effect, ranges] of effects) {
  ranges.forEach((to, index) => index % 2 === 1 && plainEffects.fill(effect, ranges[index - 1], to + 1));
}

const vectorConst = 0xfd_000c;
/** `memory.init`, `memory.copy`, `memory.fill`, `table.init`, `table.copy`, `table.fill`. */
const ofThreeOperands: ReadonlySet<number> = new Set<number>([
  0xfc_0008, 0xfc_000a, 0xfc_000b, 0xfc_000c, 0xfc_000e, 0xfc_0011,
]);
/** The only other opcodes with a prefix that may add a value: `struct.new` and the like, `table.size`, `v128.const`. */
const ofOneResult: ReadonlySet<number> = new Set<number>([0xfb_0000, 0xfb_0001, 0xfb_0008, 0xfc_0010, vectorConst]);

/** Returns how many values an instruction adds to the operand stack at most. Of one without a prefix, the number is exact. */
export function stackEffect(opcode: number): number {
  if (opcode < 256) return plainEffects[opcode] ?? 0;
  // The most common ones: vector instructions.
  if (opcode > vectorConst) return 0;
  if (ofThreeOperands.has(opcode)) return -3;
  return ofOneResult.has(opcode) ? 1 : 0;
}
