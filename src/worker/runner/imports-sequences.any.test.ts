import { expect, test } from 'vitest';
import { SequenceRunner } from './imports.test-sequences.js';

const sequences = 3_000;
const seed = Date.now() & 0x3fff_ffff;

// The Node test beside this one runs 1,000,000.
test(`${sequences} random sequences of imports do what the reference does`, { timeout: 120_000 }, () => {
  const runner = new SequenceRunner(
    (one, other) => one.length === other.length && one.every((byte, index) => byte === other[index]),
  );
  console.log(`sequences from ${seed}`);
  for (let number = seed; number < seed + sequences; number++) runner.run(number);
  expect(runner.counts.reusedWhole + runner.counts.reusedTail).toBeGreaterThan(10);
});
