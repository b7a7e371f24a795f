/** Results of raw host functions, which allocate in the plug-in's memory while the plug-in frees blocks twice. */
import type { CallContext } from 'tenon';
import type { CallContext as DropInContext } from 'tenon/extism';
import { equal } from '../assert.js';
import { numberOf, openDropIn } from '../fixtures.js';
import { spec } from '../harness.js';
import { eachWay, skipWithoutWaiting } from '../waiting.js';

const turns = 50;

/** From 1 to 6,000 bytes, so that the plug-in's memory has to grow and freed blocks are reused. */
function resultOf(turn: number): Uint8Array<ArrayBuffer> {
  const length = ((turn * 977) % 6_000) + 1;
  return new Uint8Array(length).fill(length & 255);
}

const sum = Array.from({ length: turns }, (_, turn) => resultOf(turn).length).reduce((one, other) => one + other);

eachWay('host results, library: results keep their bytes while other blocks are freed twice', async (context) => {
  const ask = (call: CallContext, handle: bigint): bigint => {
    const spare = call.alloc(100);
    const result = call.store(resultOf(call.read(handle)?.[0] ?? 0));
    call.free(spare);
    return result;
  };
  const plugin = await context.openWaitingHost().createPlugin(context.url('/fixtures/field_host_results.wasm'), {
    cache: 'off',
    functions: { 'extism:host/user': { ask } },
  });
  for (const turn of ['first', 'second']) equal(numberOf(await plugin.call('ask_often')), BigInt(sum), `${turn} call`);
});

spec('host results, drop-in: results keep their bytes while other blocks are freed twice', async (context) => {
  await skipWithoutWaiting(context);
  const ask = (call: DropInContext, handle: bigint): bigint =>
    call.store(resultOf(call.read(handle)?.getUint8(0) ?? 0));
  const plugin = await openDropIn(context, 'field_host_results', { functions: { 'extism:host/user': { ask } } });
  equal((await plugin.call('ask_often'))?.getBigUint64(0, true), BigInt(sum), 'bytes of all results');
});
