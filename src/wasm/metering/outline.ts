import { envNamespace, wasiNamespaces } from '../../contract/abi.js';
import type { FunctionType, ValueType } from '../../contract/module-report.js';
import type { IndexSpaces } from '../reader/instruction-reader.js';
import { Reader } from '../reader/reader.js';
import {
  checkIndex,
  readData,
  readElements,
  readExport,
  readGlobal,
  readImport,
  readIndex,
  readSections,
  readTable,
  readTag,
  SectionId,
  sectionName,
} from '../reader/sections.js';
import type { Import, Section } from '../reader/sections.js';
import { readTypes } from '../reader/types.js';
import type { TypeEntry } from '../reader/types.js';

/** What metering has to know of a module before it reads the code. */
export interface ModuleOutline extends IndexSpaces {
  readonly bytes: Uint8Array;
  readonly sections: readonly Section[];
  readonly typeEntries: readonly TypeEntry[];
  /** For each function, imported ones first, the index of its type. */
  readonly functionTypes: readonly number[];
  readonly importedFunctions: number;
  /** For each imported function, what a call costs, in instructions. */
  readonly importCosts: readonly number[];
  /** The imported functions that can call functions of this module. */
  readonly outside: ReadonlySet<number>;
  /** The functions that can be called by other than direct calls. */
  readonly addressed: Set<number>;
  /** Whether an indirect call may reach a function of another module: a table is shared, or references come in. */
  readonly callsOthers: boolean;
  /** For each data segment, its size in bytes. */
  readonly dataLengths: readonly number[];
}

type Draft = { -readonly [Key in keyof ModuleOutline]: ModuleOutline[Key] } & {
  functionTypes: number[];
  importCosts: number[];
  outside: Set<number>;
  dataLengths: number[];
  /** The globals that the module defines and that may hold a function. */
  functionGlobals: Set<number>;
};

/** The functions of the Extism runtime that only read or write at one place. Others may take a microsecond or more. */
const cheapImports = /^(load_|store_|input_|length)/u;
/** The namespaces whose functions never call a plug-in back. No linked module may have such a name. */
const runtimeNamespaces: ReadonlySet<string> = new Set([envNamespace, ...wasiNamespaces]);

/**
 * Reads all sections but the code of a module that passed the gate. Every index is checked against what the module itself has: an index
 * of the global, the table or a function that metering adds would not have been valid, and must not become valid.
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
    const reader = new Reader(bytes.subarray(0, section.end), sectionName(id), 0);
    reader.position = section.body;
    if (id !== SectionId.type) reader.types = outline.types;
    read(reader);
    reader.end();
  };
  const eachIn = (id: number, read: (reader: Reader) => void): void =>
    within(id, (reader) => {
      for (let count = reader.u32(); count > 0; count -= 1) read(reader);
    });
  const onFunction = (index: number): void => void outline.addressed.add(index);
  within(SectionId.type, (reader) => (outline.typeEntries = readTypes(reader, true)));
  outline.types = outline.typeEntries.length;
  // A value that comes as an `externref` may be cast to a struct with a function in it.
  outline.callsOthers = outline.typeEntries.includes(null);
  eachIn(SectionId.import, (reader) => addImport(reader, outline));
  outline.importedFunctions = outline.functionTypes.length;
  eachIn(SectionId.function, (reader) => outline.functionTypes.push(readIndex(reader, outline.types)));
  outline.functions = outline.functionTypes.length;
  // The constants of one section may refer to entries of a later one, so these are counted first.
  const importedGlobals = outline.globals;
  outline.tables += countEntries(outline, SectionId.table);
  outline.globals += countEntries(outline, SectionId.global);
  eachIn(SectionId.table, (reader) => readTable(reader, reader.section, outline, onFunction));
  eachIn(SectionId.tag, (reader) => addTag(outline, readTypeOfTag(reader, outline)));
  let global = importedGlobals;
  eachIn(SectionId.global, (reader) => {
    if (mayBeFunction(readGlobal(reader, outline, onFunction))) outline.functionGlobals.add(global);
    global += 1;
  });
  eachIn(SectionId.export, (reader) => addExport(reader, outline));
  eachIn(SectionId.element, (reader) => readElements(reader, outline, onFunction));
  eachIn(SectionId.data, (reader) => outline.dataLengths.push(readData(reader, outline, onFunction)));
  return outline;
}

function countEntries({ bytes, sections }: ModuleOutline, id: number): number {
  const section = sections.find((candidate) => candidate.id === id);
  if (section === undefined) return 0;
  const reader = new Reader(bytes.subarray(0, section.end), sectionName(id), 0);
  reader.position = section.body;
  return reader.u32();
}

function addImport(reader: Reader, outline: Draft): void {
  const entry = readImport(reader);
  switch (entry.kind) {
    case 'function':
      addImportedFunction(entry, checkIndex(reader, entry.type, outline.types), outline);
      return;
    case 'table':
      outline.tables += 1;
      outline.callsOthers = true;
      return;
    case 'global':
      outline.globals += 1;
      if (mayBeFunction(entry.value)) outline.callsOthers = true;
      return;
    case 'tag':
      addTag(outline, checkIndex(reader, entry.type, outline.types));
      return;
    case 'memory':
  }
}

function addImportedFunction({ module, name }: Import, type: number, outline: Draft): void {
  const index = outline.functionTypes.length;
  outline.importCosts.push(module === envNamespace && cheapImports.test(name) ? 16 : 2_000);
  if (!runtimeNamespaces.has(module)) outline.outside.add(index);
  outline.functionTypes.push(type);
  if (typeOf(outline, index).results.some(mayBeFunction)) outline.callsOthers = true;
}

/** An exception may be caught in another module, with the references that it carries. */
function addTag(outline: Draft, type: number): void {
  if (outline.typeEntries[type]?.params.some(mayBeFunction)) outline.callsOthers = true;
}

function readTypeOfTag(reader: Reader, { types }: Draft): number {
  return checkIndex(reader, readTag(reader), types);
}

/** Whether a value of this type may be, or lead to, a function: structs may hold functions too. */
export function mayBeFunction(type: ValueType): boolean {
  return type.startsWith('(') || (type.endsWith('ref') && type !== 'externref');
}

function addExport(reader: Reader, outline: Draft): void {
  const { kind, index } = readExport(reader);
  if (kind === 'function') {
    outline.addressed.add(checkIndex(reader, index, outline.functions));
  } else if (kind === 'table') {
    checkIndex(reader, index, outline.tables);
    outline.callsOthers = true;
  } else if (kind === 'global') {
    checkIndex(reader, index, outline.globals);
    if (outline.functionGlobals.has(index)) outline.callsOthers = true;
  }
}

/** Returns the type of a function by its index. */
export function typeOf({ typeEntries, functionTypes }: ModuleOutline, index: number): FunctionType {
  return typeEntries[functionTypes[index] ?? -1] ?? { params: [], results: [] };
}
