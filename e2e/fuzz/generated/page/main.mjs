import { createHost, isPluginError } from 'tenon';
import { Differential } from '../../differential/page/compare.mjs';

/** @typedef {import('../run.mjs').Tally} Tally */

const callMs = 4_000;
const loadMs = 10_000;
/** How long a call or a load may overrun its time limit before it counts as a failure. */
const overrunLimitMs = 20_000;
const mostCalls = 6;
/** The number of modules that run at the same time, each on its own host with a warm loader and a spare worker. */
const hosts = [createHost(), createHost(), createHost()];
const differential = new Differential();

/**
 * Returns how some work ended: `value`, the code of an error, or a fault.
 * @param {Promise<unknown>} work
 */
async function endOf(work) {
  const { promise: late, reject } = Promise.withResolvers();
  const timer = setTimeout(() => reject(new Error(`did not end within ${overrunLimitMs} ms`)), overrunLimitMs);
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
 * Loads one module and calls its exports. Returns how each ended, the load first.
 * @param {import('tenon').Host} host
 * @param {number} index
 * @param {import('tenon').PluginOptions} metering
 */
async function endsOf(host, index, metering) {
  const loading = host.createPlugin(`/modules/${index}.wasm`, {
    cache: 'off',
    timeoutMs: callMs,
    loadTimeoutMs: loadMs,
    memory: { maxPages: 64 },
    onLog: () => {},
    circuitBreaker: false,
    ...metering,
  });
  const ends = [{ what: 'loading', ...(await endOf(loading)) }];
  if (ends[0]?.end !== 'value') return ends;
  const plugin = await loading;
  const functions = plugin.exports.filter(({ kind }) => kind === 'function').slice(0, mostCalls);
  for (const { name } of functions) ends.push({ what: `"${name}"`, ...(await endOf(plugin.call(name, 'some input'))) });
  await plugin.close();
  return ends;
}

/** @param {string} end */
const isOfTime = (end) => end === 'timeout' || end === 'load-timeout';

/**
 * Runs each module and a metered version of it. Both must end in the same way unless one of them timed out.
 * @param {import('tenon').Host} host
 * @param {number} index
 * @param {Tally} tally
 */
async function runOne(host, index, tally) {
  const plain = await endsOf(host, index, { metering: false });
  for (const { what, end, fault } of plain) {
    tally.ends[end] = (tally.ends[end] ?? 0) + 1;
    if (fault !== null) tally.faults.push(`module ${index}, ${what}: ${fault}`);
  }
  if (plain[0]?.end !== 'value') return;
  tally.loaded += 1;
  const level = index % 2 === 0 ? { metering: true } : { fuel: Infinity };
  const metered = await endsOf(host, index, level);
  for (const [at, { what, end }] of plain.entries()) {
    const other = metered[at]?.end ?? 'nothing';
    // After a call that timed out the states differ.
    if (isOfTime(end) || isOfTime(other)) break;
    if (other !== end) tally.faults.push(`module ${index}, ${what}: ${end}, but metered ${other}`);
  }
}

/** Loads and calls `count` modules, starting with a number. */
Object.defineProperty(globalThis, 'generated', {
  value: async (/** @type {number} */ from, /** @type {number} */ count) => {
    /** @type {Tally} */
    const tally = { loaded: 0, compared: 0, ends: {}, faults: [] };
    let next = from;
    const lane = async (/** @type {import('tenon').Host} */ host) => {
      while (next < from + count) {
        const index = next;
        next += 1;
        await runOne(host, index, tally);
      }
    };
    const compareAll = async () => {
      for (let index = from; index < from + count; index += 1) {
        const { compared, faults } = await differential.compare(`/modules/${index}.wasm`);
        if (compared) tally.compared += 1;
        tally.faults.push(...faults.map((fault) => `module ${index}: ${fault}`));
      }
    };
    await Promise.all([compareAll(), ...hosts.map(lane)]);
    if (Object.hasOwn(Object.prototype, 'polluted')) tally.faults.push('Object.prototype was changed');
    return tally;
  },
});

/** @type {string[]} */
const uncaught = [];
addEventListener('error', ({ message }) => uncaught.push(message));
addEventListener('unhandledrejection', ({ reason }) => uncaught.push(String(reason)));

/** Closes everything. Returns the faults outside of calls, and how many workers remain. */
Object.defineProperty(globalThis, 'finishGenerated', {
  value: async () => {
    await Promise.all([differential, ...hosts].map((one) => one.close()));
    return { uncaught, workers: hosts.reduce((sum, host) => sum + host.workers, 0) };
  },
});
