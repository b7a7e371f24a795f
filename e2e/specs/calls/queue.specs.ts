/** Many calls at once, calls that are given up or take too long, and the end of plug-ins and hosts. */
import type { Plugin, RestartDetail } from 'tenon';
import { check, codeOf, contains, equal, failsWith } from '../assert.js';
import { numberOf, openFixture, openHost } from '../fixtures.js';
import { spec } from '../harness.js';

/** A call that runs until it is aborted, and its end. */
function occupy(plugin: Plugin, name = 'busy'): { readonly free: () => Promise<void> } {
  const controller = new AbortController();
  const ended = failsWith(plugin.call(name, null, { signal: controller.signal }), 'aborted');
  return {
    free: async () => {
      controller.abort();
      await ended;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

spec('a hundred calls made at once run one after the other, in order, each settling once', async (context) => {
  const plugin = await openFixture(context, 'state');
  const settled: number[] = [];
  const calls = Array.from({ length: 100 }, async (_, index) => {
    const output = await plugin.call('count_in_global');
    settled.push(index);
    return numberOf(output);
  });
  equal([plugin.state, plugin.stats().waiting], ['busy', 99], 'state, and calls that wait');
  equal(
    await Promise.all(calls),
    Array.from({ length: 100 }, (_, index) => BigInt(index + 1)),
    'counts',
  );
  equal(
    settled,
    Array.from({ length: 100 }, (_, index) => index),
    'order of settling',
  );
  // Where the engine stops no loop otherwise, all plug-ins are.
  const metering = context.engine === 'webkit' ? 'interrupt' : null;
  equal(plugin.stats(), { calls: 100, failures: 0, waiting: 0, restarts: 0, fuel: null, metering }, 'stats');
  equal(plugin.state, 'ready', 'state');
});

spec('a failing call does not affect the calls beside it', async (context) => {
  const plugin = await openFixture(context, 'traps');
  const names = ['ok', 'unreachable', 'ok', 'nothing', 'stack_overflow', 'ok'];
  const results = await Promise.allSettled(names.map((name) => plugin.call(name)));
  equal(
    results.map(({ status }) => status === 'fulfilled'),
    names.map((name) => name === 'ok'),
    'fulfilled',
  );
  equal(plugin.stats().failures, 3, 'failures');
});

spec('several instances of a plug-in run at the same time and share vars, not memory', async (context) => {
  const plugin = await openFixture(context, 'busy', { concurrency: 3 });
  const counts = await Promise.all(Array.from({ length: 3 }, () => plugin.call('count_in_global')));
  equal(counts.map(numberOf), [1n, 1n, 1n], 'counts of three calls at once');
  for (let count = 1n; count <= 9n; count += 1n) {
    equal(numberOf(await plugin.call('count_in_var')), count, 'a count, one call after the other');
  }
  const busy = [occupy(plugin), occupy(plugin)];
  equal(plugin.state, 'ready', 'state while two of three are busy');
  equal(numberOf(await plugin.call('count_in_var')), 10n, 'a count in the third');
  equal(numberOf(await plugin.call('count_in_var')), 11n, 'and again');
  await Promise.all(busy.map(({ free }) => free()));
  const last = occupy(plugin);
  equal(numberOf(await plugin.call('count_in_var')), 12n, 'a count in an instance that was replaced');
  await last.free();
});

spec('a call whose signal is aborted already is refused and starts nothing', async (context) => {
  const plugin = await openFixture(context, 'state');
  const reason = new Error('not needed any more');
  const signal = AbortSignal.abort(reason);
  const error = await failsWith(plugin.call('count_in_global', null, { signal }), 'aborted');
  equal(error.cause, reason, 'cause');
  contains(error.message, '"count_in_global"', 'message');
  equal(numberOf(await plugin.call('count_in_global')), 1n, 'a count');
  equal(plugin.generation, 1, 'generation');
});

spec('a call aborted while it waits leaves the queue, and the others stay in order', async (context) => {
  const plugin = await openFixture(context, 'state');
  const controller = new AbortController();
  const calls = Array.from({ length: 10 }, (_, index) =>
    plugin.call('count_in_global', null, index % 3 === 1 ? { signal: controller.signal } : {}),
  );
  controller.abort();
  const results = await Promise.allSettled(calls);
  equal(
    results.map((result) => (result.status === 'fulfilled' ? numberOf(result.value) : null)),
    [1n, null, 2n, 3n, null, 4n, 5n, null, 6n, 7n],
    'counts',
  );
  equal(plugin.generation, 1, 'generation');
});

spec('a signal that is aborted after its call has ended stops nothing', async (context) => {
  const plugin = await openFixture(context, 'state');
  const controller = new AbortController();
  equal(numberOf(await plugin.call('count_in_global', null, { signal: controller.signal })), 1n, 'a count');
  const next = plugin.call('count_in_global');
  controller.abort();
  equal(numberOf(await next), 2n, 'the next');
  equal(plugin.generation, 1, 'generation');
});

spec('a call aborted while it runs is stopped, and the next has the vars of the last that ended', async (context) => {
  const plugin = await openFixture(context, 'busy');
  const restarts: RestartDetail[] = [];
  plugin.addEventListener('restarted', (event) => restarts.push(event.detail));
  equal(numberOf(await plugin.call('count_in_var')), 1n, 'a var');
  equal(numberOf(await plugin.call('count_in_global')), 1n, 'a global');
  const busy = occupy(plugin, 'count_in_var_then_busy');
  const queued = plugin.call('count_in_var');
  await pause(50);
  await busy.free();
  equal(numberOf(await queued), 2n, 'the var, in the call that waited behind');
  equal(numberOf(await plugin.call('count_in_global')), 1n, 'the global, anew');
  equal([plugin.generation, plugin.stats().restarts], [2, 1], 'generation and restarts');
  equal(
    restarts.map(({ generation, reason }) => [generation, codeOf(reason)]),
    [[2, 'aborted']],
    'restarted',
  );
});

spec('a call that takes too long is stopped, and the next has the vars of the last that ended', async (context) => {
  const plugin = await openFixture(context, 'busy');
  const restarts: RestartDetail[] = [];
  plugin.addEventListener('restarted', (event) => restarts.push(event.detail));
  equal(numberOf(await plugin.call('count_in_var')), 1n, 'a var');
  for (const generation of [2, 3]) {
    const error = await failsWith(plugin.call('count_in_var_then_busy', null, { timeoutMs: 250 }), 'timeout');
    contains(error.message, '"count_in_var_then_busy" of busy.wasm stopped after 250 ms', 'message');
    equal(error.details['limitMs'], 250, 'limitMs');
    equal(numberOf(await plugin.call('count_in_var')), BigInt(generation), 'the var');
    equal(plugin.generation, generation, 'generation');
    equal(restarts.at(-1)?.generation, generation, 'generation of the event');
    equal(codeOf(restarts.at(-1)?.reason), 'timeout', 'reason of the event');
    equal(numberOf(await plugin.call('count_in_global')), 1n, 'the global, anew');
  }
});

spec('a page stays whole when workers end in the middle of imports, again and again', async (context) => {
  // WebKit 2.50 crashed here: JavaScript that is compiled, and called a WebAssembly function that returns an i64.
  const plugin = await openFixture(context, 'busy', { circuitBreaker: false });
  await plugin.call('count_in_var');
  for (let round = 1; round <= 12; round += 1) {
    const busy = occupy(plugin);
    await pause(50 + round * 10);
    await busy.free();
  }
  equal(numberOf(await plugin.call('count_in_var')), 2n, 'the next call');
});

spec('a loop of nothing but a branch is stopped too', async (context) => {
  const plugin = await openFixture(context, 'loop_in_call');
  await failsWith(plugin.call('loop_empty', null, { timeoutMs: 200 }), 'timeout');
  equal((await plugin.call('ok')).byteLength, 0, 'bytes of the next call');
});

spec("of the plug-in's limit and the call's the smaller counts, and waiting counts for neither", async (context) => {
  const plugin = await openFixture(context, 'busy', { timeoutMs: 60_000 });
  equal((await failsWith(plugin.call('busy', null, { timeoutMs: 150 }), 'timeout')).details['limitMs'], 150, 'limit');
  const busy = occupy(plugin);
  const queued = plugin.call('count_in_var', null, { timeoutMs: 1_000 });
  await pause(1_100);
  await busy.free();
  equal(numberOf(await queued), 1n, 'a call that waited longer than it may run');
});

spec('a time limit that is not a number of milliseconds is refused before anything runs', async (context) => {
  const plugin = await openFixture(context, 'state');
  for (const timeoutMs of [-1, Number.NaN, '100'] as number[]) {
    await failsWith(plugin.call('count_in_global', null, { timeoutMs }), 'invalid-argument');
  }
  for (const timeoutMs of [null, Number.POSITIVE_INFINITY, 1e12]) {
    await plugin.call('count_in_global', null, { timeoutMs });
  }
  equal(numberOf(await plugin.call('count_in_global')), 4n, 'a count');
});

spec('a call is refused at once when the queue is full', async (context) => {
  const plugin = await openFixture(context, 'busy', { maxQueue: 2 });
  const busy = occupy(plugin);
  const waiting = [plugin.call('count_in_var'), plugin.call('count_in_var')];
  const error = await failsWith(plugin.call('count_in_var'), 'queue-full');
  equal(error.details['maxQueue'], 2, 'maxQueue');
  contains(error.message, '2 calls are waiting', 'message');
  await busy.free();
  equal((await Promise.all(waiting)).map(numberOf), [1n, 2n], 'the two that waited');
  equal(numberOf(await plugin.call('count_in_var')), 3n, 'the next call');
});

spec('a plug-in without a queue takes a call right after one was stopped', async (context) => {
  const plugin = await openFixture(context, 'busy', { maxQueue: 0, timeoutMs: 1_000 });
  const busy = plugin.call('busy');
  await failsWith(plugin.call('count_in_var'), 'queue-full');
  await failsWith(busy, 'timeout');
  const next = plugin.call('count_in_var');
  await failsWith(plugin.call('count_in_var'), 'queue-full');
  equal(numberOf(await next), 1n, 'the next call');
});

spec('a call that waits too long leaves the queue, and the one it waited for goes on', async (context) => {
  const plugin = await openFixture(context, 'busy', { queueTimeoutMs: 1_000 });
  const busy = occupy(plugin);
  const error = await failsWith(plugin.call('count_in_var'), 'queue-timeout');
  contains(error.message, 'within 1000 ms', 'message');
  equal(plugin.generation, 1, 'generation');
  await busy.free();
  // On a busy machine a new instance may start later than a call may wait.
  for (let waits = 0; plugin.state !== 'ready' && waits < 1_000; waits += 1) await pause(20);
  equal(numberOf(await plugin.call('count_in_var')), 1n, 'the next call');
});

spec('closing a plug-in ends every call that runs or waits, and every later one', async (context) => {
  const host = openHost(context);
  const plugin = await host.createPlugin(context.url('/fixtures/busy.wasm'), { name: 'busy one' });
  const calls = [plugin.call('busy'), plugin.call('count_in_var'), plugin.reset()];
  const ends = Promise.all(calls.map((call) => failsWith(call, 'closed')));
  await pause(30);
  await plugin.close();
  for (const { message } of await ends) contains(message, 'busy one is closed', 'message');
  await failsWith(plugin.call('count_in_var'), 'closed');
  await failsWith(plugin.reset(), 'closed');
  equal([plugin.state, plugin.generation], ['closed', 1], 'state and generation');
  await plugin.close();
});

spec('a plug-in and a host end with await using', async (context) => {
  const host = openHost(context);
  const dispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');
  const plugin = await host.createPlugin(context.url('/fixtures/state.wasm'));
  await plugin[dispose]();
  equal(plugin.state, 'closed', 'state');
  const other = await host.createPlugin(context.url('/fixtures/state.wasm'));
  await host[dispose]();
  equal([other.state, host.workers], ['closed', 0], 'state and workers');
});

spec('closing a host ends its plug-ins, those being made, and every worker', async (context) => {
  const host = openHost(context, { spareWorkers: 2 });
  const url = context.url('/fixtures/busy.wasm');
  const [one, two] = await Promise.all([host.createPlugin(url), host.createPlugin(url, { concurrency: 2 })]);
  check(host.workers >= 3, `only ${host.workers} workers`);
  const calls = [one.call('busy'), two.call('busy'), two.call('busy'), two.call('count_in_var')];
  const ends = Promise.all([...calls, host.createPlugin(url)].map((end) => failsWith(end, 'closed')));
  await host.close();
  await ends;
  equal([one.state, two.state, host.workers], ['closed', 'closed', 0], 'states and workers');
  await failsWith(host.createPlugin(url), 'closed');
  await failsWith(host.compile(url), 'closed');
  await host.close();
  equal(host.workers, 0, 'workers');
});
