import type { FunctionType, ValueType } from '../../contract/module-report.js';
import { admit, refuse } from './caps.js';
import type { Countable } from './caps.js';
import { hex } from './reader.js';
import type { Reader } from './reader.js';

/** One entry of the type index space; null for a struct or an array, which can only be had under `allowGc`. */
export type TypeEntry = FunctionType | null;

/** From 0x7b: https://webassembly.github.io/spec/core/binary/types.html#number-types */
const numberTypes: readonly string[] = 'v128 f64 f32 i64 i32'.split(' ');
/** From 0x69: https://webassembly.github.io/spec/core/binary/types.html#heap-types; as a value type `X` is written `Xref`. */
const heapTypes: readonly string[] = 'exn array struct i31 eq any extern func none noextern nofunc noexn'.split(' ');

/** A value type of one byte, as all are save those that begin with 0x63 or 0x64. */
export function shortType(byte: number): ValueType | undefined {
  const heap = heapTypes[byte - 0x69];
  return heap === undefined ? numberTypes[byte - 0x7b] : `${heap}ref`;
}

/** Reference types are value types too: that a table has no numbers as elements is left to the engine. */
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

/** The bytes of a type that was read. */
export function encodeValueType(type: ValueType): number[] {
  const number = numberTypes.indexOf(type);
  if (number >= 0) return [0x7b + number];
  const [, nullable, name] = /^\(ref (null )?(.+)\)$/.exec(type) ?? [];
  if (name === undefined) return [0x69 + heapTypes.indexOf(type.slice(0, -'ref'.length))];
  const heap = heapTypes.indexOf(name);
  return [nullable === undefined ? 0x64 : 0x63, ...(heap < 0 ? encodeS33(Number(name)) : [0x69 + heap])];
}

/** Of a number that is not negative: bit 6 of the last byte is its sign. */
function encodeS33(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...encodeS33(Math.floor(value / 128))];
}

/** Whether a value of that type can hold an exception. */
export function holdsException(type: ValueType): boolean {
  return type.includes('exn');
}

/** Reads the type section into the type index space, in which the members of recursion groups stand one by one. */
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

/** What the collector of an engine has to keep. A suspended stack is one too, and `allowGc` does not speak of stacks. */
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

/** A field's type may be packed: i8 (0x78) or i16 (0x77). Then comes its mutability. */
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

/** Refused for what it makes an engine keep on a heap that no cap bounds. */
export function garbageCollected(where: string, actual: string): Error {
  return refuse('gc-types', {
    where,
    expected: 'nothing on the garbage-collected heap',
    actual,
    fix: 'Build for linear memory: no cap bounds that heap. An app that trusts the plug-in can set allowGc.',
  });
}

/** The function type that the index just read stands for. */
export function functionTypeAt(types: readonly TypeEntry[], index: number, reader: Reader): FunctionType {
  const type = types[index];
  if (type) return type;
  throw reader.fail('the index of a function type', String(index));
}
