import type { FunctionType, ValueType } from '../contract/module-report.js';
import { admit, caps, refuse } from './caps.js';
import { hex } from './reader.js';
import type { Reader } from './reader.js';

/** One entry of the type index space; null for a struct or an array, which can only be had under `allowGc`. */
export type TypeEntry = FunctionType | null;

const numberTypes: ReadonlyMap<number, string> = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
]);

/** https://webassembly.github.io/spec/core/binary/types.html#heap-types; as a value type `X` is written `Xref`. */
const heapTypes: ReadonlyMap<number, string> = new Map([
  [0x74, 'noexn'],
  [0x73, 'nofunc'],
  [0x72, 'noextern'],
  [0x71, 'none'],
  [0x70, 'func'],
  [0x6f, 'extern'],
  [0x6e, 'any'],
  [0x6d, 'eq'],
  [0x6c, 'i31'],
  [0x6b, 'struct'],
  [0x6a, 'array'],
  [0x69, 'exn'],
]);

export function readValueType(reader: Reader): ValueType {
  const byte = reader.byte('a value type');
  return numberTypes.get(byte) ?? referenceType(reader, byte);
}

export function readReferenceType(reader: Reader): ValueType {
  return referenceType(reader, reader.byte('a reference type'));
}

function referenceType(reader: Reader, byte: number): ValueType {
  if (byte === 0x63) return `(ref null ${readHeapType(reader)})`;
  if (byte === 0x64) return `(ref ${readHeapType(reader)})`;
  const heap = heapTypes.get(byte);
  if (heap === undefined) throw reader.fail('a value type', hex(byte));
  return `${heap}ref`;
}

/** A type index, or the name of an abstract heap type, which the format writes as a negative number of seven bits. */
export function readHeapType(reader: Reader): string {
  const value = reader.signed(33);
  if (value >= 0) return String(value);
  const heap = heapTypes.get(value + 128);
  if (heap === undefined) throw reader.fail('a heap type', String(value));
  return heap;
}

/** Whether `byte` is a whole value type, as all are save 0x63 and 0x64. */
export function isShortType(byte: number): boolean {
  return numberTypes.has(byte) || heapTypes.has(byte);
}

/** Whether a value of that type can hold an exception. */
export function holdsException(type: ValueType): boolean {
  return type.includes('exn');
}

/** Reads the type section into the type index space, in which the members of recursion groups stand one by one. */
export function readTypes(reader: Reader, allowGc: boolean): TypeEntry[] {
  const types: TypeEntry[] = [];
  const groups = reader.count('types');
  admit(groups, caps.types, 'types', 'type section');
  for (let group = 0; group < groups; group += 1) {
    const form = reader.byte('a type');
    const members = form === 0x4e ? reader.count('types') : 1;
    admit(types.length + members, caps.types, 'types', 'type section');
    for (let member = 0; member < members; member += 1) {
      types.push(readSubType(reader, form === 0x4e ? reader.byte('a type') : form, { index: types.length, allowGc }));
    }
  }
  reader.end();
  return types;
}

interface TypeContext {
  readonly index: number;
  readonly allowGc: boolean;
}

function readSubType(reader: Reader, form: number, context: TypeContext): TypeEntry {
  if (form !== 0x50 && form !== 0x4f) return readComposite(reader, form, context);
  const supertypes = reader.count('supertypes');
  for (let at = 0; at < supertypes; at += 1) reader.u32('a type index');
  return readComposite(reader, reader.byte('a type'), context);
}

function readComposite(reader: Reader, form: number, context: TypeContext): TypeEntry {
  const where = `type ${context.index}`;
  switch (form) {
    case 0x60:
      return { params: readTypeList(reader, where, 'parameters'), results: readTypeList(reader, where, 'results') };
    case 0x5f:
      if (!context.allowGc) throw garbageCollected(where, 'a struct type');
      readFields(reader, where);
      return null;
    case 0x5e:
      if (!context.allowGc) throw garbageCollected(where, 'an array type');
      readField(reader);
      return null;
    case 0x5d:
      // A suspended stack is as unbounded as any heap, and `allowGc` says nothing of stacks.
      throw garbageCollected(where, 'a continuation type');
    default:
      throw reader.fail('a function type', hex(form));
  }
}

function readTypeList(reader: Reader, where: string, what: string): ValueType[] {
  const count = reader.count(what);
  admit(count, caps.parameters, what, where);
  return Array.from({ length: count }, () => readValueType(reader));
}

function readFields(reader: Reader, where: string): void {
  const count = reader.count('fields');
  admit(count, caps.fields, 'fields', where);
  for (let at = 0; at < count; at += 1) readField(reader);
}

/** A field's type may be packed: i8 (0x78) or i16 (0x77). Then comes its mutability. */
function readField(reader: Reader): void {
  const byte = reader.byte('a field type');
  if (byte !== 0x78 && byte !== 0x77 && !numberTypes.has(byte)) referenceType(reader, byte);
  readMutability(reader);
}

export function readMutability(reader: Reader): boolean {
  const byte = reader.byte('mutability');
  if (byte > 1) throw reader.fail('mutability 0 or 1', hex(byte));
  return byte === 1;
}

function garbageCollected(where: string, actual: string): Error {
  return refuse('gc-types', {
    where,
    expected: 'no garbage-collected types',
    actual,
    fix: 'Build for linear memory. Their heap is outside every cap: an app that trusts the plug-in can set allowGc.',
  });
}

/** The function type that the index just read stands for. */
export function functionTypeAt(types: readonly TypeEntry[], index: number, reader: Reader): FunctionType {
  const type = types[index];
  if (type) return type;
  throw reader.fail('the index of a function type', `${index}, of ${types.length} types`);
}
