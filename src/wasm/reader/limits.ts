import type { LimitsReport } from '../../contract/module-report.js';
import { refuse } from './caps.js';
import { encodeU32, hex } from './reader.js';
import type { Reader } from './reader.js';

/** Limits as they stand in a section, from `start` to before `end`. */
export interface Limits {
  readonly start: number;
  readonly end: number;
  readonly initial: number;
  readonly maximum: number | null;
}

/** 4 GiB of pages: what a 32-bit memory can have, so a cap of so many is none. */
export const mostPages = 65_536;

/**
 * Reads the limits of a memory or table. https://webassembly.github.io/spec/core/binary/types.html#limits
 * A flag that is not known is refused, not skipped: one of them (custom page sizes) would change what a page is.
 */
export function readLimits(reader: Reader, where: string): Limits {
  const start = reader.position;
  const flags = reader.byte();
  if (flags < 8 && (flags & 2) !== 0) {
    const fix = 'Build the plug-in without threads.';
    throw refuse('memory-shared', { where, expected: 'memory that is not shared', actual: 'shared', fix });
  }
  if (flags < 8 && (flags & 4) !== 0) {
    const fix = 'Build the plug-in for wasm32, not wasm64.';
    throw refuse('memory-64', { where, expected: '32-bit addresses', actual: '64-bit', fix });
  }
  if (flags > 1) throw reader.fail('limits (0 or 1)', hex(flags));
  const initial = reader.u32();
  const maximum = flags === 1 ? reader.u32() : null;
  if (maximum !== null && maximum < initial) {
    throw reader.fail(`a maximum of at least the initial ${initial}`, String(maximum));
  }
  return { start, end: reader.position, initial, maximum };
}

/** One replacement inside a section's body. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly bytes: readonly number[];
}

/** Puts a maximum of `cap` on limits that admit more; null when they stay as they are. */
export function clampLimits(limits: Limits, cap: number | null): Edit | null {
  if (cap === null || (limits.maximum !== null && limits.maximum <= cap)) return null;
  const bytes = [1, ...encodeU32(limits.initial), ...encodeU32(cap)];
  return { start: limits.start, end: limits.end, bytes };
}

/** Limits as reported: before, and after clamping to `cap`. */
export function reportLimits({ initial, maximum }: Limits, cap: number | null): LimitsReport {
  const clamped = cap === null ? maximum : Math.min(cap, maximum ?? cap);
  return { initial, declaredMaximum: maximum, maximum: clamped };
}

/**
 * Shares out `budget` entries among tables that grow from `initial` up to `maximum`. Each keeps its initial size. What is
 * left is shared evenly, save that a table which asks for less than its even share gets just that, and leaves the rest to
 * the others. So a lone table gets all, and tables of fixed size (most of what linkers make) cost the growing ones nothing.
 * The initial sizes together must be within the budget.
 */
export function shareEntries(tables: readonly Limits[], budget: number): number[] {
  let room = budget - tables.reduce((sum, table) => sum + table.initial, 0);
  const wants = tables.map(({ initial, maximum }, index) => ({ index, want: (maximum ?? budget) - initial }));
  wants.sort((a, b) => a.want - b.want);
  const shares = tables.map((table) => table.initial);
  wants.forEach(({ index, want }, done) => {
    const given = Math.min(want, Math.floor(room / (wants.length - done)));
    room -= given;
    shares[index] = (tables[index]?.initial ?? 0) + given;
  });
  return shares;
}

/** The body with its edits, which are in order, made. */
export function applyEdits(body: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const length = edits.reduce((sum, edit) => sum + edit.bytes.length - (edit.end - edit.start), body.length);
  const result = new Uint8Array(length);
  let from = 0;
  let to = 0;
  for (const { start, end, bytes } of [...edits, { start: body.length, end: body.length, bytes: [] }]) {
    result.set(body.subarray(from, start), to);
    to += start - from;
    result.set(bytes, to);
    to += bytes.length;
    from = end;
  }
  return result;
}
