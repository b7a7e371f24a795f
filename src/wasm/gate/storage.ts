import { admit, atMost } from '../reader/caps.js';
import { skipConstant } from '../reader/constant.js';
import { clampLimits, mostPages, readLimits, reportLimits, shareEntries } from '../reader/limits.js';
import type { Edit, Limits } from '../reader/limits.js';
import type { FullPolicy, ModuleFacts } from '../reader/module.js';
import type { Reader } from '../reader/reader.js';
import { readValueType } from '../reader/types.js';

/** Memories and tables: what a module can grow, and what is therefore rewritten. */

export function importMemory(reader: Reader, facts: ModuleFacts, policy: FullPolicy, where: string): Edit | null {
  admitMemories(facts.memories.length + 1, where);
  return addMemory(reader, facts, policy, where);
}

export function checkMemories(reader: Reader, facts: ModuleFacts, policy: FullPolicy): readonly Edit[] {
  const count = reader.u32();
  admitMemories(facts.memories.length + count, reader.section);
  const edit = count === 0 ? null : addMemory(reader, facts, policy);
  return edit ? [edit] : [];
}

function admitMemories(count: number, where: string): void {
  atMost({ code: 'memory-count', most: 1, what: 'memory', fix: 'Build the plug-in with one memory.' }, count, where);
}

/** Imported when it has a place of its own. */
function addMemory(reader: Reader, facts: ModuleFacts, policy: FullPolicy, where?: string): Edit | null {
  const place = where ?? 'memory 0';
  const limits = readLimits(reader, place);
  const most = Math.max(limits.initial, limits.maximum ?? 0);
  if (most > mostPages) throw reader.fail(`at most ${mostPages} pages`, String(most));
  const cap = policy.maxPages !== null && policy.maxPages < mostPages ? policy.maxPages : null;
  if (cap !== null) {
    const fix = 'Raise memory.maxPages, or build the plug-in with a smaller memory.';
    atMost({ code: 'memory-limit', most: cap, what: 'pages of 64 KiB at first', fix }, limits.initial, place);
  }
  facts.memories.push({ imported: where !== undefined, ...reportLimits(limits, cap) });
  return clampLimits(limits, cap);
}

/** The entries of an imported table count where it comes from. */
export function importTable(reader: Reader, facts: ModuleFacts, policy: FullPolicy, where: string): Edit | null {
  const cap = policy.maxTableEntries;
  admit('tables', facts.tables.length + 1, where);
  const element = readValueType(reader);
  const limits = readLimits(reader, where);
  admitEntries(limits.initial, cap, where);
  facts.tables.push({ imported: true, element, ...reportLimits(limits, cap) });
  return clampLimits(limits, cap);
}

export function checkTables(reader: Reader, facts: ModuleFacts, policy: FullPolicy): readonly Edit[] {
  const imported = facts.tables.length;
  const count = reader.u32();
  admit('tables', imported + count, reader.section);
  const tables: (Limits & { readonly element: string })[] = [];
  for (let index = 0; index < count; index += 1) tables.push(readTable(reader, `table ${imported + index}`));
  const initial = tables.reduce((sum, table) => sum + table.initial, 0);
  admitEntries(initial, policy.maxTableEntries, reader.section);
  const shares = shareEntries(tables, policy.maxTableEntries);
  return tables.flatMap((table, index) => {
    const share = shares[index] ?? 0;
    facts.tables.push({ imported: false, element: table.element, ...reportLimits(table, share) });
    return clampLimits(table, share) ?? [];
  });
}

/** https://webassembly.github.io/spec/core/binary/modules.html#table-section: 0x40 0x00 announces an initial value. */
function readTable(reader: Reader, where: string): Limits & { readonly element: string } {
  const first = reader.byte();
  if (first !== 0x40) return { element: readValueType(reader, first), ...readLimits(reader, where) };
  if (reader.byte() !== 0) throw reader.fail('0x00', 'another byte');
  const table = { element: readValueType(reader), ...readLimits(reader, where) };
  skipConstant(reader);
  return table;
}

function admitEntries(entries: number, most: number, where: string): void {
  const fix = 'Raise memory.maxTableEntries, or build the plug-in with smaller tables.';
  atMost({ code: 'table-limit', most, what: 'table entries at first', fix }, entries, where);
}
