/** Time that a guest waits is under its time limit. Waiting for the page costs no fuel; sleep costs a unit for each nanosecond. */
import type { Plugin } from 'tenon';
import { check, equal, failsWith } from '../assert.js';
import { spec } from '../harness.js';
import { openProgram } from '../wasi/wasi-kit.js';
import { eachWay } from '../waiting.js';

/** What one call of a fresh plug-in uses: a second one would find another heap. */
async function fuelOf(opening: Promise<Plugin>, name: string, input: string): Promise<number> {
  const plugin = await opening;
  await plugin.call(name, input);
  const used = plugin.stats().fuel ?? 0;
  await plugin.close();
  check(used > 0, `"${name}" used fuel`);
  return used;
}

eachWay('an answer that takes its time costs no fuel, and is under the time limit', async (context) => {
  const { openWaitingHost, url, way } = context;
  const host = openWaitingHost();
  const options = { allowedHosts: [location.host], cache: 'off', fuel: Infinity, circuitBreaker: false } as const;
  const open = (): Promise<Plugin> => host.createPlugin(url('/fixtures/http_request.wasm'), options);
  const request = (ms: string): string => JSON.stringify({ url: url(`/slow/${ms}/plugins/index.json`) });
  const quick = await fuelOf(open(), 'request', request('001'));
  equal(await fuelOf(open(), 'request', request('300')), quick, `fuel of a request that waits (${way})`);
  const plugin = await open();
  await failsWith(plugin.call('request', request('9000'), { timeoutMs: 150 }), 'timeout');
  await plugin.call('request', request('001'));
});

spec('sleep costs a unit of fuel for each nanosecond, and is under the time limit', async (context) => {
  const open = async (): Promise<Plugin> => {
    const { plugin } = await openProgram(context, 'tools', { fuel: Infinity, circuitBreaker: false });
    return plugin;
  };
  const short = await fuelOf(open(), 'sleep_for', '001');
  equal((await fuelOf(open(), 'sleep_for', '300')) - short, 299_000_000, 'fuel of 299 ms');
  const plugin = await open();
  await failsWith(plugin.call('sleep_for', '9000', { timeoutMs: 150 }), 'timeout');
  equal((await plugin.call('sleep_for', '1')).text(), 'awake');
});
