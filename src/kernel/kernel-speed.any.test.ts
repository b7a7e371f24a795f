import { describe, expect, test } from 'vitest';
import { bytesAt, newKernel, type TestKernel } from './kernel.test-kernel.js';

// Times are printed, never asserted: a busy machine is no fault of the kernel. What must hold is asserted on memory.

const rounds = 100_000;
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

/** Nanoseconds for one free, one alloc and one length, in turn on each of the first `turning` blocks. */
function churn(kernel: TestKernel, blocks: BigInt64Array, turning: number): number {
  const turn = () => {
    for (let index = 0; index < rounds; index++) {
      const slot = index % turning;
      kernel.free(blocks[slot] ?? 0n);
      const handle = kernel.alloc(lengthAt(index * 31));
      kernel.length(handle);
      blocks[slot] = handle;
    }
  };
  turn();
  const start = performance.now();
  turn();
  return ((performance.now() - start) * 1e6) / rounds;
}

function milliseconds(action: () => void): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

describe('the cost of', () => {
  test('an alloc, a length and a free does not depend on how many blocks there are', () => {
    const kernel = newKernel();
    churn(kernel, filled(kernel, few), few); // The engine compiles.
    const ofFew = churn(kernel, filled(kernel, few), few);
    const ofMany = churn(kernel, filled(kernel, many), few);
    const ofAll = churn(kernel, filled(kernel, many), many);
    console.log(
      `alloc + length + free: ${ofFew.toFixed(0)} ns with ${few} blocks; with ${many} blocks ` +
        `${ofMany.toFixed(0)} ns on ${few} of them (${(ofMany / ofFew).toFixed(2)} times), ` +
        // 30 MB, so each of these is a miss in the processor's cache or two.
        `${ofAll.toFixed(0)} ns on all in turn (${(ofAll / ofFew).toFixed(2)} times)`,
    );
    expect(ofMany).toBeGreaterThan(0);
  });

  test('memory is bounded while blocks of mixed sizes come and go', () => {
    const kernel = newKernel();
    for (const live of [few, 1_000, many]) {
      churn(kernel, filled(kernel, live), live);
      // On average 200 bytes and a header. Few blocks fill the page that the reference starts with before one is reused.
      const perBlock = Number(kernel.used_bytes()) / live;
      expect(perBlock).toBeLessThan(live === few ? 7_000 : live === 1_000 ? 1_500 : 450);
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
