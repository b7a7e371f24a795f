import { meterAskExport, meterLeftExport } from '../../contract/abi.js';
import type { MeterLevel } from '../../contract/policy.js';
import { keptOf } from './meter-custom.js';
import { emitCode } from './meter-emit.js';
import type { Emitted } from './meter-emit.js';
import { readOutline } from './meter-module.js';
import type { ModuleOutline, Section } from './meter-module.js';
import { planFunctions } from './meter-plan.js';
import { scanCode } from './meter-scan.js';
import { encodeU32, Reader } from '../reader/reader.js';

/**
 * Rewrites a module that passed the gate, so that its code asks the host, every so often, whether it may go on. Nothing that it has is
 * moved: what is added (globals, a table of one function, types, functions, two exports) stands behind what is there, and so no
 * index changes. The host is asked through the table, because an import would shift every function's index.
 *
 * How it counts. A function with loops counts in a local, at each loop's header or where it goes back there, and hands over to the global
 * `left` when it ends, or every few thousand instructions. One that may call itself, in whatever way, takes off `left` what it calls costs,
 * or hands over what it counted, where it calls. Others are paid for by those that call them; for fuel, only if they run as a whole. When
 * `left` runs out the host is asked: it grants more, or the code traps.
 */
export function meterModule(bytes: Uint8Array, level: MeterLevel): Uint8Array[] {
  const outline = readOutline(bytes);
  if (!outline.sections.some(({ id }) => id === 10)) return [bytes];
  const exact = level === 'fuel';
  const course = scanCode(outline, exact);
  const plan = planFunctions(outline, course, exact);
  return assemble(outline, emitCode(outline, course, plan));
}

/** The order of sections that are not custom; see gate.ts. */
const order = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

function assemble(outline: ModuleOutline, emitted: Emitted): Uint8Array[] {
  const { bytes, sections } = outline;
  const additions = additionsOf(outline, emitted);
  const chunks: Uint8Array[] = [bytes.subarray(0, 8)];
  for (const section of sections) {
    if (section.id === 0) {
      chunks.push(...keptOf(bytes, section));
      continue;
    }
    const rank = order.indexOf(section.id);
    for (const [id, entries] of additions) {
      if (order.indexOf(id) >= rank) break;
      chunks.push(...grown(bytes, null, id, entries));
      additions.delete(id);
    }
    const entries = additions.get(section.id);
    additions.delete(section.id);
    if (section.id === 10) chunks.push(...emitted.hints, ...codeSection(emitted));
    else if (entries === undefined) chunks.push(bytes.subarray(section.start, section.end));
    else chunks.push(...grown(bytes, section, section.id, entries));
  }
  return chunks;
}

type Entries = readonly (readonly number[])[];

/** What is added to each section, by its id, in the order of sections. All stand before the code. */
function additionsOf(
  { functions, tables }: ModuleOutline,
  { types, globals: carrying, helperTypes }: Emitted,
): Map<number, Entries> {
  return new Map<number, Entries>([
    [1, types],
    [3, helperTypes.map(encodeU32)],
    [4, [[0x70, 1, 1, 1]]],
    [6, [[0x7f, 1, 0x41, 0, 0x0b], ...carrying]],
    [
      7,
      [
        [...text(meterAskExport), 1, ...encodeU32(tables)],
        [...text(meterLeftExport), 0, ...encodeU32(functions + 1)],
      ],
    ],
  ]);
}

/** A section with more entries behind those it has. */
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

function codeSection({ code }: Emitted): Uint8Array[] {
  return [Uint8Array.from([10, ...encodeU32(code.length)]), code.bytes];
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...encodeU32(bytes.length), ...bytes];
}
