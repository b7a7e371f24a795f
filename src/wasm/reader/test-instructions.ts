import fc from 'fast-check';
import { Form, formOf } from './opcodes.js';

/** Random instructions of every known opcode, for property tests. Indexes and labels are below 1,000. */

/** Every possible opcode, of one byte or with one of the four prefixes. */
export const everyOpcode = [
  ...Array.from({ length: 256 }, (_, opcode) => opcode),
  ...[0xfb, 0xfc, 0xfd, 0xfe].flatMap((prefix) =>
    Array.from({ length: 0x200 }, (_, number) => prefix * 65_536 + number),
  ),
];
export const known = everyOpcode.filter((opcode) => formOf(opcode) !== Form.unknown);

/** Encodes a number in LEB128, in more than `longer` bytes. */
export function leb(value: number, longer: number): number[] {
  const bytes = [];
  let rest = value;
  for (; rest > 127 || bytes.length < longer; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

const small = fc.tuple(fc.nat(999), fc.nat(4)).map(([value, longer]) => leb(value, longer));
const byte: fc.Arbitrary<number[]> = fc.nat(255).map((value) => [value]);
const bytesOf = (count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(255), { minLength: count, maxLength: count });
const inRow = (...parts: fc.Arbitrary<number[]>[]): fc.Arbitrary<number[]> =>
  fc.tuple(...parts).map((rows) => rows.flat());
const heapType = fc.oneof(
  fc.constantFrom(0x69, 0x6a, 0x6b, 0x6e, 0x6f, 0x70, 0x73, 0x71, 0x72).map((value) => [value]),
  small,
);
const valueType = fc.oneof(
  fc.constantFrom(0x7b, 0x7c, 0x7d, 0x7e, 0x7f, 0x70, 0x6f, 0x69).map((value) => [value]),
  inRow(fc.constantFrom([0x63], [0x64]), heapType),
);
const blockType = fc.oneof(
  fc.constant<number[]>([0x40]),
  valueType,
  // A signed number: from 0x40 on a single byte is negative.
  fc.nat(63).map((value) => [value]),
  fc.integer({ min: 64, max: 8_191 }).map((value) => [(value & 127) | 128, value >> 7]),
);
const vectorOf = (item: fc.Arbitrary<number[]>): fc.Arbitrary<number[]> =>
  fc.array(item, { maxLength: 5 }).map((items) => [...leb(items.length, 0), ...items.flat()]);
const offset = fc.oneof(
  small,
  fc.array(fc.integer({ min: 128, max: 255 }), { maxLength: 8 }).map((more) => [...more, 1]),
);
const memoryArgument = fc.oneof(
  inRow(
    fc.nat(4).map((align) => [align]),
    offset,
  ),
  inRow(fc.constant([0x42]), small, offset),
);
const catchClause = fc.oneof(inRow(fc.constantFrom([0], [1]), small, small), inRow(fc.constantFrom([2], [3]), small));

export const immediates: ReadonlyMap<number, fc.Arbitrary<number[]>> = new Map<number, fc.Arbitrary<number[]>>([
  [Form.none, fc.constant([])],
  [Form.blockType, blockType],
  [Form.local, small],
  [Form.global, small],
  [Form.function, small],
  [Form.table, small],
  [Form.label, small],
  [Form.index, small],
  [Form.twoIndexes, inRow(small, small)],
  [Form.typeAndTable, inRow(small, small)],
  [Form.elementAndTable, inRow(small, small)],
  [Form.twoTables, inRow(small, small)],
  [Form.labels, inRow(vectorOf(small), small)],
  [Form.catches, inRow(blockType, vectorOf(catchClause))],
  [Form.valueTypes, vectorOf(valueType)],
  [Form.memoryArgument, memoryArgument],
  [Form.memoryArgumentAndLane, inRow(memoryArgument, byte)],
  [Form.number, fc.array(fc.integer({ min: 128, max: 255 }), { maxLength: 9 }).map((more) => [...more, 0x7f])],
  [Form.oneByte, byte],
  [Form.fourBytes, bytesOf(4)],
  [Form.eightBytes, bytesOf(8)],
  [Form.sixteenBytes, bytesOf(16)],
  [Form.heapType, heapType],
  [Form.functionType, small],
  [Form.cast, inRow(byte, small, heapType, heapType)],
]);

export const instruction = fc.constantFrom(...known).chain((opcode) => {
  const head =
    opcode < 256
      ? fc.constant<number[]>([opcode])
      : fc.nat(2).map((longer) => [opcode >> 16, ...leb(opcode & 0xffff, longer)]);
  return inRow(head, immediates.get(formOf(opcode)) ?? fc.constant<number[]>([])).map((bytes) => ({ opcode, bytes }));
});
