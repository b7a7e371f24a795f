/** Plug-ins of the JavaScript PDK trap in every call after a host import failed: `afterHostFailure` replaces their instance. */
import { type CallContext, hostFunction, type Plugin, type PluginOptions } from 'tenon';
import { check, equal, failsWith } from '../assert.js';
import { numberOf } from '../fixtures.js';
import { openLibrary } from '../library/library-kit.js';
import { bytesOf } from '../loading/load-kit.js';
import { eachWay, type WaitingContext } from '../waiting.js';

interface Opened {
  readonly plugin: Plugin;
  /** The codes of the reasons in `restarted` events. */
  readonly restarts: string[];
}

const ask = hostFunction({
  params: ['text'],
  result: 'text',
  handler: (text) => {
    if (text !== 'fine') throw new Error('the page refuses');
    return text;
  },
});

async function open(context: WaitingContext, options: PluginOptions = {}): Promise<Opened> {
  const plugin = await context.openWaitingHost().createPlugin(context.url('/fixtures/field_js_pdk.wasm'), {
    cache: 'off',
    functions: { 'extism:host/user': { ask } },
    ...options,
  });
  const restarts: string[] = [];
  plugin.addEventListener('restarted', (event) => {
    const { reason } = event.detail;
    restarts.push(reason === 'hibernated' ? reason : reason.code);
  });
  return { plugin, restarts };
}

const callsOf = async (plugin: Plugin): Promise<bigint | undefined> => numberOf(await plugin.call('calls'));

for (const metering of [false, true]) {
  const how = metering ? 'metered' : 'unmetered';

  eachWay(
    `auto replaces a ${how} instance when a call after a host failure traps with unreachable`,
    async (context) => {
      const { plugin, restarts } = await open(context, { metering });
      await failsWith(plugin.call('ask', 'no'), 'host-function');
      equal(plugin.generation, 1, 'generation after the host failure');
      await failsWith(plugin.call('calls'), 'guest-trap');
      equal(await callsOf(plugin), 1n, 'calls of the fresh instance');
      await failsWith(plugin.call('ask', 'no again'), 'host-function');
      await failsWith(plugin.call('calls'), 'guest-trap');
      equal(await callsOf(plugin), 1n, 'calls of the third instance');
      equal(restarts, ['guest-trap', 'guest-trap'], 'reasons');
      equal(plugin.generation, 3, 'generation');
    },
  );

  eachWay(`replace replaces a ${how} instance after each host failure`, async (context) => {
    const { plugin, restarts } = await open(context, { metering, afterHostFailure: 'replace' });
    equal(await callsOf(plugin), 1n, 'the first call');
    equal(numberOf(await plugin.call('ask', 'fine')), 2n, 'a host call that succeeds keeps the instance');
    await failsWith(plugin.call('ask', 'no'), 'host-function');
    equal(await callsOf(plugin), 1n, 'after a host function threw');
    await failsWith(plugin.call('request', '{"url":"https://refused.example/"}'), 'host-not-allowed');
    equal(await callsOf(plugin), 1n, 'after a refused request');
    equal(restarts, ['host-function', 'host-not-allowed'], 'reasons');
    equal(plugin.generation, 3, 'generation');
  });

  eachWay(`vars of a ${how} instance that is replaced after a host failure are kept`, async (context) => {
    const { plugin } = await open(context, { metering, afterHostFailure: 'replace' });
    equal(numberOf(await plugin.call('count')), 1n, 'the first count');
    await failsWith(plugin.call('count_then_ask'), 'host-function');
    equal(numberOf(await plugin.call('count')), 3n, 'the count of the fresh instance');
    await failsWith(plugin.call('ask', 'no'), 'host-function');
    await failsWith(plugin.call('ask', 'no'), 'host-function');
    equal(numberOf(await plugin.call('count')), 4n, 'after two more failures');
  });
}

eachWay('keep leaves the instance as it is after a host failure, also after reset', async (context) => {
  const { plugin, restarts } = await open(context, { afterHostFailure: 'keep' });
  await failsWith(plugin.call('ask', 'no'), 'host-function');
  await failsWith(plugin.call('calls'), 'guest-trap');
  await plugin.reset();
  await failsWith(plugin.call('calls'), 'guest-trap');
  equal(restarts, [], 'restarts');
  equal(plugin.generation, 1, 'generation');
});

eachWay('auto keeps an instance that traps without a host failure', async (context) => {
  const { plugin, restarts } = await open(context);
  await failsWith(plugin.call('trap'), 'guest-trap');
  // Trapped inside as well, but no host import has failed.
  await failsWith(plugin.call('calls'), 'guest-trap');
  await failsWith(plugin.call('calls'), 'guest-trap');
  equal(restarts, [], 'restarts');
});

eachWay('the circuit breaker does not count an instance that is replaced after a host failure', async (context) => {
  const { plugin, restarts } = await open(context, { afterHostFailure: 'replace', circuitBreaker: { failures: 2 } });
  for (let count = 0; count < 5; count++) await failsWith(plugin.call('ask', 'no'), 'host-function');
  equal(await callsOf(plugin), 1n, 'calls');
  equal(restarts.length, 5, 'restarts');
});

eachWay('each of several instances is replaced by itself after a host failure', async (context) => {
  const { plugin } = await open(context, { afterHostFailure: 'replace', concurrency: 2 });
  const ended = await Promise.allSettled(
    Array.from({ length: 12 }, (_, index) => plugin.call('ask', index % 3 === 0 ? 'no' : 'fine')),
  );
  equal(ended.filter(({ status }) => status === 'rejected').length, 4, 'failed calls');
  equal(plugin.generation, 5, 'generation');
  check((await callsOf(plugin)) !== undefined, 'a call succeeds');
});

eachWay(
  'a plug-in whose instance was discarded after a host failure hibernates and wakes with its vars',
  async (context) => {
    const host = context.openWaitingHost({ maxLive: 1 });
    const options = { cache: 'off', functions: { 'extism:host/user': { ask } }, hibernate: true } as const;
    const url = context.url('/fixtures/field_js_pdk.wasm');
    const plugin = await host.createPlugin(url, { ...options, afterHostFailure: 'replace' });
    await failsWith(plugin.call('count_then_ask'), 'host-function');
    const other = await host.createPlugin(url, options);
    equal(await callsOf(other), 1n, 'the other plug-in');
    equal(plugin.state, 'hibernating', 'state');
    equal(numberOf(await plugin.call('count')), 2n, 'the count after waking');
  },
);

eachWay('a call that times out in a host function counts as a host failure', async (context) => {
  const slow = (call: CallContext): Promise<bigint> =>
    new Promise((resolve) => {
      call.signal.addEventListener('abort', () => resolve(0n), { once: true });
    });
  const { plugin } = await open(context, {
    afterHostFailure: 'replace',
    functions: { 'extism:host/user': { ask: slow } },
  });
  await failsWith(plugin.call('ask', 'slow', { timeoutMs: 500 }), 'timeout');
  equal(await callsOf(plugin), 1n, 'calls');
  equal(plugin.generation, 2, 'generation');
});

eachWay('the library replaces an instance after a host failure', async (context) => {
  const { library } = openLibrary(context, {
    host: context.openWaitingHost(),
    options: () => ({ functions: { 'extism:host/user': { ask } } }),
  });
  const bytes = await bytesOf(context, '/fixtures/field_js_pdk.wasm');
  const { id } = await library.install(new File([bytes], 'js.wasm'));
  const plugin = await library.open(id);
  await failsWith(plugin.call('ask', 'no'), 'host-function');
  equal(numberOf(await plugin.call('calls')), 1n, 'calls');
});
