import { expect, test } from 'vitest';
import { Form, formOf } from './opcodes.js';
import { everyOpcode, known, leb } from './test-instructions.js';
import { moduleOf, section, vector } from './test-modules.js';

/**
 * The table of instructions held against the browser's own decoder. In code that cannot be reached, operands may be of any type, so an
 * instruction is valid there if what follows its opcode is; and the blocks behind it are valid only if it ends where it should.
 */

const types = vector(
  [0x60, 0, 0],
  [0x5f, 1, 0x7f, 1], // (struct (field (mut i32)))
  [0x5f, 1, 0x78, 1], // (struct (field (mut i8)))
  [0x5e, 0x7f, 1], // (array (mut i32))
  [0x5e, 0x78, 1], // (array (mut i8))
  [0x5e, 0x70, 1], // (array (mut funcref))
  [0x60, 0, 1, 0x70], // (func (result funcref))
);
/** Two blocks; then, again, operands may be of any type, so that nothing is left over. */
const behind = [0x02, 0x40, 0x02, 0x40, 0x0b, 0x0b, 0x00];
const end = 0x0b;

/** One function of this code in a module that has one of everything that an instruction can name. */
function isValid(code: readonly number[]): boolean {
  const body = [1, 1, 0x7f, ...code, end];
  return WebAssembly.validate(
    moduleOf(
      section(1, types),
      section(3, vector([0])),
      section(4, vector([0x70, 0, 1])),
      section(5, vector([0, 1])),
      section(13, vector([0, 0])),
      section(6, vector([0x7f, 1, 0x41, 0, end])),
      section(9, vector([1, 0, 1, 0])),
      section(12, [1]),
      section(10, vector([...leb(body.length, 0), ...body])),
      section(11, vector([1, 0])),
    ) as Uint8Array<ArrayBuffer>,
  );
}

const indexes = [0, 1, 2, 3, 4, 5].map((index) => [index]);
const pairs = indexes.flatMap((first) => indexes.map((second) => [...first, ...second]));
// Of each natural alignment, as atomics have no other.
const memoryArguments = [0, 1, 2, 3].map((align) => [align, 0]);
const heapTypes = [[0x70], [0x6e], [0x6b], [1]];

const immediatesOf: ReadonlyMap<number, readonly (readonly number[])[]> = new Map<number, readonly number[][]>([
  [Form.none, [[]]],
  [Form.blockType, [[0x40]]],
  [Form.local, [[0]]],
  [Form.global, [[0]]],
  [Form.function, [[0]]],
  [Form.table, [[0]]],
  [Form.label, [[0]]],
  [Form.index, indexes],
  [Form.twoIndexes, pairs],
  [Form.typeAndTable, [[0, 0]]],
  [Form.elementAndTable, [[0, 0]]],
  [Form.twoTables, [[0, 0]]],
  [Form.labels, [[1, 0, 0]]],
  [Form.catches, [[0x40, 0]]],
  [Form.valueTypes, [[1, 0x7f]]],
  [Form.memoryArgument, memoryArguments],
  [Form.memoryArgumentAndLane, memoryArguments.map((one) => [...one, 1])],
  [Form.number, [[0x80, 0]]],
  [Form.oneByte, [[1], [0]]],
  [Form.fourBytes, [[1, 2, 3, 4]]],
  [Form.eightBytes, [[1, 2, 3, 4, 5, 6, 7, 8]]],
  [Form.sixteenBytes, [Array.from({ length: 16 }, (_, at) => at)]],
  [Form.heapType, heapTypes],
  [Form.functionType, [[0]]],
  [Form.cast, [3, 0].map((flags) => [flags, 0, 0x6e, 0x6b])],
]);

const opens = new Set([0x02, 0x03, 0x04, 0x06, 0x1f]);

/** Places for an instruction: plain code, an arm of an `if` and of a `try`, a handler, and blocks that give what some branches take. */
const places: readonly ((code: readonly number[], opcode: number) => number[])[] = [
  (code, opcode) => [0, ...code, ...(opens.has(opcode) ? [...behind, end] : []), ...behind],
  (code) => [0, 0x04, 0x40, ...code, ...behind, end],
  (code) => [0x06, 0x40, ...code, ...behind, end],
  (code) => [0x02, 0x40, 0x06, 0x40, ...code, ...behind, end],
  (code) => [0x06, 0x40, 0x19, 0, ...code, ...behind, end],
  ...[0x6e, 0x6b, 0x70].map((type) => (code: readonly number[]) => [0x02, type, 0, ...code, ...behind, end, 0x1a]),
  // The end of a block that is there for it.
  (code) => [0x02, 0x40, 0, ...code, ...behind],
];

function bytesOf(opcode: number): number[] {
  return opcode < 256 ? [opcode] : [opcode >> 16, ...leb(opcode & 0xffff, 0)];
}

/** How the browser takes an opcode with such immediates: `whole`, or also with a byte less, or not at all. */
function taken(opcode: number, form: number): 'whole' | 'shorter' | 'never' {
  for (const immediates of immediatesOf.get(form) ?? []) {
    for (const place of places) {
      if (!isValid(place([...bytesOf(opcode), ...immediates], opcode))) continue;
      const isShorter =
        immediates.length > 0 && isValid(place([...bytesOf(opcode), ...immediates.slice(0, -1)], opcode));
      return isShorter ? 'shorter' : 'whole';
    }
  }
  return 'never';
}

test('the browser and the table agree on the length of every instruction', () => {
  expect(isValid([0, ...behind]), 'the module itself').toBe(true);
  const amiss = known
    .map((opcode) => [opcode, taken(opcode, formOf(opcode))] as const)
    .filter(([, way]) => way !== 'whole');
  expect(amiss.map(([opcode, way]) => `${opcode.toString(16)}: ${way}`)).toEqual([]);
});

test('the browser accepts no instruction that is not in the table', () => {
  const unknown = everyOpcode.filter(
    (opcode) => formOf(opcode) === Form.unknown && !(opcode >= 0xfb && opcode <= 0xfe),
  );
  const accepted = unknown.flatMap((opcode) =>
    [...immediatesOf.values()]
      .flat()
      .filter((immediates) => isValid([0, ...bytesOf(opcode), ...immediates, ...behind]))
      .map((immediates) => `${opcode.toString(16)} ${immediates.join()}`),
  );
  expect(accepted).toEqual([]);
});
