import { expect, test } from 'vitest';
import { compileKernel, Kernel } from '../../kernel/kernel.js';
import { warmUp } from './warm-up.js';

test('the warm-up returns the output of its plug-in and resets the kernel completely', async () => {
  const kernel = new Kernel(compileKernel(), null);
  const [output, , vars, error] = await warmUp(kernel);
  expect([output, vars, error]).toEqual([Uint8Array.of('i'.charCodeAt(0)), null, null]);
  const fresh = new Kernel(compileKernel(), null);
  fresh.exports.host_reset();
  expect(kernel.exports.memory.buffer.byteLength).toBe(fresh.exports.memory.buffer.byteLength);
  expect(kernel.exports.host_used()).toBe(fresh.exports.host_used());
  // The same allocations return the same addresses and contents. Otherwise a plug-in could read data that it never wrote.
  const places = [kernel, fresh].map((one) => {
    one.begin(new TextEncoder().encode('another input'));
    return [one.exports.host_alloc(40), one.exports.host_alloc(9)].map((address) => [
      address,
      Array.from(one.block(BigInt(address)) ?? []),
    ]);
  });
  expect(places[0]).toEqual(places[1]);
});
