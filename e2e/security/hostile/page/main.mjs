import { changedGlobals, Ticker, workersAlive } from './watch.mjs';
import { createHost, isPluginError } from 'tenon';

/** @typedef {import('../corpus.mjs').CaseSheet} CaseSheet */

/**
 * @typedef {object} Outcome What one hostile plug-in came to.
 * @property {readonly string[]} ends The error code, or `value`, of each load and each call.
 * @property {readonly string[]} faults Why it is not contained; empty when it is.
 * @property {number} stallMs The longest stall of the page's event loop meanwhile.
 */

/** A short time limit for guests that must exceed it; a long one for the others, because the machine may be busy. */
const soon = { callMs: 500, loadMs: 1_500 };
const late = { callMs: 8_000, loadMs: 10_000 };
/** For one attack of many. */
const attackMs = 100;
const settleLimitMs = 25_000;

/** All hostile plug-ins run on one host, as in an app. */
const host = createHost();
const goodHost = createHost({ spareWorkers: 0 });
/** @type {Promise<import('tenon').Plugin> | null} */
let good = null;

/** A harmless plug-in in its own worker; it must work whatever the others do. */
async function askGoodPlugin() {
  good ??= goodHost.createPlugin('/plugins/count_vowels_c.wasm', { cache: 'off' });
  const plugin = await good;
  const { count } = /** @type {{ count: number }} */ ((await plugin.call('count_vowels', 'Hello')).json());
  if (count !== 2) throw new Error(`Harmless plug-in: expected 2 vowels in "Hello", found ${count}`);
}

/**
 * @template Value
 * @param {string} what
 * @param {Promise<Value>} work
 */
async function settled(what, work) {
  const { promise: late, reject } = Promise.withResolvers();
  const timer = setTimeout(() => reject(new Error(`${what} did not settle within ${settleLimitMs} ms`)), settleLimitMs);
  try {
    return await Promise.race([work, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether only the spare worker and one loader run; further loaders may still be writing to the cache. */
async function cameToRest() {
  for (let turns = 0; turns < 200 && host.workers > 2; turns += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return host.workers <= 2;
}

/** Runs one variant of a case. */
class Attempt {
  /** @type {string[]} */
  ends = [];
  /** @type {string[]} */
  faults = [];
  #logs = 0;
  #sheet;

  /** @param {CaseSheet} sheet */
  constructor(sheet) {
    this.#sheet = sheet;
  }

  async run() {
    const startedAt = performance.now();
    for (let variant = 0; variant < this.#sheet.variants; variant += 1) await this.#runVariant(variant);
    if (!(await cameToRest())) this.faults.push(`${host.workers} workers run when nothing does`);
    const { mostLogs = 0, mostLogsPerSecond = 0 } = this.#sheet;
    const most = mostLogs + (mostLogsPerSecond * (performance.now() - startedAt)) / 1_000;
    if (this.#logs > most)
      this.faults.push(`${this.#logs} log lines reached the page, at most ${Math.round(most)} may`);
  }

  /** @param {number} variant */
  async #runVariant(variant) {
    const plugin = await this.#load(variant);
    if (plugin === null) return;
    const { attacks, calls = ['run'], input } = this.#sheet;
    if (attacks === undefined) for (const name of calls) await this.#call(plugin, name, input);
    else for (const attack of attacks) await this.#attack(plugin, attack);
    // The next call must work all the same.
    if (this.#sheet.alive !== false && plugin.functionExists('ok'))
      await this.#call(plugin, 'ok', undefined, ['value']);
    await plugin.close();
  }

  /**
   * Makes one call of many.
   * @param {import('tenon').Plugin} plugin
   * @param {import('../corpus.mjs').Attack} attack
   */
  async #attack(plugin, { name, ends, output }) {
    const timeoutMs = ends.includes('timeout') ? attackMs : late.callMs;
    const text = await this.#call(plugin, name, undefined, ends, timeoutMs);
    if (output !== undefined && text !== undefined && text !== output)
      this.faults.push(`${name} reached ${text.slice(0, 300)}`);
    await settled(`reset() after ${name}`, plugin.reset());
  }

  /** @param {number} variant */
  async #load(variant) {
    const { name, links, extension, options, mostLogs, ends } = this.#sheet;
    const url = (/** @type {string} */ file) =>
      new URL(`/hostile/${name}/${encodeURIComponent(file)}.${extension}`, location.href).href;
    const modules = [
      ...links.map((link) => ({ name: link, url: url(link) })),
      { name: 'main', url: url(String(variant)) },
    ];
    const onLog =
      mostLogs === undefined ? {} : { onLog: () => (this.#logs += 1), logLevel: /** @type {const} */ ('trace') };
    const loadTimeoutMs = ends.includes('load-timeout') ? soon.loadMs : late.loadMs;
    const limits = { timeoutMs: late.callMs, loadTimeoutMs, memory: { maxPages: 256 } };
    const all = { ...limits, cache: /** @type {const} */ ('off'), ...onLog, ...options };
    const loading = host.createPlugin(links.length === 0 ? url(String(variant)) : { wasm: modules }, all);
    try {
      return await settled('loading', loading);
    } catch (error) {
      this.#ended('loading', error, this.#sheet.ends);
      return null;
    }
  }

  /**
   * @param {import('tenon').Plugin} plugin
   * @param {string} name
   * @param {string | undefined} input
   * @param {readonly string[]} expected
   * @returns {Promise<string | undefined>} The output as text; undefined if the call failed.
   */
  async #call(
    plugin,
    name,
    input,
    expected = this.#sheet.ends,
    timeoutMs = expected.includes('timeout') ? soon.callMs : late.callMs,
  ) {
    const what = `calling ${name.slice(0, 100)}`;
    try {
      const output = await settled(what, plugin.call(name, input, { timeoutMs }));
      this.#ended(what, null, expected);
      const { mostBytes = 0 } = this.#sheet;
      if (output.byteLength > mostBytes)
        this.faults.push(`${what} gave ${output.byteLength} bytes, at most ${mostBytes} may be`);
      return output.text();
    } catch (error) {
      this.#ended(what, error, expected);
      return undefined;
    }
  }

  /**
   * @param {string} what
   * @param {unknown} error
   * @param {readonly string[]} expected
   */
  #ended(what, error, expected) {
    if (error !== null && !isPluginError(error)) {
      this.ends.push('untyped');
      this.faults.push(`${what} failed with what is no PluginError: ${String(error)}`);
      return;
    }
    const end = error === null ? 'value' : error.code;
    this.ends.push(end);
    if (error !== null && JSON.stringify(error).length > 1_000_000)
      this.faults.push(`${what} failed with an error of over a million characters`);
    if (expected.includes(end)) return;
    this.faults.push(
      `${what} ended in ${end}${error === null ? '' : ` (${error.message.slice(0, 300)})`}, not in ${expected.join(' or ')}`,
    );
  }
}

/**
 * Runs all variants of one case and checks the page afterwards.
 * @param {CaseSheet} sheet
 * @returns {Promise<Outcome>}
 */
async function runCase(sheet) {
  await askGoodPlugin();
  const attempt = new Attempt(sheet);
  const ticker = new Ticker();
  await attempt.run();
  const stallMs = ticker.stop();
  await settled('the good plug-in', askGoodPlugin()).catch((/** @type {unknown} */ error) =>
    attempt.faults.push(String(error)),
  );
  const strays = workersAlive() - host.workers - goodHost.workers;
  if (strays > 0) attempt.faults.push(`${strays} workers run that no host knows of`);
  for (const name of changedGlobals()) attempt.faults.push(`${name} of a shared object changed`);
  return { ends: attempt.ends, faults: attempt.faults, stallMs };
}

/** @type {unknown[]} */
const uncaught = [];
addEventListener('error', ({ message }) => uncaught.push(message));
addEventListener('unhandledrejection', ({ reason }) => uncaught.push(reason));

/** Closes everything. Returns how many workers remain. */
async function finish() {
  await Promise.all([host.close(), goodHost.close()]);
  return workersAlive();
}

/** The interface for the runner. */
Object.defineProperty(globalThis, 'hostile', {
  value: async (/** @type {string} */ name) => {
    const response = await fetch(`/hostile/${name}.json`);
    const outcome = await runCase(/** @type {CaseSheet} */ (await response.json()));
    const faults = uncaught.splice(0).map((error) => `an exception on the page: ${String(error)}`);
    return { ...outcome, faults: [...outcome.faults, ...faults] };
  },
});
Object.defineProperty(globalThis, 'finishHostile', { value: finish });
