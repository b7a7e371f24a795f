import { expect, test } from 'vitest';
import { Form, formOf } from './opcodes.js';
import { encodeU32 } from './reader.js';
import { stackEffect } from './stack-effects.js';
import { known } from './test-instructions.js';
import { moduleOf, section, vector } from './test-modules.js';

/** The table compared with the engine: an instruction is valid exactly where its operands are, and leaves its results. */

const immediates: ReadonlyMap<number, readonly number[]> = new Map<number, readonly number[]>([
  [Form.none, []],
  [Form.local, [0]],
  [Form.global, [0]],
  [Form.table, [0]],
  [Form.index, [0]],
  [Form.twoIndexes, [0, 0]],
  [Form.elementAndTable, [0, 0]],
  [Form.twoTables, [0, 0]],
  [Form.number, [0]],
  [Form.fourBytes, [0, 0, 0, 0]],
  [Form.eightBytes, [0, 0, 0, 0, 0, 0, 0, 0]],
  [Form.oneByte, [0]],
  [Form.sixteenBytes, Array.from({ length: 16 }, () => 0)],
  [Form.memoryArgument, [0, 0]],
  [Form.memoryArgumentAndLane, [0, 0, 0]],
  [Form.heapType, [0x70]],
  [Form.function, [0]],
]);
/** i32, i64, f32, f64, v128, funcref: the locals of the function, by their index. */
const types = [0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70];

function isValid(code: readonly number[]): boolean {
  const body = [...vector(...types.map((type) => [1, type])), ...code, 0x0b];
  return WebAssembly.validate(
    moduleOf(
      section(1, vector([0x60, 0, 0])),
      section(3, vector([0])),
      section(4, vector([0x70, 0, 1])),
      section(5, vector([0, 1])),
      section(6, vector([0x7f, 1, 0x41, 0, 0x0b])),
      section(9, vector([3, 0, 1, 0])),
      section(12, [1]),
      section(10, vector([...encodeU32(body.length), ...body])),
      section(11, vector([1, 0])),
    ) as Uint8Array<ArrayBuffer>,
  );
}

/** Every way to put three values or fewer on the stack. */
const operands: readonly (readonly number[])[] = [[], ...chains(1), ...chains(2), ...chains(3)];

function chains(length: number): number[][] {
  const all = types.map((_, local) => [local]);
  return length === 1 ? all : chains(length - 1).flatMap((chain) => all.map((one) => [...chain, ...one]));
}

/** Returns what an instruction adds to the stack; null if the engine accepts it with no operands. */
function measured(opcode: number): number | null {
  const bytes = opcode < 256 ? [opcode] : [opcode >> 16, ...encodeU32(opcode & 0xffff)];
  const rest = immediates.get(formOf(opcode)) ?? [];
  const isAtomic = opcode >> 16 === 0xfe && formOf(opcode) === Form.memoryArgument;
  for (const alignment of isAtomic ? [0, 1, 2, 3] : [0]) {
    const code = [...bytes, ...(isAtomic ? [alignment, 0] : rest)];
    for (const chain of operands) {
      const gets = chain.flatMap((local) => [0x20, local]);
      for (const results of [0, 1]) {
        if (isValid([...gets, ...code, ...Array.from({ length: results }, () => 0x1a)])) return results - chain.length;
      }
    }
  }
  return null;
}

test('the table of stack effects agrees with the engine', () => {
  // What depends on types or ends a block, and what needs types of structs and arrays, is left out.
  const plain = known.filter(
    (opcode) => immediates.has(formOf(opcode)) && opcode > 0x19 && opcode >> 16 !== 0xfb && opcode !== 0x1c,
  );
  const compared = plain.map((opcode) => ({
    opcode: opcode.toString(16),
    is: stackEffect(opcode),
    not: measured(opcode),
  }));
  const wrong = compared.filter(({ opcode, is, not }) => not !== null && (opcode.length < 3 ? is !== not : is < not));
  expect(wrong).toEqual([]);
  expect(compared.filter(({ not }) => not !== null).length).toBeGreaterThan(400);
});
