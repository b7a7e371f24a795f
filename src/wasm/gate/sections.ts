import { reservedExportPrefix } from '../../contract/abi.js';
import type { ExportReport, FunctionType, ImportReport } from '../../contract/module-report.js';
import { admit, refuse } from '../reader/caps.js';
import type { Edit } from '../reader/limits.js';
import { functionType } from '../reader/module.js';
import type { FullPolicy, ModuleFacts } from '../reader/module.js';
import { hex } from '../reader/reader.js';
import type { Reader } from '../reader/reader.js';
import { checkMemories, checkTables, importMemory, importTable } from './storage.js';
import {
  functionTypeAt,
  garbageCollected,
  holdsException,
  readMutability,
  readTypes,
  readValueType,
} from '../reader/types.js';

/** Checks one whole section, adds it to the facts, and returns what has to change in it. */
export type SectionCheck = (reader: Reader, facts: ModuleFacts, policy: FullPolicy) => readonly Edit[] | void;

/** The sections that are checked as a whole, by id. The others are checked while they stream by. */
export const heldSections: ReadonlyMap<number, SectionCheck> = new Map<number, SectionCheck>([
  [1, checkTypes],
  [2, checkImports],
  [3, checkFunctions],
  [4, checkTables],
  [5, checkMemories],
  [13, checkTags],
  [7, checkExports],
  [8, checkStart],
]);

function checkTypes(reader: Reader, facts: ModuleFacts, policy: FullPolicy): void {
  facts.types = readTypes(reader, policy.allowGc);
}

function checkImports(reader: Reader, facts: ModuleFacts, policy: FullPolicy): readonly Edit[] {
  const edits: Edit[] = [];
  for (let count = reader.count('imports'); count > 0; count -= 1) {
    const module = reader.name();
    const name = reader.name();
    const edit = readImport(reader, facts, { module, name, policy });
    if (edit) edits.push(edit);
  }
  return edits;
}

interface ImportContext {
  readonly module: string;
  readonly name: string;
  readonly policy: FullPolicy;
}

/**
 * Imported memories and tables are clamped too, although they come from a linked module that went through a gate itself:
 * then the engine holds the cap at link time, wherever they come from. A provider clamped to the same cap always fits: its
 * maximum is the smaller of its own and the cap, and an import wants no more than "at most the smaller of mine and the cap".
 */
function readImport(reader: Reader, facts: ModuleFacts, { module, name, policy }: ImportContext): Edit | null {
  const where = `import "${module}" "${name}"`;
  const add = (report: ImportReport): number => facts.imports.push(report);
  const kind = reader.byte();
  switch (kind) {
    case 0: {
      const type = functionTypeAt(facts.types, reader.u32(), reader);
      facts.importedFunctions.push(type);
      add({ module, name, kind: 'function', type });
      return null;
    }
    case 1:
      add({ module, name, kind: 'table' });
      return importTable(reader, facts, policy, where);
    case 2:
      add({ module, name, kind: 'memory' });
      return importMemory(reader, facts, policy, where);
    case 3:
      add({ module, name, kind: 'global', value: readValueType(reader), mutable: readMutability(reader) });
      return null;
    case 4:
      add({ module, name, kind: 'tag', type: readTag(reader, facts, policy, where) });
      return null;
    default:
      throw reader.fail('a kind of import', hex(kind));
  }
}

function checkFunctions(reader: Reader, facts: ModuleFacts): void {
  const { types } = facts;
  facts.definedFunctions = reader.u32s(reader.count('functions'), (index) => functionTypeAt(types, index, reader));
}

/** A tag: what an exception carries. Which ones are refused, and why, stands in gate.ts under "exceptions". */
function readTag(reader: Reader, facts: ModuleFacts, { allowGc }: FullPolicy, where: string): FunctionType {
  const attribute = reader.byte();
  if (attribute !== 0) throw reader.fail('a tag of exceptions', hex(attribute));
  const type = functionTypeAt(facts.types, reader.u32(), reader);
  admit('exception parameters', type.params.length, where);
  if (!allowGc && type.params.some(holdsException)) throw garbageCollected(where, 'an exception that holds another');
  return type;
}

function checkTags(reader: Reader, facts: ModuleFacts, policy: FullPolicy): void {
  const count = reader.count('tags');
  for (let index = 0; index < count; index += 1) readTag(reader, facts, policy, `defined tag ${index}`);
  facts.tags = count;
}

const exportKinds = ['function', 'table', 'memory', 'global', 'tag'] as const;

function checkExports(reader: Reader, facts: ModuleFacts): void {
  for (let count = reader.count('exports'); count > 0; count -= 1) facts.exports.push(readExport(reader, facts));
}

function readExport(reader: Reader, facts: ModuleFacts): ExportReport {
  const name = reader.name();
  if (name.startsWith(reservedExportPrefix)) throw reservedName(name);
  const kind = exportKinds[reader.byte()];
  if (kind === undefined) throw reader.fail('a kind of export', 'another');
  const index = reader.u32();
  return kind === 'function' ? { name, kind, type: functionAt(facts, index, reader) } : { name, kind };
}

function functionAt(facts: ModuleFacts, index: number, reader: Reader): FunctionType {
  const type = functionType(facts, index);
  if (type) return type;
  throw reader.fail('the index of a function', String(index));
}

function reservedName(name: string): Error {
  return refuse('link-name', {
    where: `export "${name}"`,
    expected: `a name that does not begin with "${reservedExportPrefix}"`,
    actual: 'a reserved name',
    fix: 'Rename the export, or load the module as its author built it.',
  });
}

/** Once it is an export the engine no longer checks the start function's type, so it is checked here. */
function checkStart(reader: Reader, facts: ModuleFacts): void {
  const index = reader.u32();
  const { params, results } = functionAt(facts, index, reader);
  if (params.length + results.length > 0) {
    throw reader.fail('a start function of type () -> ()', `(${params.join()}) -> (${results.join()})`);
  }
  facts.start = index;
}
