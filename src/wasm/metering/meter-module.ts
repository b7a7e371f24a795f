import { envNamespace, wasiNamespace } from '../../contract/abi.js';
import type { FunctionType, ValueType } from '../../contract/module-report.js';
import { readLimits } from '../reader/limits.js';
import { InstructionReader } from '../reader/instruction-reader.js';
import { Op } from '../reader/opcodes.js';
import type { IndexSpaces } from '../reader/instruction-reader.js';
import { Reader } from '../reader/reader.js';
import { readMutability, readTypes, readValueType } from '../reader/types.js';
import type { TypeEntry } from '../reader/types.js';

/** One section of a module: its id stands at `start`, its body from `body` to before `end`. */
export interface Section {
  readonly id: number;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** What the meter has to know of a module before it looks at its code. */
export interface ModuleOutline extends IndexSpaces {
  readonly bytes: Uint8Array;
  readonly sections: readonly Section[];
  readonly typeEntries: readonly TypeEntry[];
  /** The type's index by the function's. */
  readonly functionTypes: readonly number[];
  readonly importedFunctions: number;
  /** What a call of each imported function is worth, in instructions. */
  readonly importCosts: readonly number[];
  /** Imported functions that can call this module's own. */
  readonly outside: ReadonlySet<number>;
  /** Functions that more than a direct call can reach. */
  readonly addressed: Set<number>;
  /** Whether what it calls indirectly may be a function of others: a table is shared, or references come in. */
  readonly callsOthers: boolean;
  /** Bytes of each data segment. */
  readonly dataLengths: readonly number[];
}

type Draft = { -readonly [Key in keyof ModuleOutline]: ModuleOutline[Key] } & {
  functionTypes: number[];
  importCosts: number[];
  outside: Set<number>;
  dataLengths: number[];
  /** Globals of its own that may hold a function. */
  functionGlobals: Set<number>;
};

/** The runtime's functions that only look or write at one place. Others may take a microsecond or more. */
const quick = /^(load_|store_|input_|length)/u;
/** What the runtime alone offers functions in, which never call a plug-in back: no linked module may have such a name. */
const runtimeNamespaces: ReadonlySet<string> = new Set([envNamespace, wasiNamespace]);

/**
 * Reads a module that passed the gate. Everything is held against what the module itself has, because the meter adds a global, a
 * table and functions: what named one of those would not have been valid, and must not become so.
 */
export function readOutline(bytes: Uint8Array): ModuleOutline {
  const sections = readSections(bytes);
  const outline: Draft = {
    bytes,
    sections,
    typeEntries: [],
    types: 0,
    functionTypes: [],
    importedFunctions: 0,
    importCosts: [],
    outside: new Set(),
    addressed: new Set(),
    callsOthers: false,
    functionGlobals: new Set(),
    dataLengths: [],
    functions: 0,
    tables: 0,
    globals: 0,
  };
  const within = (id: number, read: (reader: Reader) => void): void => {
    const section = sections.find((candidate) => candidate.id === id);
    if (section === undefined) return;
    const reader = new Reader(bytes.subarray(0, section.end), sectionNames[id] ?? '', 0);
    reader.position = section.body;
    if (id !== 1) reader.types = outline.types;
    read(reader);
    reader.end();
  };
  within(1, (reader) => (outline.typeEntries = readTypes(reader, true)));
  outline.types = outline.typeEntries.length;
  // What comes as an `externref` may be cast to a struct with a function in it.
  outline.callsOthers = outline.typeEntries.includes(null);
  within(2, (reader) => readImports(reader, outline));
  within(3, (reader) => readFunctions(reader, outline));
  outline.functions = outline.functionTypes.length;
  // What constants refer to may be counted by a later section.
  const count = (id: number): number => {
    let entries = 0;
    within(id, (reader) => {
      entries = reader.u32();
      reader.position = reader.bytes.length;
    });
    return entries;
  };
  outline.tables += count(4);
  outline.globals += count(6);
  within(4, (reader) => readTables(reader, outline));
  within(13, (reader) => {
    for (let tags = reader.u32(); tags > 0; tags -= 1) readTag(reader, outline);
  });
  within(6, (reader) => readGlobals(reader, outline));
  within(7, (reader) => readExports(reader, outline));
  within(9, (reader) => readElements(reader, outline));
  within(11, (reader) => readData(reader, outline));
  return outline;
}

const sectionNames: readonly string[] =
  'custom type import function table memory global export start element code data data-count tag'.split(' ');

function readSections(bytes: Uint8Array): Section[] {
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

function readImports(reader: Reader, outline: Draft): void {
  for (let count = reader.u32(); count > 0; count -= 1) {
    const from = reader.name();
    const name = reader.name();
    const kind = reader.byte();
    if (kind === 0) {
      const index = outline.functionTypes.length;
      outline.importCosts.push(from === envNamespace && quick.test(name) ? 16 : 2_000);
      if (!runtimeNamespaces.has(from)) outline.outside.add(index);
      outline.functionTypes.push(below(reader, reader.u32(), outline.types));
      if (typeOf(outline, index).results.some(mayBeFunction)) outline.callsOthers = true;
    } else if (kind === 1) {
      readValueType(reader);
      readLimits(reader, reader.section);
      outline.tables += 1;
      outline.callsOthers = true;
    } else if (kind === 2) {
      readLimits(reader, reader.section);
    } else if (kind === 3) {
      if (mayBeFunction(readValueType(reader))) outline.callsOthers = true;
      readMutability(reader);
      outline.globals += 1;
    } else {
      readTag(reader, outline);
    }
  }
  outline.importedFunctions = outline.functionTypes.length;
}

function readFunctions(reader: Reader, outline: Draft): void {
  for (let count = reader.u32(); count > 0; count -= 1) {
    outline.functionTypes.push(below(reader, reader.u32(), outline.types));
  }
}

function readTables(reader: Reader, outline: Draft): void {
  for (let count = reader.u32(); count > 0; count -= 1) {
    const first = reader.byte();
    if (first === 0x40) reader.byte();
    readValueType(reader, first === 0x40 ? reader.byte() : first);
    readLimits(reader, reader.section);
    if (first === 0x40) readConstant(reader, outline);
  }
}

function readGlobals(reader: Reader, outline: Draft): void {
  const count = reader.u32();
  for (let index = outline.globals - count; index < outline.globals; index += 1) {
    if (mayBeFunction(readValueType(reader))) outline.functionGlobals.add(index);
    readMutability(reader);
    readConstant(reader, outline);
  }
}

/** What is thrown may be caught in another module. */
function readTag(reader: Reader, outline: Draft): void {
  reader.byte();
  const type = outline.typeEntries[below(reader, reader.u32(), outline.types)];
  if (type?.params.some(mayBeFunction)) outline.callsOthers = true;
}

/** References to GC's structs may lead to functions too. */
export function mayBeFunction(type: ValueType): boolean {
  return type.startsWith('(') || (type.endsWith('ref') && type !== 'externref');
}

function readExports(reader: Reader, outline: Draft): void {
  for (let count = reader.u32(); count > 0; count -= 1) {
    reader.name();
    const kind = reader.byte();
    const index = reader.u32();
    if (kind === 0) {
      outline.addressed.add(below(reader, index, outline.functions));
    } else if (kind === 1) {
      below(reader, index, outline.tables);
      outline.callsOthers = true;
    } else if (kind === 3) {
      below(reader, index, outline.globals);
      if (outline.functionGlobals.has(index)) outline.callsOthers = true;
    }
  }
}

/** https://webassembly.github.io/spec/core/binary/modules.html#element-section */
function readElements(reader: Reader, outline: Draft): void {
  for (let count = reader.u32(); count > 0; count -= 1) {
    const flags = reader.u32();
    if (flags > 7) throw reader.fail('an element segment of kind 0 to 7', String(flags));
    const [active, expressions] = [(flags & 1) === 0, (flags & 4) !== 0];
    if (active) below(reader, (flags & 2) === 0 ? 0 : reader.u32(), outline.tables);
    if (active) readConstant(reader, outline);
    if ((flags & 3) !== 0) {
      if (expressions) readValueType(reader);
      else reader.byte();
    }
    for (let entries = reader.u32(); entries > 0; entries -= 1) {
      if (expressions) readConstant(reader, outline);
      else outline.addressed.add(below(reader, reader.u32(), outline.functions));
    }
  }
}

function readData(reader: Reader, outline: Draft): void {
  for (let count = reader.u32(); count > 0; count -= 1) {
    const flags = reader.u32();
    if (flags === 2) reader.u32();
    if (flags !== 1) readConstant(reader, outline);
    const length = reader.u32();
    outline.dataLengths.push(length);
    reader.skip(length);
  }
}

function readConstant(reader: Reader, outline: Draft): void {
  const instructions = new InstructionReader(reader.bytes, outline);
  instructions.position = reader.position;
  do {
    instructions.next();
    if (instructions.opcode === Op.refFunc) outline.addressed.add(instructions.index);
  } while (instructions.opcode !== Op.end);
  reader.position = instructions.position;
}

function below(reader: Reader, index: number, count: number): number {
  if (index < count) return index;
  throw reader.fail(`an index below ${count}`, String(index));
}

export function typeOf({ typeEntries, functionTypes }: ModuleOutline, index: number): FunctionType {
  return typeEntries[functionTypes[index] ?? -1] ?? { params: [], results: [] };
}
