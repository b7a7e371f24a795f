import type { ValueType } from '../../contract/module-report.js';
import { readConstant } from './constant.js';
import type { FunctionReference } from './constant.js';
import type { IndexSpaces } from './instruction-reader.js';
import { readLimits } from './limits.js';
import type { Limits } from './limits.js';
import { hex, Reader } from './reader.js';
import { readMutability, readValueType } from './types.js';

/** The ids of the sections: https://webassembly.github.io/spec/core/binary/modules.html#sections */
export const SectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

const names = 'custom type import function table memory global export start element code data data-count tag'.split(
  ' ',
);

/** Returns the name of a section, for error messages. */
export function sectionName(id: number): string {
  return names[id] ?? '';
}

/** The ids in the order of the format; a custom section may be anywhere. */
export const sectionOrder: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/** One section of a module: its id is at `start`, its body from `body` up to, not including, `end`. */
export interface Section {
  readonly id: number;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** Returns the sections of a whole module, without reading their bodies. */
export function readSections(bytes: Uint8Array): Section[] {
  const reader = new Reader(bytes, 'module', 0);
  const sections: Section[] = [];
  reader.position = 8;
  while (reader.position < bytes.length) {
    const start = reader.position;
    const id = reader.byte();
    const size = reader.u32();
    const body = reader.position;
    reader.skip(size);
    sections.push({ id, start, body, end: reader.position });
  }
  return sections;
}

export interface Table extends Limits {
  readonly element: ValueType;
}

/** One entry of the import section, by what is imported. `type` is the index of a function type. */
export type Import = { readonly module: string; readonly name: string } & (
  | { readonly kind: 'function'; readonly type: number }
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'memory'; readonly limits: Limits }
  | { readonly kind: 'global'; readonly value: ValueType; readonly mutable: boolean }
  | { readonly kind: 'tag'; readonly type: number }
);

/** Returns how error messages call an import. */
export function importPlace({ module, name }: { readonly module: string; readonly name: string }): string {
  return `import "${module}" "${name}"`;
}

export function readImport(reader: Reader): Import {
  const module = reader.name();
  const name = reader.name();
  const kind = reader.byte();
  switch (kind) {
    case 0:
      return { module, name, kind: 'function', type: reader.u32() };
    case 1:
      return { module, name, kind: 'table', table: readTableType(reader, importPlace({ module, name })) };
    case 2:
      return { module, name, kind: 'memory', limits: readLimits(reader, importPlace({ module, name })) };
    case 3:
      return { module, name, kind: 'global', value: readValueType(reader), mutable: readMutability(reader) };
    case 4:
      return { module, name, kind: 'tag', type: readTag(reader) };
    default:
      throw reader.fail('a kind of import', hex(kind));
  }
}

function readTableType(reader: Reader, where: string, first: number = reader.byte()): Table {
  return { element: readValueType(reader, first), ...readLimits(reader, where) };
}

/**
 * Reads an entry of the table section. The bytes 0x40 0x00 announce an initial value for its entries:
 * https://webassembly.github.io/spec/core/binary/modules.html#table-section
 */
export function readTable(reader: Reader, where: string, spaces: IndexSpaces, onFunction?: FunctionReference): Table {
  const first = reader.byte();
  if (first !== 0x40) return readTableType(reader, where, first);
  if (reader.byte() !== 0) throw reader.fail('0x00', 'another byte');
  const table = readTableType(reader, where);
  readConstant(reader, spaces, onFunction);
  return table;
}

/** Reads an entry of the tag section, and returns the index of its function type. */
export function readTag(reader: Reader): number {
  const attribute = reader.byte();
  if (attribute !== 0) throw reader.fail('a tag of exceptions', hex(attribute));
  return reader.u32();
}

/** Reads an entry of the global section, and returns its type. */
export function readGlobal(reader: Reader, spaces: IndexSpaces, onFunction: FunctionReference): ValueType {
  const type = readValueType(reader);
  readMutability(reader);
  readConstant(reader, spaces, onFunction);
  return type;
}

const exportKinds = ['function', 'table', 'memory', 'global', 'tag'] as const;

export interface Export {
  readonly name: string;
  readonly kind: (typeof exportKinds)[number];
  readonly index: number;
}

export function readExport(reader: Reader): Export {
  const name = reader.name();
  const kind = exportKinds[reader.byte()];
  if (kind === undefined) throw reader.fail('a kind of export', 'another');
  return { name, kind, index: reader.u32() };
}

/** Reads an element segment: https://webassembly.github.io/spec/core/binary/modules.html#element-section */
export function readElements(reader: Reader, spaces: IndexSpaces, onFunction: FunctionReference): void {
  const flags = reader.u32();
  if (flags > 7) throw reader.fail('an element segment of kind 0 to 7', String(flags));
  const [isActive, hasExpressions] = [(flags & 1) === 0, (flags & 4) !== 0];
  if (isActive) {
    readIndex(reader, spaces.tables, (flags & 2) !== 0);
    readConstant(reader, spaces, onFunction);
  }
  if ((flags & 3) !== 0) {
    if (hasExpressions) readValueType(reader);
    else reader.byte();
  }
  for (let entries = reader.u32(); entries > 0; entries -= 1) {
    if (hasExpressions) readConstant(reader, spaces, onFunction);
    else onFunction(readIndex(reader, spaces.functions));
  }
}

/** Reads a data segment, and returns how many bytes it has. */
export function readData(reader: Reader, spaces: IndexSpaces, onFunction: FunctionReference): number {
  const flags = reader.u32();
  if (flags === 2) reader.u32();
  if (flags !== 1) readConstant(reader, spaces, onFunction);
  const length = reader.u32();
  reader.skip(length);
  return length;
}

/** Reads an index, which is 0 where it is left out, and throws unless it is below `count`. */
export function readIndex(reader: Reader, count: number, isPresent = true): number {
  return checkIndex(reader, isPresent ? reader.u32() : 0, count);
}

export function checkIndex(reader: Reader, index: number, count: number): number {
  if (index < count) return index;
  throw reader.fail(`an index below ${count}`, String(index));
}
