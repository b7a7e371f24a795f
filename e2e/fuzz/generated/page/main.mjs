import { createHost, isPluginError } from 'tenon';
import { Differential } from '../../differential/page/compare.mjs';

/** @typedef {import('../run.mjs').Tally} Tally */

const callMs = 4_000;
const loadMs = 10_000;
/** A call or a load that takes longer than its own limit by so much hangs. */
const patienceMs = 20_000;
const mostCalls = 6;
/** So many modules at once, each on a host of its own, whose one loader and one spare worker are warm. */
const hosts = [createHost(), createHost(), createHost()];
const differential = new Differential();

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
 * Loads one module and calls what it exports: how each ended, the loading first.
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
 * Each module as it is, then metered, at one level or the other: both must do the same, unless time ran out for one.
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
    // What comes after a call that was given up starts from another state.
    if (isOfTime(end) || isOfTime(other)) break;
    if (other !== end) tally.faults.push(`module ${index}, ${what}: ${end}, but metered ${other}`);
  }
}

/** For the runner: loads and calls `count` modules, from the one with that number. */
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

/** Closes everything; gives what went wrong outside any call, and how many workers are left. */
Object.defineProperty(globalThis, 'finishGenerated', {
  value: async () => {
    await Promise.all([differential, ...hosts].map((one) => one.close()));
    return { uncaught, workers: hosts.reduce((sum, host) => sum + host.workers, 0) };
  },
});
