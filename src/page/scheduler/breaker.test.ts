import { expect, test } from 'vitest';
import { Breaker } from './breaker.js';

test('so many deaths inside the window are too many, one less is not', () => {
  const breaker = new Breaker({ failures: 3, windowMs: 100 });
  expect([0, 50, 100].map((at) => breaker.died(at))).toEqual([false, false, true]);
});

test('deaths that are further apart than the window do not add up', () => {
  const breaker = new Breaker({ failures: 3, windowMs: 100 });
  expect([0, 50, 101, 152, 203].map((at) => breaker.died(at))).toEqual([false, false, false, false, false]);
  expect(breaker.died(204)).toBe(true);
});

test('a call that ends well begins the count anew; without a breaker nothing is too many', () => {
  const breaker = new Breaker({ failures: 2, windowMs: 100 });
  expect(breaker.died(0)).toBe(false);
  breaker.reset();
  expect(breaker.died(1)).toBe(false);
  const none = new Breaker(null);
  expect(Array.from({ length: 9 }, (_, at) => none.died(at))).not.toContain(true);
});
