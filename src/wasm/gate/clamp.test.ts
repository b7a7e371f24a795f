import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Limits } from '../reader/limits.js';
import { shareBudget } from './clamp.js';
import { runCount } from '../../contract/test-runs.js';

const table = fc
  .tuple(fc.nat(50), fc.option(fc.nat(200)))
  .map(([initial, more]): Limits => ({ start: 0, end: 0, initial, maximum: more === null ? null : initial + more }));
const tables = fc.array(table, { minLength: 1, maxLength: 16 });
const seed = Date.now() % 2 ** 31;

test(`tables share a budget within their limits, and use all of it (100,000 runs, seed ${seed})`, () => {
  const check = (limits: readonly Limits[], extra: number): void => {
    const initial = limits.reduce((sum, one) => sum + one.initial, 0);
    const budget = initial + extra;
    const shares = shareBudget(limits, budget);
    const total = shares.reduce((sum, share) => sum + share, 0);
    // The sum is within the budget, and each share is between the table's initial size and its declared maximum.
    expect(total <= budget).toBe(true);
    expect(shares.every((share, at) => share >= (limits[at]?.initial ?? 0))).toBe(true);
    expect(shares.every((share, at) => share <= (limits[at]?.maximum ?? budget))).toBe(true);
    // No entry remains unused while a table could still use it.
    const full = shares.every((share, at) => share === limits[at]?.maximum);
    expect(full || total === budget).toBe(true);
  };
  fc.assert(fc.property(tables, fc.nat(2_000), check), { numRuns: runCount(100_000), seed });
});
