import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAllZero, newKernel, type TestKernel } from './kernel.test-kernel.js';
import { choiceOf, KernelModel } from './kernel.test-model.js';
import { Vandal } from './kernel.test-vandal.js';

const runs = 1_000;
const operationsPerRun = 1_000;
const seed = Date.now() & 0x7fff_ffff;

const operations = fc.array(fc.noBias(fc.integer({ min: 0, max: 0xffff_ffff })), {
  minLength: operationsPerRun,
  maxLength: operationsPerRun,
  size: 'max',
});

/**
 * One kernel for each cap, because memory never shrinks. All runs with that cap share it: so reset is tested as often,
 * and Chromium, which holds about 125 memories in a page, has enough.
 */
function kernelsByCap(): (maxPages: number) => TestKernel {
  const kernels = new Map<number, TestKernel>();
  return (maxPages) => {
    const kernel = kernels.get(maxPages) ?? newKernel();
    kernels.set(maxPages, kernel);
    return kernel;
  };
}

const caps = fc.integer({ min: 1, max: 10 });

describe('random operations', () => {
  test(
    '1,000,000 of them, with stores only inside live blocks and a cap that is reached, do what a plain model does',
    { timeout: 240_000 },
    () => {
      const kernelFor = kernelsByCap();
      let done = 0;
      let refusals = 0;
      fc.assert(
        fc.property(caps, operations, (maxPages, numbers) => {
          const kernel = kernelFor(maxPages);
          const model = new KernelModel(kernel, { maxPages });
          for (const number of numbers) {
            model.run(choiceOf(number));
            done++;
          }
          refusals += model.refusals;
          model.finish();
          expect(isAllZero(kernel)).toBe(true);
        }),
        { numRuns: runs, seed, endOnFailure: true },
      );
      console.log(`kernel model: seed ${seed}, ${refusals} refusals`);
      expect(done).toBe(runs * operationsPerRun);
      // Else the cap was never tested.
      expect(refusals).toBeGreaterThan(1_000);
    },
  );

  test(
    'with stores anywhere, over headers and links too, never trap, hang or leave memory',
    { timeout: 240_000 },
    () => {
      console.log(`kernel vandal: seed ${seed}`);
      const kernelFor = kernelsByCap();
      fc.assert(
        fc.property(caps, fc.bigInt(0n, 2n ** 64n - 1n), operations, (maxPages, secret, numbers) => {
          const kernel = kernelFor(maxPages);
          const vandal = new Vandal(kernel, { maxPages, secret });
          for (const number of numbers) vandal.run(choiceOf(number));
          vandal.check(0n);
          kernel.reset();
          expect(isAllZero(kernel)).toBe(true);
          const handle = kernel.alloc(100n);
          expect(kernel.length(handle)).toBe(100n);
        }),
        { numRuns: runs, seed, endOnFailure: true },
      );
    },
  );
});
