import type { FunctionType, ValueType } from '../../contract/module-report.js';
import { admit, refuse } from './caps.js';
import type { Countable } from './caps.js';
import { hex } from './reader.js';
import type { Reader } from './reader.js';

/** One entry of the type index space; null for a struct or an array, which only `allowGc` admits. */
export type TypeEntry = FunctionType | null;

/** The number types, from 0x7b on: https://webassembly.github.io/spec/core/binary/types.html#number-types */
const numberTypes: readonly string[] = 'v128 f64 f32 i64 i32'.split(' ');
/** The heap types, from 0x69 on; `Xref` is the value type of nullable references to `X`. https://webassembly.github.io/spec/core/binary/types.html#heap-types */
const heapTypes: readonly string[] = 'exn array struct i31 eq any extern func none noextern nofunc noexn'.split(' ');

/** Returns the value type of one byte; undefined for the others, which begin with 0x63 or 0x64. */
export function shortType(byte: number): ValueType | undefined {
  const heap = heapTypes[byte - 0x69];
  return heap === undefined ? numberTypes[byte - 0x7b] : `${heap}ref`;
}

/** Reads a value type. That the elements of a table are references is left to the engine. */
export function readValueType(reader: Reader, byte: number = reader.byte()): ValueType {
  if (byte === 0x63 || byte === 0x64) return `(ref ${byte === 0x63 ? 'null ' : ''}${readHeapType(reader)})`;
  const type = shortType(byte);
  if (type === undefined) throw reader.fail('a value type', hex(byte));
  return type;
}

/** A type index, or an abstract heap type, which the format writes as a negative number of seven bits. */
function readHeapType(reader: Reader): string {
  const value = reader.s33();
  if (value >= reader.types) throw reader.fail(`a type below ${reader.types}`, String(value));
  const heap = value < 0 ? heapTypes[value + 128 - 0x69] : String(value);
  if (heap === undefined) throw reader.fail('a heap type', String(value));
  return heap;
}

/** Returns the bytes of a value type. */
export function encodeValueType(type: ValueType): number[] {
  const number = numberTypes.indexOf(type);
  if (number >= 0) return [0x7b + number];
  const [, nullable, name] = /^\(ref (null )?(.+)\)$/.exec(type) ?? [];
  if (name === undefined) return [0x69 + heapTypes.indexOf(type.slice(0, -'ref'.length))];
  const heap = heapTypes.indexOf(name);
  return [nullable === undefined ? 0x64 : 0x63, ...(heap < 0 ? encodeS33(Number(name)) : [0x69 + heap])];
}

/** Encodes a number that is not negative as a signed LEB128: bit 6 of the last byte is the sign. */
function encodeS33(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...encodeS33(Math.floor(value / 128))];
}

/** Whether a value of that type can hold an exception. */
export function holdsException(type: ValueType): boolean {
  return type.includes('exn');
}

/** Reads the type section into the type index space, in which each member of a recursion group has an index. */
export function readTypes(reader: Reader, allowGc: boolean): TypeEntry[] {
  const types: TypeEntry[] = [];
  let values = 0;
  for (let groups = reader.count('types'); groups > 0; groups -= 1) {
    const form = reader.byte();
    const members = form === 0x4e ? reader.count('types') : 1;
    admit('types', types.length + members, reader.section);
    for (let member = 0; member < members; member += 1) {
      const where = `type ${types.length}`;
      const type = readSubType(reader, form === 0x4e ? reader.byte() : form, { where, allowGc });
      values += type === null ? 0 : type.params.length + type.results.length;
      admit('parameters and results of all types', values, reader.section);
      types.push(type);
    }
  }
  return types;
}

interface TypeContext {
  readonly where: string;
  readonly allowGc: boolean;
}

function readSubType(reader: Reader, form: number, context: TypeContext): TypeEntry {
  if (form !== 0x50 && form !== 0x4f) return readComposite(reader, form, context);
  for (let supertypes = reader.u32(); supertypes > 0; supertypes -= 1) reader.u32();
  return readComposite(reader, reader.byte(), context);
}

/** The types of garbage-collected values. A continuation is a suspended stack; `allowGc` does not admit it. */
const collected: ReadonlyMap<number, string> = new Map([
  [0x5d, 'continuation'],
  [0x5e, 'array'],
  [0x5f, 'struct'],
]);

function readComposite(reader: Reader, form: number, { where, allowGc }: TypeContext): TypeEntry {
  if (form === 0x60) {
    return { params: readTypeList(reader, where, 'parameters'), results: readTypeList(reader, where, 'results') };
  }
  const actual = collected.get(form);
  if (actual === undefined) throw reader.fail('a type', hex(form));
  if (!allowGc || form === 0x5d) throw garbageCollected(where, `${actual} type`);
  for (let fields = form === 0x5e ? 1 : reader.count('fields', where); fields > 0; fields -= 1) readField(reader);
  return null;
}

function readTypeList(reader: Reader, where: string, what: Countable): ValueType[] {
  const types: ValueType[] = [];
  for (let count = reader.count(what, where); count > 0; count -= 1) types.push(readValueType(reader));
  return types;
}

/** Reads a field: its type, which may be packed to i8 (0x78) or i16 (0x77), then its mutability. */
function readField(reader: Reader): void {
  const byte = reader.byte();
  if (byte !== 0x78 && byte !== 0x77) readValueType(reader, byte);
  readMutability(reader);
}

export function readMutability(reader: Reader): boolean {
  const byte = reader.byte();
  if (byte > 1) throw reader.fail('mutability 0 or 1', hex(byte));
  return byte === 1;
}

/** Returns the refusal of what an engine would keep on its garbage-collected heap. */
export function garbageCollected(where: string, actual: string): Error {
  return refuse('gc-types', {
    where,
    expected: 'no garbage-collected types',
    actual,
    fix: 'Build the plug-in for linear memory, because no cap bounds the garbage-collected heap. An app that trusts the plug-in can set allowGc.',
  });
}

/** Returns the function type of an index that was just read. */
export function functionTypeAt(types: readonly TypeEntry[], index: number, reader: Reader): FunctionType {
  const type = types[index];
  if (type) return type;
  throw reader.fail('the index of a function type', String(index));
}
