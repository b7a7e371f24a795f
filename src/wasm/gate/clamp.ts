import type { LimitsReport } from '../../contract/module-report.js';
import type { Limits } from '../reader/limits.js';
import { encodeU32 } from '../reader/reader.js';

/** One replacement inside the body of a section. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly bytes: readonly number[];
}

/** Returns the edit that lowers the maximum to `cap`; null if the declared maximum is not above it. */
export function clampLimits(limits: Limits, cap: number | null): Edit | null {
  if (cap === null || (limits.maximum !== null && limits.maximum <= cap)) return null;
  const bytes = [1, ...encodeU32(limits.initial), ...encodeU32(cap)];
  return { start: limits.start, end: limits.end, bytes };
}

/** Returns the limits for the report, with the maximum before and after clamping to `cap`. */
export function reportLimits({ initial, maximum }: Limits, cap: number | null): LimitsReport {
  const clamped = cap === null ? maximum : Math.min(cap, maximum ?? cap);
  return { initial, declaredMaximum: maximum, maximum: clamped };
}

/**
 * Divides `budget` among tables or memories, and returns the new maximum of each. Each keeps its initial size. The rest is divided
 * evenly, except that none gets more than its declared maximum; what it cannot use goes to the others. A single one can therefore
 * use the whole budget, and those of fixed size, as most linkers emit tables, take nothing from the others. The sum of the initial sizes
 * must be within the budget.
 */
export function shareBudget(items: readonly Pick<Limits, 'initial' | 'maximum'>[], budget: number): number[] {
  let room = budget - items.reduce((sum, { initial }) => sum + initial, 0);
  const wants = items.map(({ initial, maximum }, index) => ({ index, want: (maximum ?? budget) - initial }));
  wants.sort((a, b) => a.want - b.want);
  const shares = items.map(({ initial }) => initial);
  wants.forEach(({ index, want }, done) => {
    const share = Math.min(want, Math.floor(room / (wants.length - done)));
    room -= share;
    shares[index] = (items[index]?.initial ?? 0) + share;
  });
  return shares;
}

/** Returns a copy of the body with the edits applied. They must be in order and must not overlap. */
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
