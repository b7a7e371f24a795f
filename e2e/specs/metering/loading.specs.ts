/** Metering as modules are loaded: without meter.js, and what is kept of it for the next time. */
import type { Host } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { openHost } from '../fixtures.js';
import { spec } from '../harness.js';
import { bytesOf, cacheKeys, cacheRecord, ownModule, writeCacheRecord } from '../loading/load-kit.js';
import { openHostWithoutMeter } from './without-meter.js';

spec('a module that could not be metered is not treated as metered', async (context) => {
  const host = openHostWithoutMeter(context, true, 1);
  const source = await bytesOf(context, '/fixtures/loop_in_call.wasm');
  const options = { metering: true, timeoutMs: 200, circuitBreaker: false } as const;
  const first = await host.createPlugin(source, options);
  equal((await first.inspect()).modules[0]?.metered, false, 'without meter.js');
  equal(first.stats().metering, null, 'as stats say');
  const second = await host.createPlugin(source, options);
  equal((await second.inspect()).modules[0]?.metered, true, 'with meter.js again');
  equal(second.stats().metering, 'interrupt', 'as stats say');
  await failsWith(second.call('loop_empty'), 'timeout');
  const third = await host.createPlugin(source, { metering: false });
  equal((await third.inspect()).modules[0]?.metered, false, 'where it is not wanted');
});

spec('where metering is asked for, a plug-in without meter.js does not load', async (context) => {
  const source = await bytesOf(context, '/fixtures/loop_in_call.wasm');
  const host = openHostWithoutMeter(context, false);
  const error = await failsWith(host.createPlugin(source, { metering: true, cache: 'off' }), 'asset-failed');
  contains(error.message, 'no-such-part.js', 'the message');
});

spec('metered code is kept: the next start does not even load meter.js', async (context) => {
  if (!context.secure) context.skip('no databases worth testing where hashing is slow');
  const source = await ownModule(context, 32, '/fixtures/loop_in_call.wasm');
  const options = { metering: true } as const;
  await (await openHost(context).createPlugin(source, options)).call('ok');
  const { key, hash } = await untilMeteredKept(source);
  const isStopped = async (host: Host): Promise<void> => {
    const plugin = await host.createPlugin(source, options);
    equal((await plugin.inspect()).modules[0]?.metered, true, 'metered');
    await failsWith(plugin.call('loop_empty', '', { timeoutMs: 60 }), 'timeout');
    await plugin.call('ok');
  };
  await isStopped(openHostWithoutMeter(context, false));
  await failsWith(
    openHostWithoutMeter(context, false).createPlugin(source, { ...options, memory: { maxPages: 77 } }),
    'asset-failed',
  );
  // One byte of what was kept is another.
  const kept = await cacheRecord('tenon-bytes', hash);
  const bytes = kept instanceof Blob ? await kept.arrayBuffer() : kept;
  check(bytes instanceof ArrayBuffer, 'the metered bytes are kept');
  const flipped = new Uint8Array(bytes.slice());
  flipped[flipped.length - 1] = (flipped[flipped.length - 1] ?? 0) ^ 1;
  await writeCacheRecord('tenon-bytes', hash, flipped.buffer);
  await failsWith(openHostWithoutMeter(context, false).createPlugin(source, options), 'asset-failed');
  await isStopped(openHost(context));
  equal((await untilMeteredKept(source)).key, key, 'the key, as before');
});

/** Waits until the metered version of a module is kept: by which key, and by which hash. */
async function untilMeteredKept(source: Uint8Array<ArrayBuffer>): Promise<{ key: string; hash: string }> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', source));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const isOurs = (key: IDBValidKey): key is string => typeof key === 'string' && key.endsWith(`/interrupt/${sha256}`);
  const until = performance.now() + 30_000;
  for (;;) {
    const key = (await cacheKeys('tenon-urls')).find(isOurs);
    const hash = key === undefined ? undefined : await cacheRecord('tenon-urls', key);
    if (key !== undefined && typeof hash === 'string') return { key, hash };
    check(performance.now() < until, `nothing metered is kept of ${sha256} after 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
