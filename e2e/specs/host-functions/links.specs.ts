/** Waiting for the page from inside linked modules, and host functions that need no page. */
import { hostFunction, isPluginError } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { numberInput, numberOf, openHost, sharedHost, openLinked } from '../fixtures.js';
import { spec } from '../harness.js';
import { eachWay } from '../waiting.js';

const ping = hostFunction({
  params: [],
  result: 'i64',
  handler: async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return 42n;
  },
});
const functions = { 'extism:host/user': { ping } };

function linked(url: (path: string) => string, main: string, dep: string) {
  return {
    wasm: [
      { name: 'dep', url: url(`/fixtures/${dep}.wasm`) },
      { name: 'main', url: url(`/fixtures/${main}.wasm`) },
    ],
  };
}

eachWay('a linked module waits for a host function', async ({ openWaitingHost, url }) => {
  const source = linked(url, 'link_main_function', 'link_dep_host_function');
  const plugin = await openWaitingHost().createPlugin(source, { cache: 'off', functions });
  equal(numberOf(await plugin.call('call_forty_two')), 42n, 'a function');
  equal(numberOf(await plugin.call('call_count')), 42n, 'another');
});

eachWay('modules that import each other wait for a host function, in calls and in start sections', async (context) => {
  const source = linked(context.url, 'link_main_circle', 'link_dep_circle');
  const plugin = await context.openWaitingHost().createPlugin(source, { cache: 'off', functions });
  equal(numberOf(await plugin.call('go', numberInput(0n))), 42n, 'no step');
  equal(numberOf(await plugin.call('go', numberInput(1n))), 84n, 'one step, and what the start section received');
});

eachWay('each call of a command module meets a fresh instance, which may wait for the page', async (context) => {
  const source = linked(context.url, 'link_main_function', 'link_dep_command_host');
  const plugin = await context.openWaitingHost().createPlugin(source, { cache: 'off', functions });
  for (let round = 0; round < 3; round += 1) {
    equal(numberOf(await plugin.call('call_count')), 11n, 'a count that starts at 10 each time');
  }
  equal(numberOf(await plugin.call('call_forty_two')), 42n, 'a host function');
});

spec('each call of a command module meets a fresh instance', async (context) => {
  const plugin = await openLinked(context, ['link_main_function', 'link_dep_command']);
  equal(numberOf(await plugin.call('call_count')), 1n, 'a count');
  equal(numberOf(await plugin.call('call_count')), 1n, 'the next');
  equal(numberOf(await plugin.call('call_forty_two')), 42n, 'another function');
});

spec('functions of a host module run in the worker, on any page', async (context) => {
  const lines: string[] = [];
  const host = openHost(context);
  const options = {
    cache: 'off',
    hostModule: context.url('/host-module.mjs'),
    config: { from: 'the worker' },
    onLog: ({ message }: { readonly message: string }) => lines.push(message),
  } as const;
  const greeter = await host.createPlugin(context.url('/fixtures/host_function.wasm'), options);
  equal((await greeter.call('call_greet', 'you')).text(), 'hello you, the worker', 'memory and config');
  const own = await host.createPlugin(context.url('/fixtures/host_function_own_namespace.wasm'), options);
  equal(numberOf(await own.call('call_ping')), 99n, 'a namespace of its own');
  const values = await host.createPlugin(context.url('/fixtures/host_values.wasm'), options);
  equal((await values.call('raw_and_var', 'abc')).text(), 'cba', 'a var');
  equal(lines, ['3 bytes, fetch is undefined'], 'log, from a worker without network');
  const error = await failsWith(values.call('call_raw', 'throw'), 'host-function');
  equal(error.message, 'not in here', 'message');
  equal((await values.call('call_text', 'next')).text(), 'next', 'the next call');
});

spec('a host module that cannot be imported says so', async (context) => {
  const hostModule = context.url('/absent.mjs');
  const opening = sharedHost(context).createPlugin(context.url('/fixtures/host_function.wasm'), { hostModule });
  const error = await failsWith(opening, 'host-function');
  contains(error.message, hostModule, 'message');
});

spec('where nothing lets a plug-in wait, one that needs the page is refused with the ways out', async (context) => {
  if (context.engine !== 'webkit' || context.isolated) context.skip('this page has a way to wait');
  if (navigator.serviceWorker?.controller) context.skip('this page has a service worker that holds requests');
  const opening = sharedHost(context).createPlugin(context.url('/fixtures/host_function_in_initialize.wasm'), {
    functions,
  });
  const error = await failsWith(opening, 'cannot-wait');
  for (const part of ['"extism:host/user" "ping"', 'serveLongPolledRequests', 'hostModule', 'COOP']) {
    contains(`${error.message} ${error.fix ?? ''}`, part, part);
  }
});

spec('a way of waiting that the page does not have is refused by name', async (context) => {
  const host = openHost(context, { waiting: context.isolated ? 'long-poll' : 'atomics' });
  if (context.isolated && navigator.serviceWorker?.controller) context.skip('this page has every way');
  const opening = host.createPlugin(context.url('/fixtures/host_function_in_initialize.wasm'), { functions });
  const error = await failsWith(opening, 'unsupported');
  contains(error.message, context.isolated ? '"long-poll"' : '"atomics"', 'message');
});

spec('a plug-in that imports none of the functions it is offered needs no way of waiting', async (context) => {
  const host = openHost(context, { waiting: context.isolated ? 'long-poll' : 'atomics' });
  const shared = { ...functions, acme: { raw: () => 1n } };
  const plugin = await host.createPlugin(context.url('/plugins/echo.wasm'), { functions: shared });
  equal((await plugin.call('echo', 'alone')).text(), 'alone', 'output');
});

/** What a worker whose guest has broken out might ask in its second call, before the question itself. */
const lies = [
  "[9, 'call', 0, []]",
  "[2, 'constructor', 0, []]",
  "[2, 'call', '__proto__', []]",
  "[2, 'call', 0, [{ constructor: 1 }]]",
  "[2, 'raw', 0, [], null, []]",
  "[2, 'call', 0, []]",
  '[]',
];

eachWay('a worker that asks out of turn fails its plug-in, and nothing else', async (context) => {
  const prototype = Object.getOwnPropertyNames(Object.prototype).join();
  const source = context.url('/fixtures/host_function_own_namespace.wasm');
  const options = { cache: 'off', functions: { acme: { ping } } } as const;
  const good = await context.openWaitingHost().createPlugin(source, options);
  for (const lie of lies) {
    const forged = `
      import ${JSON.stringify(context.url('/dist/worker.js'))};
      const post = self.postMessage;
      let asked = 0;
      self.postMessage = (message, transfer) => {
        if (typeof message?.[0] === 'number') asked += 1;
        if (asked === 2) post.call(self, ${lie});
        return post.call(self, message, transfer ?? []);
      };
    `;
    const host = context.openWaitingHost({
      worker: (script) =>
        script === 'loader'
          ? new Worker(context.url('/dist/loader.js'), { type: 'module' })
          : new Worker(URL.createObjectURL(new Blob([forged], { type: 'text/javascript' })), { type: 'module' }),
    });
    const bad = await host.createPlugin(source, options);
    equal(numberOf(await bad.call('call_ping')), 42n, `the first call before ${lie}`);
    const error = await bad.call('call_ping').then(
      () => null,
      (thrown: unknown) => thrown,
    );
    check(isPluginError(error, 'protocol'), `${lie} gave ${String(error)}`);
    equal(numberOf(await good.call('call_ping')), 42n, 'another plug-in');
    equal(numberOf(await bad.call('call_ping')), 42n, 'its next call, on a new worker');
    await host.close();
  }
  equal(Object.getOwnPropertyNames(Object.prototype).join(), prototype, 'Object.prototype');
});
