import { reservedExportPrefix } from '../../contract/abi.js';
import type { ExportReport, FunctionType } from '../../contract/module-report.js';
import { admit, atMost, refuse } from '../reader/caps.js';
import { anyIndex } from '../reader/instruction-reader.js';
import { mostPages, readLimits } from '../reader/limits.js';
import type { Limits } from '../reader/limits.js';
import type { Reader } from '../reader/reader.js';
import { importPlace, readExport, readImport, readTable, readTag, SectionId } from '../reader/sections.js';
import type { Table } from '../reader/sections.js';
import { functionTypeAt, garbageCollected, holdsException, readTypes } from '../reader/types.js';
import { clampLimits, reportLimits, shareBudget } from './clamp.js';
import type { Edit } from './clamp.js';
import { functionType } from './module-facts.js';
import type { FullPolicy, ModuleFacts } from './module-facts.js';

/** Checks one complete section, adds its contents to the facts, and returns the edits to make in it. */
export type SectionCheck = (reader: Reader, facts: ModuleFacts, policy: FullPolicy) => readonly Edit[] | void;

/**
 * The sections that are buffered until they are complete, because the gate may change them or needs all of their contents. The others are
 * checked while they stream.
 */
export const heldSections: ReadonlyMap<number, SectionCheck> = new Map<number, SectionCheck>([
  [SectionId.type, checkTypes],
  [SectionId.import, checkImports],
  [SectionId.function, checkFunctions],
  [SectionId.table, checkTables],
  [SectionId.memory, checkMemories],
  [SectionId.tag, checkTags],
  [SectionId.export, checkExports],
  [SectionId.start, checkStart],
]);

function checkTypes(reader: Reader, facts: ModuleFacts, policy: FullPolicy): void {
  facts.types = readTypes(reader, policy.allowGc);
}

function checkImports(reader: Reader, facts: ModuleFacts, policy: FullPolicy): readonly Edit[] {
  const edits: Edit[] = [];
  for (let count = reader.count('imports'); count > 0; count -= 1) {
    const edit = checkImport(reader, facts, policy);
    if (edit) edits.push(edit);
  }
  return edits;
}

/**
 * Checks one import, and returns the edit that clamps it. Imported memories and tables are clamped too, although the module that provides
 * them passes a gate itself: the engine then enforces the cap at link time, whatever provides them. A provider that was clamped to the
 * same cap always links if it did so before: the maximum of each side becomes the smaller of its own and the cap.
 */
function checkImport(reader: Reader, facts: ModuleFacts, policy: FullPolicy): Edit | null {
  const entry = readImport(reader);
  const { module, name, kind } = entry;
  switch (kind) {
    case 'function': {
      const type = functionTypeAt(facts.types, entry.type, reader);
      facts.importedFunctions.push(type);
      facts.imports.push({ module, name, kind, type });
      return null;
    }
    case 'table':
      facts.imports.push({ module, name, kind });
      return importTable(entry.table, facts, policy, importPlace(entry));
    case 'memory':
      facts.imports.push({ module, name, kind });
      admitMemories(facts.memories.length + 1, importPlace(entry));
      return addMemory(entry.limits, reader, { facts, policy, where: importPlace(entry), imported: true });
    case 'global':
      facts.imports.push({ module, name, kind, value: entry.value, mutable: entry.mutable });
      return null;
    case 'tag':
      facts.imports.push({
        module,
        name,
        kind,
        type: tagType(entry.type, reader, { facts, policy, where: importPlace(entry) }),
      });
      return null;
  }
}

function checkFunctions(reader: Reader, facts: ModuleFacts): void {
  const { types } = facts;
  facts.definedFunctions = reader.u32s(reader.count('functions'), (index) => functionTypeAt(types, index, reader));
}

interface Place {
  readonly facts: ModuleFacts;
  readonly policy: FullPolicy;
  readonly where: string;
}

/** Returns the type of a tag, whose parameters are the values of its exceptions. `createGate` documents which tags are refused, and why. */
function tagType(index: number, reader: Reader, { facts, policy, where }: Place): FunctionType {
  const type = functionTypeAt(facts.types, index, reader);
  admit('exception parameters', type.params.length, where);
  if (!policy.allowGc && type.params.some(holdsException)) {
    throw garbageCollected(where, 'an exception that holds another');
  }
  return type;
}

function checkTags(reader: Reader, facts: ModuleFacts, policy: FullPolicy): void {
  const count = reader.count('tags');
  for (let index = 0; index < count; index += 1) {
    tagType(readTag(reader), reader, { facts, policy, where: `defined tag ${index}` });
  }
  facts.tags = count;
}

function checkMemories(reader: Reader, facts: ModuleFacts, policy: FullPolicy): readonly Edit[] {
  const count = reader.u32();
  admitMemories(facts.memories.length + count, reader.section);
  if (count === 0) return [];
  const where = 'memory 0';
  const edit = addMemory(readLimits(reader, where), reader, { facts, policy, where, imported: false });
  return edit ? [edit] : [];
}

function admitMemories(count: number, where: string): void {
  atMost({ code: 'memory-count', most: 1, what: 'memory', fix: 'Build the plug-in with one memory.' }, count, where);
}

function addMemory(
  limits: Limits,
  reader: Reader,
  { facts, policy, where, imported }: Place & { readonly imported: boolean },
): Edit | null {
  const most = Math.max(limits.initial, limits.maximum ?? 0);
  if (most > mostPages) throw reader.fail(`at most ${mostPages} pages`, String(most));
  const cap = policy.maxPages !== null && policy.maxPages < mostPages ? policy.maxPages : null;
  if (cap !== null) {
    const fix = 'Raise memory.maxPages, or build the plug-in with a smaller memory.';
    atMost({ code: 'memory-limit', most: cap, what: 'initial pages of 64 KiB', fix }, limits.initial, where);
  }
  facts.memories.push({ imported, ...reportLimits(limits, cap) });
  return clampLimits(limits, cap);
}

/** Checks and clamps an imported table. Its entries count in the budget of the module that defines it. */
function importTable(table: Table, facts: ModuleFacts, policy: FullPolicy, where: string): Edit | null {
  const cap = policy.maxTableEntries;
  admit('tables', facts.tables.length + 1, where);
  admitEntries(table.initial, cap, where);
  facts.tables.push({ imported: true, element: table.element, ...reportLimits(table, cap) });
  return clampLimits(table, cap);
}

function checkTables(reader: Reader, facts: ModuleFacts, policy: FullPolicy): readonly Edit[] {
  const imported = facts.tables.length;
  const count = reader.u32();
  admit('tables', imported + count, reader.section);
  const tables: Table[] = [];
  for (let index = 0; index < count; index += 1) tables.push(readTable(reader, `table ${imported + index}`, anyIndex));
  const initial = tables.reduce((sum, table) => sum + table.initial, 0);
  admitEntries(initial, policy.maxTableEntries, reader.section);
  const shares = shareBudget(tables, policy.maxTableEntries);
  return tables.flatMap((table, index) => {
    const share = shares[index] ?? 0;
    facts.tables.push({ imported: false, element: table.element, ...reportLimits(table, share) });
    return clampLimits(table, share) ?? [];
  });
}

function admitEntries(entries: number, most: number, where: string): void {
  const fix = 'Raise memory.maxTableEntries, or build the plug-in with smaller tables.';
  atMost({ code: 'table-limit', most, what: 'initial table entries', fix }, entries, where);
}

function checkExports(reader: Reader, facts: ModuleFacts): void {
  for (let count = reader.count('exports'); count > 0; count -= 1) facts.exports.push(checkExport(reader, facts));
}

function checkExport(reader: Reader, facts: ModuleFacts): ExportReport {
  const { name, kind, index } = readExport(reader);
  if (name.startsWith(reservedExportPrefix)) throw reservedName(name);
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
    fix: 'Rename the export, or load the original module, as its toolchain built it.',
  });
}

/** Checks the start section. The engine no longer checks the type of the start function when the gate has made it an export. */
function checkStart(reader: Reader, facts: ModuleFacts): void {
  const index = reader.u32();
  const { params, results } = functionAt(facts, index, reader);
  if (params.length + results.length > 0) {
    throw reader.fail('a start function of type () -> ()', `(${params.join()}) -> (${results.join()})`);
  }
  facts.start = index;
}
