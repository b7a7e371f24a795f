import { meterAskExport, meterLeftExport } from '../../contract/abi.js';
import type { MeterLevel } from '../../contract/policy.js';
import { encodeU32, Reader } from '../reader/reader.js';
import { SectionId, sectionOrder } from '../reader/sections.js';
import type { Section } from '../reader/sections.js';
import { emitCode } from './emit.js';
import type { MeteredCode } from './emit.js';
import { readOutline } from './outline.js';
import type { ModuleOutline } from './outline.js';
import { planFunctions } from './plan.js';
import { scanCode } from './scan.js';

/**
 * Rewrites a module that passed the gate so that its code counts its work, and asks the host for more when the granted work is used up:
 * the host grants more, or the code traps. See README.md for what is counted where.
 *
 * Everything that is added (globals, a table of one function, types, functions, two exports) comes after what the module has, so that
 * no index changes. The host is called through the table, because an import would shift the index of every function.
 */
export function meterModule(bytes: Uint8Array, level: MeterLevel): Uint8Array[] {
  const outline = readOutline(bytes);
  if (!outline.sections.some(({ id }) => id === SectionId.code)) return [bytes];
  const exact = level === 'fuel';
  const profile = scanCode(outline, exact);
  const plan = planFunctions(outline, profile, exact);
  return assemble(outline, emitCode(outline, profile, plan));
}

function assemble(outline: ModuleOutline, emitted: MeteredCode): Uint8Array[] {
  const { bytes, sections } = outline;
  const additions = additionsOf(outline, emitted);
  const chunks: Uint8Array[] = [bytes.subarray(0, 8)];
  for (const section of sections) {
    if (section.id === SectionId.custom) {
      chunks.push(...keptOf(bytes, section));
      continue;
    }
    const rank = sectionOrder.indexOf(section.id);
    for (const [id, entries] of additions) {
      if (sectionOrder.indexOf(id) >= rank) break;
      chunks.push(...grown(bytes, null, id, entries));
      additions.delete(id);
    }
    const entries = additions.get(section.id);
    additions.delete(section.id);
    if (section.id === SectionId.code) chunks.push(...emitted.hints, ...codeSection(emitted));
    else if (entries === undefined) chunks.push(bytes.subarray(section.start, section.end));
    else chunks.push(...grown(bytes, section, section.id, entries));
  }
  return chunks;
}

type Entries = readonly (readonly number[])[];

/** Returns the entries to add to each section, by its id, in the order of the format. All these sections come before the code. */
function additionsOf(
  { functions, tables }: ModuleOutline,
  { types, globals: carrying, helperTypes }: MeteredCode,
): Map<number, Entries> {
  return new Map<number, Entries>([
    [SectionId.type, types],
    [SectionId.function, helperTypes.map(encodeU32)],
    [SectionId.table, [[0x70, 1, 1, 1]]],
    [SectionId.global, [[0x7f, 1, 0x41, 0, 0x0b], ...carrying]],
    [
      SectionId.export,
      [
        [...text(meterAskExport), 1, ...encodeU32(tables)],
        [...text(meterLeftExport), 0, ...encodeU32(functions + 1)],
      ],
    ],
  ]);
}

/** Returns a section with `entries` added after those that it has; `section` is null when the module has none. */
function grown(bytes: Uint8Array, section: Section | null, id: number, entries: Entries): Uint8Array[] {
  const reader = new Reader(bytes, 'module', 0);
  reader.position = section?.body ?? 0;
  const had = section === null ? 0 : reader.u32();
  const kept = section === null ? new Uint8Array() : bytes.subarray(reader.position, section.end);
  const count = encodeU32(had + entries.length);
  const added = Uint8Array.from(entries.flat());
  const head = [id, ...encodeU32(count.length + kept.length + added.length), ...count];
  return [Uint8Array.from(head), kept, added];
}

function codeSection({ code }: MeteredCode): Uint8Array[] {
  return [Uint8Array.from([SectionId.code, ...encodeU32(code.length)]), code.bytes];
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...encodeU32(bytes.length), ...bytes];
}

/** Custom sections that refer to places in the code, which are no longer right. */
const stale = /^(\.debug_|reloc\.|linking$|sourceMappingURL$|external_debug_info$|metadata\.code\.)/u;
/**
 * The subsection of the name section that names labels by the number of their block. Metering adds blocks.
 * https://github.com/WebAssembly/extended-name-section/blob/main/proposals/extended-name-section/Overview.md
 */
const labelSubsection = 3;

/** Returns what is still right of a custom section after metering: nothing, all of it, or the names without those of labels. */
export function keptOf(bytes: Uint8Array, section: Section): Uint8Array[] {
  const reader = new Reader(bytes.subarray(0, section.end), 'custom', 0);
  reader.position = section.body;
  const name = reader.name();
  if (stale.test(name)) return [];
  const whole = bytes.subarray(section.start, section.end);
  return name === 'name' ? withoutLabels(whole, reader, section) : [whole];
}

/** A name section that is malformed stays as it is: it has no meaning. */
function withoutLabels(whole: Uint8Array, reader: Reader, { body, end }: Section): Uint8Array[] {
  const kept = [reader.bytes.subarray(body, reader.position)];
  try {
    while (reader.position < end) {
      const start = reader.position;
      const id = reader.byte();
      const size = reader.u32();
      reader.position += size;
      if (reader.position > end) return [whole];
      if (id !== labelSubsection) kept.push(reader.bytes.subarray(start, reader.position));
    }
  } catch {
    return [whole];
  }
  const size = kept.reduce((total, { length }) => total + length, 0);
  return [Uint8Array.from([0, ...encodeU32(size)]), ...kept];
}
