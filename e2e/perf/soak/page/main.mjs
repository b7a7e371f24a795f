// The page's part of the long-running tests; e2e/perf/soak/jobs/ calls it step by step.
import { createHost } from 'tenon';
import { checkCache, writeToCache } from './cache.mjs';
import { changeOneByte, printMegabytes, storeAndOpen } from './file-figures.mjs';
import { keepVariety } from './file-variety.mjs';
import { checkFiles, churnFiles } from './files.mjs';
import { checkLibrary, churnLibrary, hammerLibrary } from './library.mjs';
import { runSchedules } from './schedules.mjs';

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {Iterable<number>} times */
function medianOf(times) {
  const sorted = Array.from(times).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** @param {string} url */
async function moduleAt(url) {
  const host = createHost();
  const module = await host.compile(url);
  await host.close();
  return module;
}

/** @type {{ host: import('tenon').Host, plugin: import('tenon').Plugin } | null} */
let kept = null;

/**
 * @param {string} url
 * @param {import('tenon').PluginOptions} [options]
 */
async function keptPlugin(url, options = {}) {
  if (kept === null) {
    const host = createHost();
    kept = { host, plugin: await host.createPlugin(url, options) };
  }
  return kept.plugin;
}

/** Makes endless calls one after the other. Returns how late each ended, and how long the next call took. */
async function timeouts(/** @type {number} */ count) {
  const limitMs = 100;
  const plugin = await keptPlugin('/fixtures/loop_in_call.wasm', { circuitBreaker: false });
  const seen = [];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    const code = await plugin.call('loop_empty', null, { timeoutMs: limitMs }).then(
      () => 'value',
      (/** @type {import('tenon').PluginError} */ error) => error.code,
    );
    const stopped = performance.now();
    await plugin.call('ok');
    const answered = performance.now();
    if (code !== 'timeout') throw new Error(`Endless call: expected "timeout", found "${code}"`);
    seen.push({ overshootMs: stopped - start - limitMs, nextMs: answered - stopped });
  }
  return seen;
}

/**
 * Does the same with a metered plug-in, which must be stopped inside its worker: calls one export of a fixture repeatedly.
 * @param {{ fixture: string, name: string, count: number, limitMs: number }} wanted
 */
async function stops({ fixture, name, count, limitMs }) {
  let spawned = 0;
  const host = createHost({
    spareWorkers: 0,
    worker: (script) => {
      if (script === 'worker') spawned += 1;
      return new Worker(`/dist/${script}.js`, { type: 'module' });
    },
  });
  /** @type {import('tenon').PluginOptions} */
  const options = { metering: true, circuitBreaker: false, memory: { maxPages: 256 } };
  const plugin = await host.createPlugin(`/fixtures/${fixture}.wasm`, options);
  const seen = [];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    const code = await plugin.call(name, null, { timeoutMs: limitMs }).then(
      () => 'value',
      (/** @type {import('tenon').PluginError} */ error) => error.code,
    );
    const ended = performance.now();
    await plugin.call('ok');
    const answered = performance.now();
    if (code !== 'timeout') throw new Error(`Export "${name}": expected "timeout", found "${code}"`);
    seen.push({ overshootMs: ended - start - limitMs, nextMs: answered - ended });
  }
  // Once more, to measure the processes while the plug-in is idle.
  await plugin.call(name, null, { timeoutMs: limitMs }).catch(() => {});
  stopped.add(host);
  return { seen, spawned };
}

/** Hosts of plug-ins that were stopped, until they are looked at no more. @type {Set<import('tenon').Host>} */
const stopped = new Set();

/** Closes them. Returns how many workers remain. */
async function finishStops() {
  let workers = 0;
  for (const host of stopped) {
    await host.close();
    workers += host.workers;
  }
  stopped.clear();
  return workers;
}

/**
 * Starts an endless call of a metered plug-in, to be aborted. The abort stops it inside its worker or terminates the worker.
 * @type {{ controller: AbortController, call: Promise<unknown>, host: import('tenon').Host } | null}
 */
let endless = null;

/** @param {{ fixture: string, name: string }} wanted */
async function startEndless({ fixture, name }) {
  const host = createHost({ spareWorkers: 0 });
  const plugin = await host.createPlugin(`/fixtures/${fixture}.wasm`, { metering: true });
  const controller = new AbortController();
  const call = plugin.call(name, null, { signal: controller.signal }).catch((/** @type {unknown} */ error) => error);
  endless = { controller, call, host };
}

/** Aborts the call. Returns how long it took to end, in milliseconds. */
async function abortEndless() {
  if (endless === null) throw new Error('abort: expected a running call, found none');
  const start = performance.now();
  endless.controller.abort();
  await endless.call;
  return performance.now() - start;
}

async function closeEndless() {
  await endless?.host.close();
  endless = null;
}

/**
 * Starts a metered plug-in whose initialization is endless. Returns how late it was stopped.
 * @param {{ fixture: string, count: number, limitMs: number }} wanted
 */
async function startStops({ fixture, count, limitMs }) {
  const host = createHost({ defaults: { metering: true, circuitBreaker: false } });
  const module = await host.compile(`/fixtures/${fixture}.wasm`);
  // Keeps the spare worker: a host without plug-ins releases it.
  await host.createPlugin('/fixtures/loop_in_call.wasm');
  const seen = [];
  for (let index = 0; index < count; index += 1) {
    // Waits for a spare worker, so that its start is not measured.
    await sleep(100);
    const start = performance.now();
    const code = await host.createPlugin(module, { loadTimeoutMs: limitMs }).then(
      () => 'value',
      (/** @type {import('tenon').PluginError} */ error) => error.code,
    );
    seen.push(performance.now() - start - limitMs);
    if (code !== 'load-timeout') throw new Error(`Fixture "${fixture}": expected "load-timeout", found "${code}"`);
  }
  await host.close();
  return seen;
}

/** @param {number} count @param {number} sizeBytes */
async function calls(count, sizeBytes) {
  const plugin = await keptPlugin('/plugins/echo.wasm');
  const input = new Uint8Array(sizeBytes).fill(7);
  for (let index = 0; index < count; index += 1) {
    const { byteLength } = await plugin.call('echo', input);
    if (byteLength !== sizeBytes) throw new Error(`Call: expected ${sizeBytes} bytes, found ${byteLength}`);
  }
}

/** @type {{ host: import('tenon').Host, module: WebAssembly.Module } | null} */
let reused = null;

/** Create, call, close. @param {number} count */
async function lifecycles(count) {
  reused ??= { host: createHost(), module: await moduleAt('/plugins/count_vowels.wasm') };
  const { host, module } = reused;
  for (let index = 0; index < count; index += 1) {
    const plugin = await host.createPlugin(module);
    const { count: vowels } = /** @type {{ count: number }} */ ((await plugin.call('count_vowels', 'Hello')).json());
    await plugin.close();
    if (vowels !== 2) throw new Error(`Call: expected 2 vowels in "Hello", found ${vowels}`);
  }
  return host.workers;
}

/** Starts an empty worker, waits for its message, and terminates it. @param {number} count */
async function bareWorkers(count) {
  for (let index = 0; index < count; index += 1) {
    const worker = new Worker('/bare-worker.mjs', { type: 'module' });
    await new Promise((resolve) => worker.addEventListener('message', resolve, { once: true }));
    worker.terminate();
  }
}

/**
 * Calls more plug-ins than fit in turn. Compares waking one with creating one from the same compiled module: both replace one that is
 * idle.
 * @param {{ plugins: number, rounds: number }} wanted
 */
async function hibernation({ plugins: count, rounds }) {
  const module = await moduleAt('/plugins/count_vowels.wasm');
  const host = createHost({ defaults: { hibernate: true } });
  /** @type {import('tenon').Plugin[]} */
  const plugins = [];
  /** @type {number[]} */
  const creating = [];
  /** @type {number[]} */
  const waking = [];
  const ask = async (/** @type {import('tenon').Plugin} */ plugin) => {
    const { total } = /** @type {{ total: number }} */ ((await plugin.call('count_vowels', 'a')).json());
    return total;
  };
  for (let index = 0; index < count; index += 1) {
    const full = plugins.some(({ state }) => state === 'hibernating');
    const start = performance.now();
    const plugin = await host.createPlugin(module);
    await ask(plugin);
    if (full) creating.push(performance.now() - start);
    plugins.push(plugin);
  }
  for (let round = 2; round <= rounds + 1; round += 1) {
    for (const plugin of plugins) {
      const asleep = plugin.state === 'hibernating';
      const start = performance.now();
      const total = await ask(plugin);
      if (asleep) waking.push(performance.now() - start);
      if (total !== round) throw new Error(`Plug-in: expected a total of ${round} vowels, found ${total}`);
    }
  }
  const asleep = plugins.filter(({ state }) => state === 'hibernating').length;
  await host.close();
  return {
    asleep,
    wakes: waking.length,
    wakingMs: medianOf(waking),
    creatingMs: medianOf(creating),
    workers: host.workers,
  };
}

/** How many pages, and how many table entries, a guest gets that asks for one after another. @param {readonly number[]} caps */
async function caps(caps) {
  const host = createHost();
  const grown = [];
  for (const cap of caps) {
    const memory = { maxPages: cap, maxTableEntries: cap };
    const guest = await host.createPlugin('/fixtures/memory_growth.wasm', { memory });
    const pages = number(await guest.call('grow_until_refused'));
    await guest.call('touch_last_byte');
    await guest.close();
    // Its calls use one page of the kernel's memory.
    const table = await host.createPlugin('/fixtures/table_growth.wasm', { memory });
    const entries = number(await table.call('grow_by_one_until_refused'));
    await table.close();
    grown.push({ cap, pages, entries });
  }
  await host.close();
  return grown;
}

/** @param {import('tenon').PluginOutput} output */
function number(output) {
  return Number(new DataView(output.bytes().buffer).getBigInt64(0, true));
}

/** Closes what is still open. Returns how many workers remain. */
async function finish() {
  await kept?.host.close();
  await reused?.host.close();
  await sleep(50);
  return (kept?.host.workers ?? 0) + (reused?.host.workers ?? 0);
}

window.soak = {
  timeouts,
  stops,
  finishStops,
  startStops,
  startEndless,
  abortEndless,
  closeEndless,
  calls,
  lifecycles,
  bareWorkers,
  hibernation,
  caps,
  runSchedules,
  writeToCache,
  checkCache,
  churnLibrary,
  checkLibrary,
  hammerLibrary,
  churnFiles,
  checkFiles,
  keepVariety,
  storeAndOpen,
  changeOneByte,
  printMegabytes,
  finish,
};
