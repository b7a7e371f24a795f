/**
 * Every instruction that Chromium, Firefox and WebKit accept, with the form of its immediates:
 * https://webassembly.github.io/spec/core/binary/instructions.html, and for the older exceptions
 * https://github.com/WebAssembly/exception-handling/blob/main/proposals/exception-handling/legacy/Exceptions.md.
 * An instruction that is not in the table is refused: after a wrong guess the engine would read on at another byte.
 */

/** The opcodes that other code refers to by name. One with a prefix is prefix * 65,536 + number. */
export const Op = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  try: 0x06,
  catch: 0x07,
  throw: 0x08,
  rethrow: 0x09,
  throwRef: 0x0a,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  callRef: 0x14,
  returnCallRef: 0x15,
  delegate: 0x18,
  catchAll: 0x19,
  tryTable: 0x1f,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i32LtS: 0x48,
  i32GtU: 0x4b,
  i32LeU: 0x4d,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  refFunc: 0xd2,
  brOnNull: 0xd5,
  brOnNonNull: 0xd6,
  arrayNew: 0xfb_0006,
  arrayNewDefault: 0xfb_0007,
  arrayNewData: 0xfb_0009,
  arrayNewElem: 0xfb_000a,
  arrayFill: 0xfb_0010,
  arrayCopy: 0xfb_0011,
  arrayInitData: 0xfb_0012,
  arrayInitElem: 0xfb_0013,
  brOnCast: 0xfb_0018,
  brOnCastFail: 0xfb_0019,
  memoryInit: 0xfc_0008,
  memoryCopy: 0xfc_000a,
  memoryFill: 0xfc_000b,
  tableInit: 0xfc_000c,
  tableCopy: 0xfc_000e,
  tableGrow: 0xfc_000f,
  tableFill: 0xfc_0011,
} as const;

/** The form of what follows an opcode. */
export const Form = {
  unknown: 0,
  none: 1,
  blockType: 2,
  /** This and the next four: one index, of the index space that is named. */
  local: 3,
  global: 4,
  function: 5,
  table: 6,
  label: 7,
  /** One or two indexes of spaces to which metering adds nothing, so they are not checked. */
  index: 8,
  twoIndexes: 9,
  /** A type, then a table. */
  typeAndTable: 10,
  /** An element segment, then a table. */
  elementAndTable: 11,
  twoTables: 12,
  labels: 13,
  catches: 14,
  valueTypes: 15,
  memoryArgument: 16,
  memoryArgumentAndLane: 17,
  /** A signed or unsigned LEB128 of any size. */
  number: 18,
  oneByte: 19,
  fourBytes: 20,
  eightBytes: 21,
  sixteenBytes: 22,
  heapType: 23,
  cast: 24,
  /** The index of a function type. */
  functionType: 25,
} as const;

type FormCode = (typeof Form)[keyof typeof Form];
type Row = readonly [from: number, to: number, form: FormCode];

function tableOf(length: number, rows: readonly Row[]): Uint8Array {
  const forms = new Uint8Array(length);
  for (const [from, to, form] of rows) forms.fill(form, from, to + 1);
  return forms;
}

/** The forms of the opcodes of one byte. */
export const plainForms: Uint8Array = tableOf(256, [
  [0x00, 0x01, Form.none], // unreachable, nop
  [0x02, 0x04, Form.blockType], // block, loop, if
  [0x05, 0x05, Form.none], // else
  [0x06, 0x06, Form.blockType], // try
  [0x07, 0x08, Form.index], // catch, throw
  [0x09, 0x09, Form.label], // rethrow
  [0x0a, 0x0b, Form.none], // throw_ref, end
  [0x0c, 0x0d, Form.label], // br, br_if
  [0x0e, 0x0e, Form.labels], // br_table
  [0x0f, 0x0f, Form.none], // return
  [0x10, 0x10, Form.function],
  [0x11, 0x11, Form.typeAndTable],
  [0x12, 0x12, Form.function],
  [0x13, 0x13, Form.typeAndTable],
  [0x14, 0x15, Form.functionType], // call_ref, return_call_ref
  [0x18, 0x18, Form.label], // delegate
  [0x19, 0x1b, Form.none], // catch_all, drop, select
  [0x1c, 0x1c, Form.valueTypes], // select with a type
  [0x1f, 0x1f, Form.catches], // try_table
  [0x20, 0x22, Form.local],
  [0x23, 0x24, Form.global],
  [0x25, 0x26, Form.table],
  [0x28, 0x3e, Form.memoryArgument],
  [0x3f, 0x40, Form.index], // memory.size, memory.grow
  [0x41, 0x42, Form.number], // i32.const, i64.const
  [0x43, 0x43, Form.fourBytes],
  [0x44, 0x44, Form.eightBytes],
  [0x45, 0xc4, Form.none], // arithmetic, sign extension included
  [0xd0, 0xd0, Form.heapType], // ref.null
  [0xd1, 0xd1, Form.none], // ref.is_null
  [0xd2, 0xd2, Form.function], // ref.func
  [0xd3, 0xd4, Form.none], // ref.eq, ref.as_non_null
  [0xd5, 0xd6, Form.label], // br_on_null, br_on_non_null
]);

const collectedForms: Uint8Array = tableOf(0x1f, [
  [0x00, 0x01, Form.index], // struct.new, struct.new_default
  [0x02, 0x05, Form.twoIndexes], // struct.get, get_s, get_u, set
  [0x06, 0x07, Form.index], // array.new, array.new_default
  [0x08, 0x0a, Form.twoIndexes], // array.new_fixed, new_data, new_elem
  [0x0b, 0x0e, Form.index], // array.get, get_s, get_u, set
  [0x0f, 0x0f, Form.none], // array.len
  [0x10, 0x10, Form.index], // array.fill
  [0x11, 0x13, Form.twoIndexes], // array.copy, init_data, init_elem
  [0x14, 0x17, Form.heapType], // ref.test, ref.cast, each with and without null
  [0x18, 0x19, Form.cast], // br_on_cast, br_on_cast_fail
  [0x1a, 0x1e, Form.none], // conversions, i31
]);

const bulkForms: Uint8Array = tableOf(0x12, [
  [0x00, 0x07, Form.none], // saturating conversions
  [0x08, 0x08, Form.twoIndexes], // memory.init
  [0x09, 0x09, Form.index], // data.drop
  [0x0a, 0x0a, Form.twoIndexes], // memory.copy
  [0x0b, 0x0b, Form.index], // memory.fill
  [0x0c, 0x0c, Form.elementAndTable], // table.init
  [0x0d, 0x0d, Form.index], // elem.drop
  [0x0e, 0x0e, Form.twoTables], // table.copy
  [0x0f, 0x11, Form.table], // table.grow, size, fill
]);

const noVector = [
  0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2,
  0xee,
];
/** The forms of the vector instructions, by the number after their prefix. */
export const vectorForms: Uint8Array = tableOf(0x114, [
  [0x00, 0x0b, Form.memoryArgument], // loads, v128.store
  [0x0c, 0x0d, Form.sixteenBytes], // v128.const, i8x16.shuffle
  [0x0e, 0x14, Form.none], // swizzle, splats
  [0x15, 0x22, Form.oneByte], // lanes
  [0x23, 0x53, Form.none],
  [0x54, 0x5b, Form.memoryArgumentAndLane],
  [0x5c, 0x5d, Form.memoryArgument], // v128.load32_zero, load64_zero
  [0x5e, 0x113, Form.none], // the last twenty are the relaxed ones
  ...noVector.map((at) => [at, at, Form.unknown] as const),
]);

const atomicForms: Uint8Array = tableOf(0x4f, [
  [0x00, 0x02, Form.memoryArgument], // notify, wait32, wait64
  [0x03, 0x03, Form.oneByte], // fence
  [0x10, 0x4e, Form.memoryArgument],
]);

const prefixedForms: ReadonlyMap<number, Uint8Array> = new Map([
  [0xfb, collectedForms],
  [0xfc, bulkForms],
  [0xfd, vectorForms],
  [0xfe, atomicForms],
]);

/** Returns the form of what follows an opcode; `Form.unknown` if there is no such instruction. */
export function formOf(opcode: number): number {
  if (opcode < 256) return plainForms[opcode] ?? Form.unknown;
  return prefixedForms.get(opcode >> 16)?.[opcode & 0xffff] ?? Form.unknown;
}

/** The ranges of opcodes that may be part of a constant expression. */
const constantOpcodes: readonly (readonly [from: number, to: number])[] = [
  [Op.end, Op.end],
  [Op.globalGet, Op.globalGet],
  [0x41, 0x44], // i32.const, i64.const, f32.const, f64.const
  [0x6a, 0x6c], // i32.add, sub, mul
  [0x7c, 0x7e], // i64.add, sub, mul
  [0xd0, 0xd0], // ref.null
  [Op.refFunc, Op.refFunc],
  [0xfb_0000, 0xfb_0001], // struct.new, struct.new_default
  [0xfb_0006, 0xfb_0008], // array.new, array.new_default, array.new_fixed
  [0xfb_001a, 0xfb_001c], // any.convert_extern, extern.convert_any, ref.i31
  [0xfd_000c, 0xfd_000c], // v128.const
];

/** Whether an instruction may be part of a constant expression. */
export function isConstant(opcode: number): boolean {
  return constantOpcodes.some(([from, to]) => from <= opcode && opcode <= to);
}
