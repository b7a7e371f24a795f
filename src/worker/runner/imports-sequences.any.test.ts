import { expect, test } from 'vitest';
import { SequenceRunner } from './imports.test-sequences.js';

const sequences = 3_000;
const seed = Date.now() & 0x3fff_ffff;

// imports-sequences.test.ts runs 1,000,000 in Node, as part of `npm test`.
test(
  `${sequences} random sequences of import calls have the same results as in the reference`,
  { timeout: 120_000 },
  () => {
    const runner = new SequenceRunner(
      (one, other) => one.length === other.length && one.every((byte, index) => byte === other[index]),
    );
    console.log(`sequences from ${seed}`);
    for (let number = seed; number < seed + sequences; number++) runner.run(number);
    expect(runner.counts.reusedWhole + runner.counts.reusedTail).toBeGreaterThan(10);
  },
);
