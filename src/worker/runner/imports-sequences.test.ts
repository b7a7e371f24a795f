import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { runCount } from '../../contract/test-runs.js';
import { SequenceRunner } from './imports.test-sequences.js';

const batches = 10;
/** All of them in `npm test` too, unlike other property tests: plug-ins get wrong data where the kernel differs from the reference. */
const perBatch = inject('runShare') < 0.1 ? runCount(100_000) : 100_000;
const seed = Date.now() & 0x3fff_ffff;

/** Guest failures are frequent here, and their stacks, which nobody reads, take a quarter of the time. */
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

describe(`${batches * perBatch} random sequences of import calls have the same results as in the reference`, () => {
  for (let batch = 0; batch < batches; batch++) {
    test(`batch ${batch + 1} of ${batches}`, { timeout: 300_000 }, () => {
      const runner = new SequenceRunner((one, other) => Buffer.compare(one, other) === 0);
      const start = seed + batch * perBatch;
      for (let number = start; number < start + perBatch; number++) {
        try {
          runner.run(number);
        } catch (error) {
          throw new Error(`Sequence ${number} differs from the reference`, { cause: error });
        }
      }
      if (batch === 0) console.log(`sequences from ${seed}: ${JSON.stringify(runner.counts)}`);
      // Each case must have occurred often enough to be compared.
      for (const count of Object.values(runner.counts)) expect(count).toBeGreaterThan(perBatch / 1_000);
    });
  }
});
