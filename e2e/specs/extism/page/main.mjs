// Every case twice: with the Extism JS SDK, then with the drop-in. What both give must be the same, or better for a stated reason.
import * as peer from '@extism/extism';
import * as dropIn from 'tenon/extism';
import { cases } from './cases.mjs';
import './documented-cases.mjs';

/** @typedef {{ name: string, verdict: 'same' | 'better' | 'worse', reason?: string, peer: string, dropIn: string }} Row */

/** Declared apart, used alike. */
const asDropIn = /** @type {typeof dropIn} */ (/** @type {unknown} */ (peer));
/** Much more than either needs: a busy machine must not look like a fault. */
const mostMs = 30_000;
/** For cases in which the drop-in is known to be better: in many of them the SDK hangs for ever. */
const mostPeerMsIfWorse = 1_500;

/** @param {unknown} value */
function show(value) {
  return JSON.stringify(value, (_key, one) => {
    if (typeof one === 'bigint') return `${one}n`;
    return one === undefined ? 'undefined' : one;
  });
}

/**
 * @param {typeof dropIn} sdk
 * @param {import('./cases.mjs').Case} one
 */
async function outcome(sdk, { run, better }) {
  /** @type {{ close(): Promise<void> }[]} */
  const opened = [];
  const runInWorker = crossOriginIsolated;
  const address = (/** @type {string} */ name) =>
    new URL(name.includes('/') ? name : `/fixtures/${name}.wasm`, location.origin).href;
  /** @type {import('./cases.mjs').Kit} */
  const kit = {
    sdk,
    address,
    create: async (source, options = {}) => {
      const plugin = await sdk.createPlugin(source, { runInWorker, ...options });
      opened.push(plugin);
      return plugin;
    },
    open: (name, options = {}) => kit.create(address(name), options),
  };
  const { promise: late, reject } = Promise.withResolvers();
  const limitMs = sdk === dropIn || better === undefined ? mostMs : mostPeerMsIfWorse;
  const timer = setTimeout(() => reject(new Error('HANGS')), limitMs);
  try {
    return show(await Promise.race([run(kit), late])) ?? 'undefined';
  } catch (error) {
    return `throws ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    clearTimeout(timer);
    for (const plugin of opened)
      await Promise.race([plugin.close().catch(() => {}), new Promise((end) => setTimeout(end, 500))]);
  }
}

/** @returns {Promise<Row[]>} */
window.compare = async () => {
  /** @type {Row[]} */
  const rows = [];
  for (const one of cases) {
    if (one.onlyIsolated !== undefined && one.onlyIsolated !== crossOriginIsolated) continue;
    const theirs = await outcome(asDropIn, one);
    const ours = await outcome(dropIn, one);
    const { name, better } = one;
    const row = { name, peer: theirs, dropIn: ours };
    if (theirs === ours) rows.push({ ...row, verdict: 'same' });
    else if (better !== undefined && better.is.test(ours))
      rows.push({ ...row, verdict: 'better', reason: better.because });
    else rows.push({ ...row, verdict: 'worse' });
  }
  return rows;
};
