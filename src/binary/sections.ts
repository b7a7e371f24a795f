import { reservedExportPrefix } from '../contract/abi.js';
import type { ExportReport, ImportReport } from '../contract/module-report.js';
import { admit, caps, refuse } from './caps.js';
import { skipConstant } from './constant.js';
import { clampLimits, mostPages, readLimits, reportLimits, shareEntries } from './limits.js';
import type { Edit, Limits } from './limits.js';
import { maxTables } from './module.js';
import type { FullPolicy, ModuleFacts } from './module.js';
import { hex } from './reader.js';
import type { Reader } from './reader.js';
import {
  functionTypeAt,
  holdsException,
  readMutability,
  readReferenceType,
  readTypes,
  readValueType,
} from './types.js';

/** Checks one whole section, adds it to the facts, and returns what has to change in it. */
export type SectionCheck = (reader: Reader, facts: ModuleFacts, policy: FullPolicy) => readonly Edit[];

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

const noEdits: readonly Edit[] = [];

function checkTypes(reader: Reader, facts: ModuleFacts, policy: FullPolicy): readonly Edit[] {
  facts.types = readTypes(reader, policy.allowGc);
  return noEdits;
}

function checkImports(reader: Reader, facts: ModuleFacts, policy: FullPolicy): readonly Edit[] {
  const edits: Edit[] = [];
  const count = reader.count('imports');
  admit(count, caps.imports, 'imports', 'import section');
  for (let index = 0; index < count; index += 1) {
    const module = reader.name();
    const name = reader.name();
    const where = `import "${module}" "${name}"`;
    const { edit, ...report } = readImport(reader, facts, { where, policy });
    facts.imports.push({ module, name, ...report });
    if (edit) edits.push(edit);
  }
  facts.importedFunctions = facts.functions.length;
  reader.end();
  return edits;
}

type ImportBody = ImportReport extends infer One
  ? One extends ImportReport
    ? Omit<One, 'module' | 'name'>
    : never
  : never;

interface ImportContext {
  readonly where: string;
  readonly policy: FullPolicy;
}

/**
 * Imported memories and tables are clamped too, although they come from a linked module that went through a gate itself:
 * then the engine holds the cap at link time, wherever they come from. A provider clamped to the same cap always fits: its
 * maximum is the smaller of its own and the cap, and an import wants no more than "at most the smaller of mine and the cap".
 */
function readImport(reader: Reader, facts: ModuleFacts, context: ImportContext): ImportBody & { edit?: Edit | null } {
  const kind = reader.byte('a kind of import');
  switch (kind) {
    case 0: {
      const type = functionTypeAt(facts.types, reader.u32('a type index'), reader);
      facts.functions.push(type);
      return { kind: 'function', type };
    }
    case 1:
      return { kind: 'table', edit: importTable(reader, facts, context) };
    case 2:
      return { kind: 'memory', edit: addMemory(reader, facts, { ...context, imported: true }) };
    case 3: {
      const value = readValueType(reader);
      return { kind: 'global', value, mutable: readMutability(reader) };
    }
    case 4:
      return { kind: 'tag', type: readTag(reader, facts, context) };
    default:
      throw reader.fail('a kind of import from 0 to 4', hex(kind));
  }
}

function checkFunctions(reader: Reader, facts: ModuleFacts): readonly Edit[] {
  const count = reader.count('functions');
  admit(count, caps.functions, 'functions', 'function section');
  for (let index = 0; index < count; index += 1) {
    facts.functions.push(functionTypeAt(facts.types, reader.u32('a type index'), reader));
  }
  reader.end();
  return noEdits;
}

interface MemoryContext extends ImportContext {
  readonly imported: boolean;
}

function addMemory(reader: Reader, facts: ModuleFacts, { where, policy, imported }: MemoryContext): Edit | null {
  const limits = readLimits(reader, where);
  const cap = policy.maxPages !== null && policy.maxPages < mostPages ? policy.maxPages : null;
  if (Math.max(limits.initial, limits.maximum ?? 0) > mostPages) {
    throw reader.fail(`at most ${mostPages} pages`, String(Math.max(limits.initial, limits.maximum ?? 0)));
  }
  if (cap !== null && limits.initial > cap) {
    throw refuse('memory-limit', {
      where,
      expected: `an initial memory of at most ${cap} pages of 64 KiB`,
      actual: `${limits.initial} pages`,
      fix: `Set memory.maxPages to ${limits.initial} or more, or build the plug-in with a smaller initial memory.`,
      details: { limit: cap, pages: limits.initial },
    });
  }
  facts.memories.push({ imported, ...reportLimits(limits, cap) });
  if (facts.memories.length > 1) throw tooManyMemories(where, facts.memories.length);
  return clampLimits(limits, cap);
}

function checkMemories(reader: Reader, facts: ModuleFacts, policy: FullPolicy): readonly Edit[] {
  const edits: Edit[] = [];
  const count = reader.count('memories');
  if (facts.memories.length + count > 1) throw tooManyMemories('memory section', facts.memories.length + count);
  for (let index = 0; index < count; index += 1) {
    const edit = addMemory(reader, facts, { where: 'memory 0', policy, imported: false });
    if (edit) edits.push(edit);
  }
  reader.end();
  return edits;
}

function tooManyMemories(where: string, count: number): Error {
  return refuse('memory-count', {
    where,
    expected: 'at most 1 memory',
    actual: String(count),
    fix: 'Build the plug-in with one memory: a page has room for few, and each plug-in gets the same.',
    details: { limit: 1, count },
  });
}

function importTable(reader: Reader, facts: ModuleFacts, { where, policy }: ImportContext): Edit | null {
  const element = readReferenceType(reader);
  const limits = readLimits(reader, where);
  admitTables(facts.tables.length + 1, where);
  admitEntries(limits.initial, policy.maxTableEntries, where);
  facts.tables.push({ imported: true, element, ...reportLimits(limits, policy.maxTableEntries) });
  return clampLimits(limits, policy.maxTableEntries);
}

/** The entries of imported tables are their provider's, and count there. */
function checkTables(reader: Reader, facts: ModuleFacts, policy: FullPolicy): readonly Edit[] {
  const count = reader.count('tables');
  admitTables(facts.tables.length + count, 'table section');
  const defined: Limits[] = [];
  const elements: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const hasInitializer = reader.bytes[reader.position] === 0x40;
    if (hasInitializer && (reader.byte(), reader.byte() !== 0)) throw reader.fail('a table', 'an unknown form');
    elements.push(readReferenceType(reader));
    defined.push(readLimits(reader, `table ${facts.tables.length + index}`));
    if (hasInitializer) skipConstant(reader);
  }
  reader.end();
  const initial = defined.reduce((sum, limits) => sum + limits.initial, 0);
  admitEntries(initial, policy.maxTableEntries, 'table section');
  const shares = shareEntries(defined, policy.maxTableEntries);
  return defined.flatMap((limits, index) => {
    const share = shares[index] ?? 0;
    facts.tables.push({ imported: false, element: elements[index] ?? '', ...reportLimits(limits, share) });
    return clampLimits(limits, share) ?? [];
  });
}

function admitTables(count: number, where: string): void {
  if (count <= maxTables) return;
  throw refuse('table-limit', {
    where,
    expected: `at most ${maxTables} tables`,
    actual: String(count),
    fix: 'Build the plug-in with fewer tables.',
    details: { limit: maxTables, count },
  });
}

function admitEntries(entries: number, most: number, where: string): void {
  if (entries <= most) return;
  throw refuse('table-limit', {
    where,
    expected: `tables of at most ${most} entries together at first`,
    actual: String(entries),
    fix: `Set memory.maxTableEntries to ${entries} or more, or build the plug-in with smaller tables.`,
    details: { limit: most, entries },
  });
}

/** A tag: what an exception carries. Which ones are refused, and why, stands in gate.ts under "exceptions". */
function readTag(
  reader: Reader,
  facts: ModuleFacts,
  { where, policy }: ImportContext,
): ReturnType<typeof functionTypeAt> {
  const attribute = reader.byte('a tag');
  if (attribute !== 0) throw reader.fail('a tag for an exception (0)', hex(attribute));
  const type = functionTypeAt(facts.types, reader.u32('a type index'), reader);
  admit(type.params.length, caps.tagParameters, 'parameters', where);
  const holder = type.params.find(holdsException);
  if (holder !== undefined && !policy.allowGc) {
    throw refuse('gc-types', {
      where,
      expected: 'exceptions that hold no exceptions',
      actual: holder,
      fix: 'Chains of exceptions are a heap outside every cap: an app that trusts the plug-in can set allowGc.',
    });
  }
  facts.tags += 1;
  return type;
}

function checkTags(reader: Reader, facts: ModuleFacts, policy: FullPolicy): readonly Edit[] {
  const count = reader.count('tags');
  admit(count, caps.tags, 'tags', 'tag section');
  for (let index = 0; index < count; index += 1) readTag(reader, facts, { where: `tag ${facts.tags}`, policy });
  facts.definedTags = count;
  reader.end();
  return noEdits;
}

const exportKinds = ['function', 'table', 'memory', 'global', 'tag'] as const;

function checkExports(reader: Reader, facts: ModuleFacts): readonly Edit[] {
  const count = reader.count('exports');
  admit(count, caps.exports, 'exports', 'export section');
  for (let index = 0; index < count; index += 1) {
    const name = reader.name();
    if (name.startsWith(reservedExportPrefix)) throw reservedName(name);
    facts.exports.push(readExport(reader, facts, name));
  }
  reader.end();
  return noEdits;
}

function readExport(reader: Reader, facts: ModuleFacts, name: string): ExportReport {
  const kind = exportKinds[reader.byte('a kind of export')];
  if (kind === undefined) throw reader.fail('a kind of export from 0 to 4', 'another');
  const index = reader.u32('an index');
  return kind === 'function' ? { name, kind, type: functionAt(facts, index, reader) } : { name, kind };
}

function functionAt(facts: ModuleFacts, index: number, reader: Reader): ReturnType<typeof functionTypeAt> {
  const type = facts.functions[index];
  if (type) return type;
  throw reader.fail('the index of a function', `${index}, of ${facts.functions.length} functions`);
}

function reservedName(name: string): Error {
  return refuse('link-name', {
    where: `export "${name}"`,
    expected: `names that do not begin with "${reservedExportPrefix}"`,
    actual: 'a reserved name',
    fix: 'Rename the export, or load the module as its author built it.',
  });
}

/** Once it is an export the engine no longer checks the start function's type, so it is checked here. */
function checkStart(reader: Reader, facts: ModuleFacts): readonly Edit[] {
  const index = reader.u32('a function index');
  const { params, results } = functionAt(facts, index, reader);
  if (params.length + results.length > 0) {
    throw reader.fail('a start function of type () -> ()', `(${params.join()}) -> (${results.join()})`);
  }
  facts.start = index;
  reader.end();
  return noEdits;
}
