/** Fuel counts what the host does for a guest: its calls, the bytes that they move, and sleep. The prices are in src/wasm/metering/COSTS.md. */
import type { Plugin } from 'tenon';
import { check, equal, failsWith } from '../assert.js';
import { numberInput, openFixture } from '../fixtures.js';
import { spec } from '../harness.js';
import { eachWay } from '../waiting.js';

async function fuelOf(plugin: Plugin, name: string, input: string | Uint8Array<ArrayBuffer>): Promise<number> {
  const before = plugin.stats().fuel ?? 0;
  await plugin.call(name, input);
  return (plugin.stats().fuel ?? 0) - before;
}

/** What a longer input costs more: the guest executes the same instructions. */
const pricePerByte: Readonly<Record<string, number>> = {
  random_bytes: 1,
  write_bytes: 1,
  log_bytes: 1,
  config_bytes: 1,
  // The input is key and value.
  var_bytes: 2,
};

spec('a byte that a host call moves costs a unit of fuel', async (context) => {
  const plugin = await openFixture(context, 'host_work', { fuel: Infinity, logLevel: 'info' });
  for (const [name, price] of Object.entries(pricePerByte)) {
    const short = await fuelOf(plugin, name, 'x'.repeat(1_000));
    equal((await fuelOf(plugin, name, 'x'.repeat(21_000))) - short, 20_000 * price, name);
  }
});

spec('a host call costs 2,000 units of fuel', async (context) => {
  const plugin = await openFixture(context, 'host_work', { fuel: Infinity, logLevel: 'info' });
  for (const name of ['config', 'read_var', 'delete_var', 'log', 'clock']) {
    const [few, many] = [await fuelOf(plugin, name, 'x'.repeat(1_000)), await fuelOf(plugin, name, 'x'.repeat(2_000))];
    const price = (many - few) / 1_000;
    // The loop has 15 instructions or so.
    check(price >= 2_000 && price < 2_050, `"${name}" costs ${price} units`);
  }
});

spec('a call that asks the host for more work than its fuel ends before the work is done', async (context) => {
  const plugin = await openFixture(context, 'host_work', { fuel: 1_000_000, circuitBreaker: false, logLevel: 'info' });
  const startedAt = performance.now();
  await failsWith(plugin.call('sleep', numberInput(60_000n)), 'fuel-exhausted');
  check(performance.now() - startedAt < 30_000, 'it slept');
  // These guests catch every exception and go on.
  for (const name of ['config', 'read_var', 'delete_var', 'log', 'random', 'clock']) {
    await failsWith(plugin.call(name), 'fuel-exhausted');
    await plugin.call('ok');
  }
  const enough = await openFixture(context, 'host_work', { fuel: 10_000_000 });
  await enough.call('sleep', numberInput(5n));
});

eachWay('a byte of a request and of its answer costs a unit of fuel', async (context) => {
  const plugin = await context.openWaitingHost().createPlugin(context.url('/fixtures/http_request.wasm'), {
    cache: 'off',
    fuel: Infinity,
    allowedHosts: [location.hostname],
  });
  const bytes = async (path: string): Promise<number> => (await (await fetch(path)).arrayBuffer()).byteLength;
  const paths = ['/dist/worker.js', '/dist/loader.js'] as const;
  const [first, second] = [await bytes(paths[0]), await bytes(paths[1])];
  const fuel = (path: string): Promise<number> => fuelOf(plugin, 'request', JSON.stringify({ url: context.url(path) }));
  equal((await fuel(paths[0])) - (await fuel(paths[1])), first - second, `fuel of two answers (${context.way})`);
  check((await fuel(paths[0])) > 12_000 + first, 'a request costs 12,000 units and its bytes');
});
