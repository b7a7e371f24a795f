import type { CallContext } from 'tenon';
import { createHost, features, hostFunction, isPluginError, type Plugin, type RestartDetail } from 'tenon';
import { check, codeOf, contains, equal, failsWith } from '../assert.js';
import { numberInput, numberOf, openFixture, openHost, sharedHost, openLinked } from '../fixtures.js';
import { spec } from '../harness.js';
import { openLibrary } from '../library/library-kit.js';
import { eachWay } from '../waiting.js';

const loops = [
  'loop_empty',
  'loop_counting',
  'loop_calling_kernel',
  'loop_calling_host',
  'loop_allocating',
  'loop_nested',
  'recurse_wide',
  'loop_filling',
  'loop_filling_megabytes',
  'loop_copying_megabytes',
];

/** Creates the fixture of loops on a host that counts the workers it made. */
async function openLoops(
  context: Parameters<typeof openFixture>[0],
  options: Parameters<typeof openFixture>[2],
): Promise<{ plugin: Plugin; spawned: () => number }> {
  let spawned = 0;
  const dist = context.url('/dist/');
  const host = createHost({
    spareWorkers: 0,
    worker: (script) => {
      if (script === 'worker') spawned += 1;
      return new Worker(new URL(`${script}.js`, dist), { type: 'module' });
    },
  });
  context.defer(() => host.close());
  // One of the loops allocates. WebKit may copy a memory to let it grow, which takes longer than any time limit by the gigabyte.
  const memory = { maxPages: 256 };
  const settings = { cache: 'off', memory, ...options } as const;
  const plugin = await host.createPlugin(context.url('/fixtures/loop_in_call.wasm'), settings);
  return { plugin, spawned: () => spawned };
}

spec(
  'a metered loop is stopped at its time inside its worker, and the next call is answered there',
  async (context) => {
    const { plugin, spawned } = await openLoops(context, { metering: true, circuitBreaker: false });
    for (const name of loops) {
      const startedAt = performance.now();
      const error = await failsWith(plugin.call(name, '', { timeoutMs: 60 }), 'timeout');
      const tookMs = performance.now() - startedAt;
      contains(error.message, name, 'the message');
      check(tookMs >= 59 && tookMs < 10_000, `${name} stopped after ${Math.round(tookMs)} ms`);
      await plugin.call('ok');
    }
    // A machine with other work may let one of them come to the second wall.
    check(spawned() <= 2, `${spawned()} workers were made for ${loops.length} loops`);
  },
);

spec(
  'an abort stops a metered loop: inside its worker where the guest can detect it, else with it',
  async (context) => {
    const { plugin, spawned } = await openLoops(context, { metering: true, circuitBreaker: false });
    let generation = 1;
    for (const name of loops) {
      const controller = new AbortController();
      const call = plugin.call(name, '', { signal: controller.signal });
      setTimeout(() => controller.abort(), 30);
      await failsWith(call, 'aborted');
      await plugin.call('ok');
      generation += 1;
      equal(plugin.generation, generation, `instances until after ${name}`);
    }
    // By shared memory, or as a message while the guest is suspended.
    if (context.isolated || features().jspi)
      check(spawned() <= 3, `${spawned()} workers were made for ${loops.length} loops`);
    else equal(spawned(), 1 + loops.length, 'workers');
    equal(numberOf(await plugin.call('loop_rounds', numberInput(3n))), 3n, 'a fresh instance');
  },
  { onEveryPage: true },
);

spec(
  'an abort at any time stops the metered call it is of, and no other',
  async (context) => {
    const { plugin } = await openLoops(context, { metering: true, circuitBreaker: false });
    let aborted = 0;
    for (let round = 0; round < 60; round += 1) {
      const controller = new AbortController();
      const call = plugin.call('loop_rounds', numberInput(20_000_000n), { signal: controller.signal });
      const next = plugin.call('loop_rounds', numberInput(3n));
      setTimeout(() => controller.abort(), round % 20);
      const end = await call.then(
        () => 'value',
        (error: unknown) => (isPluginError(error) ? error.code : 'unknown'),
      );
      check(end === 'value' || end === 'aborted', `round ${round} ended with ${end}`);
      if (end === 'aborted') aborted += 1;
      // A counter of the instance's own, so it only grows. A stop that hit the wrong call would reject here.
      const rounds = numberOf(await next) ?? 0n;
      controller.abort();
      equal(
        numberOf(await plugin.call('loop_rounds', numberInput(5n))),
        rounds + 5n,
        `two calls on, in round ${round}`,
      );
    }
    check(aborted > 0, 'some were aborted');
  },
  { onEveryPage: true },
);

spec(
  'a metered command module is looked at, and stopped, in the middle of a call from another module',
  async (context) => {
    const options = { metering: true, circuitBreaker: false, cache: 'off' } as const;
    const plugin = await openLinked(context, ['link_main_function', 'link_dep_command_loop'], options);
    equal(numberOf(await plugin.call('call_count')), 50_000_000n, 'a long count');
    const controller = new AbortController();
    const call = plugin.call('let_dep_answer', '', { signal: controller.signal });
    setTimeout(() => controller.abort(), 40);
    await failsWith(call, 'aborted');
    await failsWith(plugin.call('let_dep_answer', '', { timeoutMs: 60 }), 'timeout');
    equal(numberOf(await plugin.call('call_forty_two')), 42n, 'the next call');
  },
  { onEveryPage: true },
);

spec(
  'commands call each other 64 deep and no deeper, wherever they run',
  async (context) => {
    for (const metering of [false, true]) {
      const options = { metering, circuitBreaker: false, cache: 'off' } as const;
      const plugin = await openLinked(context, ['link_main_nesting', 'link_dep_command_nesting'], options);
      for (const depth of [63n, 64n]) equal(numberOf(await plugin.call('nest', numberInput(depth))), depth, 'calls');
      const error = await failsWith(plugin.call('nest', numberInput(65n)), 'guest-trap');
      contains(error.message, 'too deeply', 'the message');
      equal(numberOf(await plugin.call('nest', numberInput(64n))), 64n, 'as deep again');
      await plugin.close();
    }
  },
  { onEveryPage: true },
);

spec(
  'an abort that comes while its call is ending does not reach the next one',
  async (context) => {
    const controller = new AbortController();
    const plugin = await openFixture(context, 'vars', {
      metering: true,
      circuitBreaker: false,
      onVars: () => controller.abort(),
    });
    await plugin.call('set', 'key=value', { signal: controller.signal }).catch(() => {});
    check(controller.signal.aborted, 'it set a var');
    // Longer than a call that was asked to stop may take: that one must not be taken for this.
    await failsWith(plugin.call('set_then_loop_forever', 'key=other', { timeoutMs: 600 }), 'timeout');
  },
  { onEveryPage: true },
);

spec('metered tail calls, rings of indirect calls and cycles of exceptions are stopped too', async (context) => {
  const options = { metering: true, circuitBreaker: false } as const;
  const plugin = await openFixture(context, 'loop_other_ways', options);
  for (const name of ['tail_calls', 'indirect_ring', 'exceptions', 'catches_all']) {
    await failsWith(plugin.call(name, '', { timeoutMs: 60 }), 'timeout');
    await plugin.call('ok');
  }
});

spec('fuel stops every kind of loop, however much time there is', async (context) => {
  const { plugin, spawned } = await openLoops(context, { fuel: 3_000_000, circuitBreaker: false });
  for (const name of loops) {
    const error = await failsWith(plugin.call(name), 'fuel-exhausted');
    contains(error.message, 'fuel', 'the message');
    await plugin.call('ok');
  }
  equal(spawned(), 1, 'workers made');
});

spec('the same work takes the same fuel, in every engine', async (context) => {
  const plugin = await openFixture(context, 'loop_in_call', { fuel: Infinity });
  const used: number[] = [];
  let before = plugin.stats().fuel ?? -1;
  equal(before, 0, 'fuel used before the first call');
  for (const rounds of [1n, 2n, 1_000n, 100_000n]) {
    await plugin.call('loop_rounds', numberInput(rounds));
    const after = plugin.stats().fuel ?? 0;
    used.push(after - before);
    before = after;
  }
  equal(used, [4_061, 4_073, 16_049, 1_204_049], 'fuel of each call');
});

spec('fuel is exact to the unit', async (context) => {
  const counting = await openFixture(context, 'loop_in_call', { fuel: Infinity });
  await counting.call('loop_rounds', numberInput(5_000n));
  const exact = counting.stats().fuel ?? 0;
  const plugin = await openFixture(context, 'loop_in_call', { fuel: exact });
  equal(numberOf(await plugin.call('loop_rounds', numberInput(5_000n))), 5_000n, 'rounds');
  await failsWith(plugin.call('loop_rounds', numberInput(5_001n)), 'fuel-exhausted');
  await failsWith(plugin.call('loop_rounds', numberInput(5_000n), { fuel: exact - 1 }), 'fuel-exhausted');
  equal(
    numberOf(await plugin.call('loop_rounds', numberInput(5_000n), { fuel: exact + 1 })),
    5_000n,
    'a fresh instance',
  );
});

spec('two modules run out of fuel at the same point in every run', async (context) => {
  const wasm = ['dep', 'main'].map((name) => ({ name, url: context.url(`/fixtures/link_${name}_rounds.wasm`) }));
  let rounds = 0;
  const note = (_context: CallContext, round: bigint): void => {
    rounds = Number(round);
  };
  const seen = new Set<number>();
  for (const before of [0, 0, 40, 120]) {
    const plugin = await sharedHost(context).createPlugin(
      { wasm },
      { cache: 'off', circuitBreaker: false, fuel: Infinity, functions: { 'extism:host/user': { note } } },
    );
    // What was asked for before, and how often, is no matter either.
    if (before > 0) await failsWith(plugin.call('rounds', '', { timeoutMs: before }), 'timeout');
    await failsWith(plugin.call('rounds', '', { fuel: 20_000_000 }), 'fuel-exhausted');
    seen.add(rounds);
  }
  // A round is 250,000 units of work, and a few.
  equal([...seen], [75], 'the last round that began');
});

spec(
  'a guest that was stopped is made anew: its generation counts up, and its vars are those committed',
  async (context) => {
    const plugin = await openFixture(context, 'vars', { metering: true });
    const { modules } = await plugin.inspect();
    equal(modules[0]?.metered, true, 'metered');
    check(
      plugin.exports.every(({ name }) => !name.startsWith('tenon:')),
      'exports of the meter are hidden',
    );
    const loop = await openFixture(context, 'loop_in_call', { metering: true });
    equal(numberOf(await loop.call('loop_rounds', numberInput(3n))), 3n, 'a global counts');
    const restarted = new Promise<RestartDetail>((resolve) => {
      loop.addEventListener('restarted', (event) => resolve(event.detail), {
        once: true,
      });
    });
    await failsWith(loop.call('loop_empty', '', { timeoutMs: 30 }), 'timeout');
    const { generation, reason } = await restarted;
    equal([generation, codeOf(reason), loop.generation], [2, 'timeout', 2], 'the event');
    equal(numberOf(await loop.call('loop_rounds', numberInput(3n))), 3n, 'the global of a fresh instance');
  },
);

spec('the code of a plug-in that is not metered is unchanged', async (context) => {
  const plugin = await openFixture(context, 'loop_in_call', { metering: false, timeoutMs: 1_000 });
  equal((await plugin.inspect()).modules[0]?.metered, false, 'metered');
  equal(plugin.stats().fuel, null, 'fuel');
  await failsWith(plugin.call('ok', '', { fuel: 1 }), 'invalid-argument');
});

spec('metering is automatic where an engine stops no loop otherwise', async (context) => {
  const plugin = await openFixture(context, 'loop_in_call');
  const isOn = context.engine === 'webkit';
  equal((await plugin.inspect()).modules[0]?.metered, isOn, 'metered, as inspect says');
  equal(plugin.stats().metering, isOn ? 'interrupt' : null, 'as stats say');
  const counted = await openFixture(context, 'loop_in_call', { fuel: Infinity });
  equal(counted.stats().metering, 'fuel', 'with fuel');
});

spec('library: plug-ins are metered in every engine, unless the app says otherwise', async (context) => {
  const { library } = openLibrary(context);
  const { id } = await library.install(context.url('/fixtures/loop_in_call.wasm'));
  const plugin = await library.open(id);
  equal((await plugin.inspect()).modules[0]?.metered, true, 'metered');
  await failsWith(plugin.call('loop_empty', '', { timeoutMs: 60 }), 'timeout');
  await plugin.call('ok');
  const { library: trusting } = openLibrary(context, { options: () => ({ metering: false }) });
  await trusting.install(context.url('/fixtures/loop_in_call.wasm'));
  equal((await (await trusting.open(id)).inspect()).modules[0]?.metered, false, 'where the app trusts it');
});

for (const name of ['loop_in_start_section', 'loop_in_initialize', 'loop_in_ctors', 'loop_in_hs_init']) {
  spec(`a metered plug-in that never ends starting is stopped inside its worker (${name})`, async (context) => {
    const host = sharedHost(context);
    // Loaded first, so that only starting is short of time.
    const module = await host.compile(context.url(`/fixtures/${name}.wasm`), { metering: true });
    const late = await failsWith(host.createPlugin(module, { metering: true, loadTimeoutMs: 1_000 }), 'load-timeout');
    contains(late.message, '1000 ms', 'the message');
    equal([late.details['limitMs'], late.details['phase']], [1_000, 'starting'], 'details');
    // Time is up much later: only the code itself can tell.
    await failsWith(openFixture(context, name, { fuel: 3_000_000 }), 'fuel-exhausted');
  });
}

eachWay('waiting for the page costs no fuel, and is under the time limit', async ({ openWaitingHost, url, way }) => {
  let waitMs = 0;
  const same = hostFunction({
    params: ['i64'],
    result: 'i64',
    handler: async (left, { signal }) => {
      if (waitMs === 0) return left;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        });
      });
      return left;
    },
  });
  const functions = { 'extism:host/user': { same, text: () => 0n, raw: () => 0n } };
  const options = { cache: 'off', fuel: Infinity, functions, circuitBreaker: false } as const;
  const plugin = await openWaitingHost().createPlugin(url('/fixtures/host_loop.wasm'), options);
  const used: number[] = [];
  for (waitMs of [0, 60]) {
    const before = plugin.stats().fuel ?? 0;
    await plugin.call('loop_same', numberInput(5n));
    used.push((plugin.stats().fuel ?? 0) - before);
  }
  check((used[0] ?? 0) > 0, 'fuel was used');
  equal(used[1], used[0], `fuel of a call that waits (${way})`);
  waitMs = 30_000;
  await failsWith(plugin.call('loop_same', numberInput(5n), { timeoutMs: 150 }), 'timeout');
  waitMs = 0;
  // It is resumed again and again, and counts on all the same.
  const manyTimes = numberInput(2n ** 60n);
  await failsWith(
    plugin.call('loop_same', manyTimes, { fuel: way === 'long-poll' ? 100_000 : 1_000_000 }),
    'fuel-exhausted',
  );
  await failsWith(plugin.call('loop_same', manyTimes, { timeoutMs: 150 }), 'timeout');
  await plugin.call('loop_same', numberInput(1n));
});

spec('contradicting options are refused with a reason', async (context) => {
  const host = openHost(context);
  const source = context.url('/fixtures/loop_in_call.wasm');
  await failsWith(host.createPlugin(source, { fuel: 5, metering: false }), 'invalid-argument');
  await failsWith(host.createPlugin(source, { fuel: -1 }), 'invalid-argument');
  await failsWith(host.createPlugin(source, { fuel: 0.5 }), 'invalid-argument');
  const module = await WebAssembly.compileStreaming(fetch(source));
  await failsWith(host.createPlugin(module, { fuel: 5 }), 'cannot-limit-module');
  await failsWith(host.createPlugin(module, { metering: true }), 'cannot-limit-module');
});
