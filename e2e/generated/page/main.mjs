import { createHost, isPluginError } from 'tenon';

/** @typedef {import('../run.mjs').Tally} Tally */

const callMs = 4_000;
const loadMs = 10_000;
/** A call or a load that takes longer than its own limit by so much hangs. */
const patienceMs = 20_000;
const mostCalls = 6;
/** So many modules at once, each on a host of its own, whose one loader and one spare worker are warm. */
const hosts = [createHost(), createHost(), createHost()];

/**
 * How this work ended: `value`, the code of an error, or why that is no way to end.
 * @param {Promise<unknown>} work
 */
async function endOf(work) {
  const { promise: late, reject } = Promise.withResolvers();
  const timer = setTimeout(() => reject(new Error(`did not end within ${patienceMs} ms`)), patienceMs);
  try {
    await Promise.race([work, late]);
    return { end: 'value', fault: null };
  } catch (error) {
    if (!isPluginError(error)) return { end: 'untyped', fault: String(error) };
    const ownFault = error.code === 'bug' || error.code === 'protocol' || error.code === 'worker-died';
    return { end: error.code, fault: ownFault ? `${error.code}: ${error.message.slice(0, 300)}` : null };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {import('tenon').Host} host
 * @param {number} index
 * @param {Tally} tally
 */
async function runOne(host, index, tally) {
  const note = (/** @type {string} */ what, /** @type {{ end: string, fault: string | null }} */ { end, fault }) => {
    tally.ends[end] = (tally.ends[end] ?? 0) + 1;
    if (fault !== null) tally.faults.push(`module ${index}, ${what}: ${fault}`);
  };
  const loading = host.createPlugin(`/modules/${index}.wasm`, {
    cache: 'off',
    timeoutMs: callMs,
    loadTimeoutMs: loadMs,
    memory: { maxPages: 64 },
    onLog: () => {},
  });
  const loaded = await endOf(loading);
  note('loading', loaded);
  if (loaded.end !== 'value') return;
  tally.loaded += 1;
  const plugin = await loading;
  const functions = plugin.exports.filter(({ kind }) => kind === 'function').slice(0, mostCalls);
  for (const { name } of functions) note(`"${name}"`, await endOf(plugin.call(name, 'some input')));
  await plugin.close();
}

/** For the runner: loads and calls `count` modules, from the one with that number. */
Object.defineProperty(globalThis, 'generated', {
  value: async (/** @type {number} */ from, /** @type {number} */ count) => {
    /** @type {Tally} */
    const tally = { loaded: 0, ends: {}, faults: [] };
    let next = from;
    const lane = async (/** @type {import('tenon').Host} */ host) => {
      while (next < from + count) {
        const index = next;
        next += 1;
        await runOne(host, index, tally);
      }
    };
    await Promise.all(hosts.map(lane));
    if (Object.hasOwn(Object.prototype, 'polluted')) tally.faults.push('Object.prototype was changed');
    return tally;
  },
});

/** @type {string[]} */
const uncaught = [];
addEventListener('error', ({ message }) => uncaught.push(message));
addEventListener('unhandledrejection', ({ reason }) => uncaught.push(String(reason)));

/** Closes everything; gives what went wrong outside any call, and how many workers are left. */
Object.defineProperty(globalThis, 'finishGenerated', {
  value: async () => {
    await Promise.all(hosts.map((host) => host.close()));
    return { uncaught, workers: hosts.reduce((sum, host) => sum + host.workers, 0) };
  },
});
