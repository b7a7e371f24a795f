import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { runCountOfProof } from '../../contract/test-runs.js';
import { SequenceRunner } from './imports.test-sequences.js';

const batches = 10;
const perBatch = runCountOfProof(100_000);
const seed = Date.now() & 0x3fff_ffff;

describe('1,000,000 random sequences of imports do what the reference does', () => {
  for (let batch = 0; batch < batches; batch++) {
    test(`batch ${batch + 1} of ${batches}`, { timeout: 120_000 }, () => {
      const runner = new SequenceRunner((one, other) => Buffer.compare(one, other) === 0);
      const start = seed + batch * perBatch;
      for (let number = start; number < start + perBatch; number++) {
        try {
          runner.run(number);
        } catch (error) {
          throw new Error(`sequence ${number}`, { cause: error });
        }
      }
      if (batch === 0) console.log(`sequences from ${seed}: ${JSON.stringify(runner.counts)}`);
      // Otherwise the decisions were never compared.
      for (const count of Object.values(runner.counts)) expect(count).toBeGreaterThan(perBatch / 1_000);
    });
  }
});
