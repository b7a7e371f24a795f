import { createHost, type Host, isPluginError, type RestartDetail } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { spec } from '../harness.js';

/** A host whose workers the test can reach, as a crash would. */
function hostWithWorkers(dist: string): { host: Host; runners: Worker[] } {
  const runners: Worker[] = [];
  const host = createHost({
    worker: (script) => {
      const worker = new Worker(new URL(`${script}.js`, dist), { type: 'module' });
      if (script === 'worker') runners.push(worker);
      return worker;
    },
  });
  return { host, runners };
}

function nextRestart(plugin: EventTarget): Promise<RestartDetail> {
  return new Promise((resolve) => {
    plugin.addEventListener('restarted', (event) => resolve((event as CustomEvent<RestartDetail>).detail), {
      once: true,
    });
  });
}

spec(
  'a worker that runs a plug-in has no network, no storage, and no way to make more of itself',
  async ({ url, defer }) => {
    const names =
      'fetch XMLHttpRequest WebSocket EventSource WebTransport indexedDB caches navigator location importScripts Worker ' +
      'SharedWorker BroadcastChannel close Blob URL Request Response FileReader OffscreenCanvas Notification setInterval ' +
      'requestAnimationFrame queueMicrotask structuredClone createImageBitmap isSecureContext origin';
    const probe = `import ${JSON.stringify(url('/dist/worker.js'))};
    const port = new BroadcastChannel('tenon-probe');
    const names = ${JSON.stringify(names.split(' '))};
    port.onmessage = () => port.postMessage(names.filter((name) => self[name] !== undefined));`;
    const host = createHost({
      worker: (script) =>
        new Worker(
          script === 'loader'
            ? url('/dist/loader.js')
            : URL.createObjectURL(new Blob([probe], { type: 'text/javascript' })),
          { type: 'module' },
        ),
      spareWorkers: 0,
    });
    defer(() => host.close());
    const plugin = await host.createPlugin(url('/plugins/echo.wasm'));
    equal((await plugin.call('echo', 'still works')).text(), 'still works', 'output');
    const channel = new BroadcastChannel('tenon-probe');
    defer(() => channel.close());
    const left = await new Promise<unknown>((resolve) => {
      // Asked again: the worker's end of the channel may not be there yet.
      const asking = setInterval(() => channel.postMessage('what is left?'), 100);
      channel.addEventListener('message', ({ data }) => {
        clearInterval(asking);
        resolve(data);
      });
    });
    equal(JSON.stringify(left), '[]', 'globals that are left');
  },
);

spec('a spare worker that never answers is not waited for', async ({ url, defer }) => {
  const mute = URL.createObjectURL(new Blob(['// Says nothing.'], { type: 'text/javascript' }));
  defer(() => URL.revokeObjectURL(mute));
  const made: string[] = [];
  const runners = (): number => made.filter((script) => script === 'worker').length;
  const host = createHost({
    spareWorkers: 1,
    worker: (script) => {
      made.push(script);
      const isMute = script === 'worker' && runners() === 2;
      return new Worker(isMute ? mute : url(`/dist/${script}.js`), { type: 'module' });
    },
  });
  defer(() => host.close());
  await host.createPlugin(url('/plugins/echo.wasm'));
  while (runners() < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  const second = await host.createPlugin(url('/plugins/echo.wasm'));
  equal((await second.call('echo', 'answers')).text(), 'answers', 'output');
});

spec(
  'a worker that dies without a word between calls is replaced at the next one, with its vars',
  async ({ url, defer }) => {
    const { host, runners } = hostWithWorkers(url('/dist/'));
    defer(() => host.close());
    const plugin = await host.createPlugin(url('/plugins/count_vowels.wasm'));
    await plugin.call('count_vowels', 'aaa');
    runners[0]?.terminate();
    // The lock of a dead worker comes free a moment later.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const restarted = nextRestart(plugin);
    const out = await plugin.call('count_vowels', 'e', { timeoutMs: 5_000 }).catch((error: unknown) => error);
    if (isPluginError(out)) {
      // Without Web Locks only the call's own clock notices.
      check(!globalThis.isSecureContext && out.code === 'timeout', `${out.code}: ${out.message}`);
    } else {
      contains(JSON.stringify(await restarted), '"generation":2', 'event');
    }
    contains((await plugin.call('count_vowels', 'i')).text(), '"total":', 'the next call');
  },
);

spec(
  'a worker that dies without a word in the middle of a call fails that call only',
  async ({ url, defer, secure, skip }) => {
    if (!secure) skip('Web Locks, which tell of a silent death, need a secure context');
    const { host, runners } = hostWithWorkers(url('/dist/'));
    defer(() => host.close());
    const plugin = await host.createPlugin(url('/plugins/kitchen_sink.wasm'));
    await plugin.call('set_var', 'answer=42');
    const call = plugin.call('loop_forever');
    await new Promise((resolve) => setTimeout(resolve, 100));
    runners[0]?.terminate();
    await failsWith(call, 'worker-died');
    equal((await plugin.call('get_var', 'answer')).text(), '42', 'the var of the last completed call');
  },
);

spec('past the most live instances a plug-in is refused, with the ways out', async ({ url, defer }) => {
  const host = createHost({ maxLive: 2 });
  defer(() => host.close());
  const first = await host.createPlugin(url('/plugins/echo.wasm'));
  await host.createPlugin(url('/plugins/echo.wasm'));
  const error = await failsWith(host.createPlugin(url('/plugins/echo.wasm')), 'resources-exhausted');
  for (const way of ['Close', 'hibernate', 'maxLive']) contains(error.fix ?? '', way, 'fix');
  await first.close();
  const third = await host.createPlugin(url('/plugins/echo.wasm'));
  equal((await third.call('echo', 'room again')).text(), 'room again', 'output');
});

spec(
  'with hibernate, more plug-ins than fit are all callable and keep their vars',
  async ({ url, defer }) => {
    // Twelve at once may wait longer for a busy machine than the default allows.
    const host = createHost({ maxLive: 3, defaults: { hibernate: true, loadTimeoutMs: 60_000 } });
    defer(() => host.close());
    const bytes = await (await fetch(url('/plugins/count_vowels.wasm'))).arrayBuffer();
    const plugins = await Promise.all(Array.from({ length: 12 }, () => host.createPlugin(bytes)));
    for (let round = 1; round <= 3; round += 1) {
      const outputs = await Promise.all(plugins.map((plugin) => plugin.call('count_vowels', 'a')));
      for (const out of outputs) equal(out.json<{ total: number }>().total, round, 'total');
    }
    check(plugins.filter(({ state }) => state === 'hibernating').length >= 9, 'too many are awake');
    check(
      plugins.every(({ generation }) => generation > 1),
      'waking does not count up the generation',
    );
  },
  { timeoutMs: 60_000 },
);

spec('creating is given up at once also while it waits for room', async ({ url, defer }) => {
  const host = createHost({ maxLive: 1, defaults: { hibernate: true } });
  defer(() => host.close());
  const busy = await host.createPlugin(url('/fixtures/busy.wasm'));
  const call = busy.call('busy');
  const controller = new AbortController();
  const creating = host.createPlugin(url('/plugins/echo.wasm'), { signal: controller.signal });
  setTimeout(() => controller.abort(), 300);
  await failsWith(creating, 'aborted');
  equal(busy.state, 'busy', 'the one that has the room');
  await busy.close();
  await failsWith(call, 'closed');
});

spec('waking emits an event that says why', async ({ url, defer }) => {
  const host = createHost({ maxLive: 1, defaults: { hibernate: true } });
  defer(() => host.close());
  const one = await host.createPlugin(url('/fixtures/state.wasm'));
  await host.createPlugin(url('/plugins/echo.wasm'));
  equal(one.state, 'hibernating', 'state');
  const restarted = nextRestart(one);
  await one.call(one.exports.find(({ kind }) => kind === 'function')?.name ?? '').catch(() => {}); // Only waking it matters.
  equal((await restarted).reason, 'hibernated', 'reason');
  equal((await restarted).generation, 2, 'generation');
});

spec(
  'a plug-in that only ever dies is disabled with a reason, and can be enabled again',
  async ({ url, defer }) => {
    const host = createHost();
    defer(() => host.close());
    const plugin = await host.createPlugin(url('/plugins/kitchen_sink.wasm'), {
      timeoutMs: 100,
      circuitBreaker: { failures: 2 },
    });
    await failsWith(plugin.call('loop_forever'), 'timeout');
    equal((await plugin.call('upper_case', 'fine')).text(), 'FINE', 'a call that ends begins a new count');
    await failsWith(plugin.call('loop_forever'), 'timeout');
    await failsWith(plugin.call('loop_forever'), 'timeout');
    equal(plugin.state, 'disabled', 'state');
    const error = await failsWith(plugin.call('upper_case', 'fine'), 'plugin-disabled');
    contains(error.message, '100 ms', 'the last reason');
    plugin.enable();
    equal((await plugin.call('upper_case', 'again')).text(), 'AGAIN', 'output');
  },
  { timeoutMs: 60_000 },
);
