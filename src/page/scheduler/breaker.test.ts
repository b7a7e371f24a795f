import { expect, test } from 'vitest';
import { Breaker } from './breaker.js';

test('trips at `failures` crashes within the window, and not at one less', () => {
  const breaker = new Breaker({ failures: 3, windowMs: 100 });
  expect([0, 50, 100].map((at) => breaker.died(at))).toEqual([false, false, true]);
});

test('does not count crashes that are older than the window', () => {
  const breaker = new Breaker({ failures: 3, windowMs: 100 });
  expect([0, 50, 101, 152, 203].map((at) => breaker.died(at))).toEqual([false, false, false, false, false]);
  expect(breaker.died(204)).toBe(true);
});

test('reset sets the count to 0; without options it never trips', () => {
  const breaker = new Breaker({ failures: 2, windowMs: 100 });
  expect(breaker.died(0)).toBe(false);
  breaker.reset();
  expect(breaker.died(1)).toBe(false);
  const none = new Breaker(null);
  expect(Array.from({ length: 9 }, (_, at) => none.died(at))).not.toContain(true);
});
