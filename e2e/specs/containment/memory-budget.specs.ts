/** Memory is limited over all memories of a plug-in, and over all plug-ins of a host. */
import type { Plugin } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { decodeProbe } from '../../fixtures/probe.js';
import { numberInput, numberOf, openFixture, openHost, openLinked } from '../fixtures.js';
import { spec } from '../harness.js';
import { bytesOf, KeptPath } from '../loading/load-kit.js';

const pageBytes = 65_536;
const cache = 'off';

async function pagesOf(plugin: Plugin): Promise<readonly (bigint | undefined)[]> {
  return decodeProbe((await plugin.call('fill_both')).bytes());
}

spec(
  'all memories of a plug-in together grow to maxPages: each keeps its initial size, and the rest is divided',
  async (context) => {
    const linked = ['link_main_growth', 'link_dep_growth'] as const;
    for (const [maxPages, pages] of [
      [5, [2n, 3n]],
      [6, [3n, 3n]],
      [25, [12n, 13n]],
    ] as const) {
      for (const metering of [false, true]) {
        const plugin = await openLinked(context, linked, { memory: { maxPages }, metering });
        equal(await pagesOf(plugin), pages, `pages under maxPages ${maxPages}`);
        const { modules } = await plugin.inspect();
        equal(
          modules.map(({ memories }) => memories[0]?.maximum),
          [Number(pages[1]), Number(pages[0])],
          'maxima',
        );
      }
    }
    // A host of its own, because one module may still be loading when the other is refused.
    const wasm = [
      { name: 'dep', url: context.url('/fixtures/link_dep_growth.wasm') },
      { name: 'main', url: context.url('/fixtures/link_main_growth.wasm') },
    ];
    await failsWith(openHost(context).createPlugin({ wasm }, { cache, memory: { maxPages: 4 } }), 'memory-limit');
  },
);

spec('modules that share maxPages are requested once', async (context) => {
  const [dep, main] = await Promise.all(
    (['link_dep_growth', 'link_main_growth'] as const).map(async (name) =>
      KeptPath.make(context, await bytesOf(context, `/fixtures/${name}.wasm`)),
    ),
  );
  if (dep === undefined || main === undefined) throw new Error('no paths');
  const wasm = [
    { name: 'dep', url: dep.url },
    { name: 'main', url: main.url },
  ];
  for (const [times, mode] of (['off', 'default'] as const).entries()) {
    const plugin = await openHost(context).createPlugin({ wasm }, { cache: mode, memory: { maxPages: 6 } });
    equal(await pagesOf(plugin), [3n, 3n], 'pages');
    equal([await dep.requests(), await main.requests()], [times + 1, times + 1], `requests with cache: ${mode}`);
  }
});

spec('a plug-in with one memory may grow it to maxPages, also beside modules without one', async (context) => {
  const one = await openFixture(context, 'memory_growth', { memory: { maxPages: 25 } });
  equal(numberOf(await one.call('grow_until_refused')), 25n, 'pages');
  const shared = await openLinked(context, ['link_main_memory', 'link_dep'], { memory: { maxPages: 25 } });
  const { modules } = await shared.inspect();
  equal(
    modules.map(({ memories }) => memories[0]?.maximum),
    [25, 25],
    'the maximum of the memory, and of its import',
  );
  equal((await shared.call('read')).text(), 'from dep');
});

spec('a plug-in whose memories do not fit into maxMemoryBytes is refused, with the ways out', async (context) => {
  const host = openHost(context, { maxMemoryBytes: 4 * pageBytes, defaults: { cache } });
  const growing = context.url('/fixtures/memory_growth.wasm');
  const first = await host.createPlugin(growing);
  const second = await host.createPlugin(growing);
  const error = await failsWith(host.createPlugin(growing), 'resources-exhausted');
  contains(error.expected ?? '', `${4 * pageBytes} bytes`, 'expected');
  contains(error.fix ?? '', 'maxMemoryBytes', 'fix');
  equal(numberOf(await second.call('pages')), 1n, 'pages of a plug-in that was there before');
  await first.close();
  equal(numberOf(await (await host.createPlugin(growing)).call('pages')), 1n, 'pages of the next one');
  await failsWith(host.createPlugin(context.url('/fixtures/field_8003_pages.wasm')), 'resources-exhausted');
});

spec('what memories have grown to counts, and idle plug-ins hibernate for it', async (context) => {
  const host = openHost(context, { maxMemoryBytes: 20 * pageBytes, defaults: { cache, hibernate: true } });
  const growing = context.url('/fixtures/memory_growth.wasm');
  const [first, second] = [await host.createPlugin(growing), await host.createPlugin(growing)];
  equal([first.state, second.state], ['ready', 'ready'], 'states at first');
  // The kernel of each has a page, too.
  await second.call('grow', numberInput(15n));
  equal([first.state, second.state], ['ready', 'ready'], 'states within the limit');
  await second.call('grow', numberInput(2n));
  equal([first.state, second.state], ['hibernating', 'ready'], 'states over the limit');
  equal(numberOf(await first.call('pages')), 1n, 'pages of the one that wakes');
  equal([first.state, second.state], ['ready', 'hibernating'], 'states after it woke');
});

spec('a plug-in waits for memory until another that may hibernate is no longer busy', async (context) => {
  const host = openHost(context, { maxMemoryBytes: 3 * pageBytes, defaults: { cache, hibernate: true } });
  const busy = await host.createPlugin(context.url('/fixtures/loop_in_call.wasm'), { metering: true });
  const call = failsWith(busy.call('loop_counting', '', { timeoutMs: 400 }), 'timeout');
  let ended = false;
  void call.then(() => (ended = true));
  const next = await host.createPlugin(context.url('/fixtures/memory_growth.wasm'));
  check(ended, 'it did not wait');
  equal(numberOf(await next.call('pages')), 1n, 'pages');
  await call;
});

spec('a memory that a module does not export counts as what it may grow to', async (context) => {
  const host = openHost(context, { maxMemoryBytes: 20 * pageBytes, defaults: { cache } });
  const hidden = context.url('/fixtures/memory_not_exported.wasm');
  const plugin = await host.createPlugin(hidden, { memory: { maxPages: 19 } });
  equal(numberOf(await plugin.call('grow_until_refused')), 19n, 'pages');
  await plugin.close();
  await failsWith(host.createPlugin(hidden, { memory: { maxPages: 20 } }), 'resources-exhausted');
  check(host.workers <= 1, `${host.workers} workers`);
});

spec('modules that fit each by itself are refused when their sum does not, and load when it does', async (context) => {
  const linked = ['link_main_growth', 'link_dep_growth'] as const;
  const sizes = await Promise.all(
    linked.map(async (name) => (await (await fetch(context.url(`/fixtures/${name}.wasm`))).arrayBuffer()).byteLength),
  );
  const sum = sizes.reduce((all, size) => all + size, 0);
  const error = await failsWith(openLinked(context, linked, { maxModuleBytes: sum - 1 }), 'module-size');
  contains(error.message, String(sum), 'message');
  await openLinked(context, linked, { maxModuleBytes: sum });
});
