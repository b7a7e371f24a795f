import { describe, expect, test } from 'vitest';
import { bytesAt, newKernel, positionOf, type TestKernel } from './kernel.test-kernel.js';

// Times are compared only within one run, the shortest of several: a busy machine is no fault of the kernel.

const rounds = 100_000;
/** So many that no slice is shorter than a few steps of a browser's clock (1 ms in Firefox). */
const sliceRounds = 100_000;
const slices = 8;
const many = 100_000;
const few = 10;
const largeBytes = 64 * 1_048_576;

/** Lengths from 1 to 400, in an order without a pattern. */
function lengthAt(index: number): bigint {
  return BigInt(((index * 7_919) % 400) + 1);
}

/** A kernel after a reset, with `live` blocks in use, and their handles. */
function filled(kernel: TestKernel, live: number): BigInt64Array {
  kernel.reset();
  return BigInt64Array.from({ length: live }, (_value, index) => kernel.alloc(lengthAt(index)));
}

/** One free, one alloc and one length, in turn on each of the first `turning` blocks. */
function churn(kernel: TestKernel, blocks: BigInt64Array, turning: number, turns: number): void {
  for (let index = 0; index < turns; index++) {
    const slot = index % turning;
    kernel.free(blocks[slot] ?? 0n);
    const handle = kernel.alloc(lengthAt(index * 31));
    kernel.length(handle);
    blocks[slot] = handle;
  }
}

/** Nanoseconds for one free, one alloc and one length once blocks are reused: the mean of the fastest slice. */
function fastest(kernel: TestKernel, blocks: BigInt64Array, turning: number): number {
  churn(kernel, blocks, turning, rounds);
  const times = Array.from({ length: slices }, () => milliseconds(() => churn(kernel, blocks, turning, sliceRounds)));
  return (Math.min(...times) * 1e6) / sliceRounds;
}

function milliseconds(action: () => void): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

describe('the cost of', () => {
  test('an alloc, a length and a free does not grow with how many blocks there are', () => {
    const kernel = newKernel();
    fastest(kernel, filled(kernel, few), few); // The engine compiles.
    const ofFew = fastest(kernel, filled(kernel, few), few);
    const ofMany = fastest(kernel, filled(kernel, many), few);
    const ofAll = fastest(kernel, filled(kernel, many), many);
    console.log(
      `alloc + length + free: ${ofFew.toFixed(0)} ns with ${few} blocks; with ${many} blocks ` +
        `${ofMany.toFixed(0)} ns on ${few} of them (${(ofMany / ofFew).toFixed(2)} times), ` +
        // 30 MB, so each of these is a miss in the processor's cache or two.
        `${ofAll.toFixed(0)} ns on all in turn (${(ofAll / ofFew).toFixed(2)} times)`,
    );
    // A walk over all blocks takes thousands of times as long.
    expect(ofMany / ofFew).toBeLessThan(20);
    expect(ofAll / ofFew).toBeLessThan(100);
  });

  test('memory is what the reference takes, and the index, while blocks of mixed sizes come and go', () => {
    const kernel = newKernel();
    for (const live of [few, 1_000, many]) {
      const blocks = filled(kernel, live);
      churn(kernel, blocks, live, rounds);
      const used = Number(kernel.used_bytes());
      // The index takes 9 bytes for each 256 and covers up to twice the blocks; earlier ones are as large together.
      expect(used / positionOf(kernel)).toBeLessThan(1 + (4 * 9) / 256);
      churn(kernel, blocks, live, rounds);
      expect(Number(kernel.used_bytes()) / used).toBeLessThan(1.05);
    }
  });

  test('memory is the same for the second hundred thousand blocks as for the first', () => {
    const kernel = newKernel();
    const fill = () => Array.from({ length: many }, (_value, index) => kernel.alloc(lengthAt(index)));
    const blocks = fill();
    const used = kernel.used_bytes();
    for (const handle of blocks) kernel.free(handle);
    expect(fill().every((handle) => handle !== 0n)).toBe(true);
    // The index has its room too.
    expect(kernel.used_bytes()).toBeLessThan(used + used / 32n);
  });

  test('reset is back to normal at the second one after a call of 64 MiB', () => {
    const kernel = newKernel();
    const small = () => {
      kernel.alloc(100n);
      return milliseconds(() => kernel.reset());
    };
    const before = small();
    const handle = kernel.alloc(BigInt(largeBytes));
    bytesAt(kernel, handle, largeBytes).fill(1);
    const large = milliseconds(() => kernel.reset());
    kernel.alloc(100n);
    expect(kernel.used_bytes()).toBeLessThan(2_000n);
    const after = small();
    console.log(
      `reset: ${before.toFixed(3)} ms after a small call, ${large.toFixed(3)} ms after 64 MiB, then ${after.toFixed(3)} ms`,
    );
  });
});
