/** What the host does for a plug-in in one call has limits, which no guest can catch: host calls and HTTP requests. */
import { hostFunction, type HostFunctions, type Plugin, type PluginOptions } from 'tenon';
import { contains, equal, failsWith } from '../assert.js';
import { numberInput, openFixture, openLinked } from '../fixtures.js';
import { spec, type SpecContext } from '../harness.js';
import { openLibrary, pluginManifest } from '../library/library-kit.js';
import { eachWay, type WaitingContext } from '../waiting.js';

const limit = 20;
/** Calls end by the limit, and a failure to do so by a time limit. */
const limited: PluginOptions = { maxHostCalls: limit, timeoutMs: 10_000, circuitBreaker: false, logLevel: 'info' };

/** Expects that a call of `name` may make `limit` host calls, that neither one more nor endless ones are made, and that the next call works. */
async function holdsTo(plugin: Plugin, name: string, input: (calls: number) => string): Promise<void> {
  await plugin.call(name, input(limit));
  for (const calls of [limit + 1, 0]) {
    const error = await failsWith(plugin.call(name, input(calls)), 'host-limit');
    contains(error.message, 'maxHostCalls', `message of "${name}"`);
    equal(error.details, { limit }, `details of "${name}"`);
  }
  await plugin.call(name, input(limit));
}

const letters = (calls: number): string => 'x'.repeat(calls);
const counted = ['config', 'read_var', 'delete_var', 'log', 'random', 'clock'];

spec(
  'a call makes as many host calls as maxHostCalls, and a guest that catches everything ends there',
  async (context) => {
    for (const metering of [false, true]) {
      const plugin = await openFixture(context, 'host_work', { ...limited, metering });
      for (const name of counted) await holdsTo(plugin, name, letters);
      // An error that the guest has set does not hide why the call ended.
      await failsWith(plugin.call('error_then_config'), 'host-limit');
      await plugin.call('free_calls', letters(10 * limit));
      equal(plugin.stats().restarts, 0, 'restarts');
    }
  },
);

spec('log lines below the level that is logged are no host calls', async (context) => {
  const plugin = await openFixture(context, 'host_work', { ...limited, logLevel: 'warn' });
  await plugin.call('log', letters(10 * limit));
});

spec('calls of a command module are host calls', async (context) => {
  const plugin = await openLinked(context, ['link_main_commands', 'link_dep_command'], limited);
  await holdsTo(plugin, 'commands', letters);
});

spec('functions of a host module are host calls', async (context) => {
  const source = ['json', 'bytes', 'raw'].map((name) => `export const ${name} = (_context, handle) => handle;`);
  const blob = new Blob([...source, 'export const text = () => { throw new RangeError("no"); };'], {
    type: 'text/javascript',
  });
  const hostModule = URL.createObjectURL(blob);
  context.defer(() => URL.revokeObjectURL(hostModule));
  const plugin = await openFixture(context, 'host_values', { ...limited, hostModule });
  // Each call throws, and the guest goes on until it has made too many.
  const error = await failsWith(plugin.call('keep_asking', 'x'), 'host-limit');
  contains(error.message, 'maxHostCalls', 'message');
  equal((await plugin.call('call_bytes', 'next')).text(), 'next');
});

spec('a plug-in may make as many host calls as it likes unless the app sets a limit', async (context) => {
  const plugin = await openFixture(context, 'host_work', { timeoutMs: 60_000 });
  await plugin.call('random', letters(1_100_000));
});

const handlers: Readonly<Record<string, HostFunctions[string]>> = {
  typed: { text: hostFunction({ params: ['text'], result: 'text', handler: (text) => text }) },
  asynchronous: {
    text: hostFunction({ params: ['text'], result: 'text', handler: async (text) => Promise.resolve(text) }),
  },
  failing: {
    text: hostFunction({
      params: ['text'],
      result: 'text',
      handler: () => {
        throw new RangeError('no');
      },
    }),
  },
  raw: { text: (_context, handle: bigint) => handle },
};

eachWay(
  'host functions of the page are host calls, and a guest that catches everything ends there',
  async (context) => {
    const same = hostFunction({ params: ['bytes'], result: 'bytes', handler: (bytes) => bytes });
    for (const [kind, functions] of Object.entries(handlers)) {
      const plugin = await context.openWaitingHost().createPlugin(context.url('/fixtures/host_values.wasm'), {
        ...limited,
        cache: 'off',
        functions: { 'extism:host/user': { json: same, bytes: same, raw: same, ...functions } },
      });
      const error = await failsWith(plugin.call('keep_asking', 'x'), 'host-limit');
      equal(error.details, { limit }, `details with ${kind} functions (${context.way})`);
      equal((await plugin.call('call_bytes', 'next')).text(), 'next', `the next call with ${kind} functions`);
    }
  },
);

/** Requests `times` times, or for ever. */
function requestOften(url: string, times: number): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify({ url }));
  const input = new Uint8Array(8 + text.length);
  input.set(numberInput(BigInt(times)));
  input.set(text, 8);
  return input;
}

function openRequester(context: WaitingContext, options: PluginOptions): Promise<Plugin> {
  return context.openWaitingHost().createPlugin(context.url('/fixtures/http_request.wasm'), {
    cache: 'off',
    timeoutMs: 20_000,
    circuitBreaker: false,
    ...options,
  });
}

eachWay(
  'a call makes as many HTTP requests as maxRequests, and a guest that catches everything ends there',
  async (context) => {
    let requests = 0;
    const onRequest = (): void => {
      requests += 1;
    };
    const plugin = await openRequester(context, { maxRequests: 3, allowedHosts: [location.hostname], onRequest });
    const url = context.url('/plugins/index.json');
    await plugin.call('request_often', requestOften(url, 3));
    for (const times of [4, 0]) {
      const error = await failsWith(plugin.call('request_often', requestOften(url, times)), 'host-limit');
      contains(error.message, 'maxRequests', 'message');
      equal(error.details, { limit: 3 }, 'details');
    }
    equal(requests, 9, 'requests that were made');
    await plugin.call('request_often', requestOften(url, 3));
  },
);

eachWay('requests that fail count, too: a guest cannot ask for ever for what is not allowed', async (context) => {
  const plugin = await openRequester(context, { maxHostCalls: limit, allowedHosts: ['other.example'] });
  await failsWith(plugin.call('request_often', requestOften(context.url('/plugins/index.json'), 0)), 'host-limit');
});

function installed(context: SpecContext, id: string): Promise<File> {
  return pluginManifest(context, '/fixtures/host_work.wasm', { id });
}

spec(
  'library: a call makes at most 1,000,000 host calls unless the app says otherwise',
  async (context) => {
    const timeoutMs = 60_000;
    const { library } = openLibrary(context, { limits: { timeoutMs } });
    await library.install(await installed(context, 'busy'));
    const plugin = await library.open('busy');
    await plugin.call('random', letters(1_000_000));
    const error = await failsWith(plugin.call('random'), 'host-limit');
    equal(error.details, { limit: 1_000_000 }, 'details');
    await plugin.call('ok');
    const strict = openLibrary(context, { limits: { maxHostCalls: 3 } });
    await strict.library.install(await installed(context, 'strict'));
    const limited = await strict.library.open('strict');
    await limited.call('random', letters(3));
    equal((await failsWith(limited.call('random', letters(4)), 'host-limit')).details, { limit: 3 }, 'details');
  },
  { timeoutMs: 150_000 },
);
