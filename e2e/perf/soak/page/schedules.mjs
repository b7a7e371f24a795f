// Runs random sequences of calls, aborts, timeouts, closes and killed workers. Every promise must settle with a value or a typed error.
import { createHost, isPluginError } from 'tenon';

const actionsEach = 14;
const timeoutMs = 30_000;

/** @param {number} seed */
function randomFrom(seed) {
  let state = seed | 1;
  return (/** @type {number} */ below) => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** @typedef {(below: number) => number} Random */

/** Runs one random sequence with one plug-in. */
class Schedule {
  /** @type {Promise<string>[]} */
  ends = [];
  /** @type {AbortController[]} */
  #controllers = [];
  #random;
  #plugin;
  #runners;

  /**
   * @param {Random} random
   * @param {import('tenon').Plugin} plugin
   * @param {ReadonlySet<Worker>} runners
   */
  constructor(random, plugin, runners) {
    this.#random = random;
    this.#plugin = plugin;
    this.#runners = runners;
  }

  async run() {
    for (let action = 0; action < actionsEach; action += 1) {
      this.#act();
      if (this.#random(3) === 0) await new Promise((resolve) => setTimeout(resolve, this.#random(12)));
    }
    for (const controller of this.#controllers) if (this.#random(2) === 0) controller.abort();
    // Without this limit a call that nothing stops would never end.
    if (this.#random(4) > 0) await new Promise((resolve) => setTimeout(resolve, this.#random(40)));
    await this.#plugin.close();
    await this.#plugin.close();
  }

  #act() {
    const kind = this.#random(16);
    if (kind < 5) this.#call('upper_case');
    else if (kind < 8) this.#call('loop_forever', { timeoutMs: 1 + this.#random(40) });
    else if (kind < 10) this.#call(this.#random(2) === 0 ? 'trap' : 'fail_with');
    else if (kind < 12) this.#call('loop_forever', { signal: this.#signal() });
    else if (kind < 14) this.#controllers[this.#random(Math.max(1, this.#controllers.length))]?.abort();
    else if (kind < 15) this.#note(this.#plugin.reset());
    else if (this.#random(3) === 0) void this.#plugin.close();
    else Array.from(this.#runners)[this.#random(Math.max(1, this.#runners.size))]?.terminate();
  }

  #signal() {
    const controller = new AbortController();
    this.#controllers.push(controller);
    if (this.#random(6) === 0) controller.abort();
    return controller.signal;
  }

  /** @param {string} name @param {import('tenon').CallOptions} [options] */
  #call(name, options = {}) {
    this.#note(this.#plugin.call(name, 'text', options));
  }

  /** @param {Promise<unknown>} work */
  #note(work) {
    const end = work.then(
      () => 'value',
      (/** @type {unknown} */ error) => (isPluginError(error) ? error.code : `untyped: ${String(error)}`),
    );
    this.ends.push(end);
  }
}

/**
 * @param {readonly Promise<string>[]} ends
 * @returns {Promise<string[]>}
 */
async function withinTimeout(ends) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<string>} */
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, timeoutMs, 'never settled');
  });
  const all = await Promise.all(ends.map((end) => Promise.race([end, late])));
  clearTimeout(timer);
  return all;
}

/** Creates a host whose workers can be killed without its knowledge, as a browser does when memory is short. */
function hostOfMortals() {
  /** @type {Set<Worker>} */
  const runners = new Set();
  const host = createHost({
    worker: (script) => {
      const worker = new Worker(`/dist/${script}.js`, { type: 'module' });
      // Killing a worker that has not started would only delay the test.
      if (script === 'worker') worker.addEventListener('message', () => void runners.add(worker), { once: true });
      const end = worker.terminate.bind(worker);
      worker.terminate = () => {
        runners.delete(worker);
        end();
      };
      return worker;
    },
  });
  return { host, runners };
}

/**
 * @param {import('tenon').Host} host
 * @param {ReadonlySet<Worker>} runners
 * @param {{ random: Random, options: import('tenon').PluginOptions, module: WebAssembly.Module }} parts
 * @returns {Promise<readonly string[]>}
 */
async function runOne(host, runners, { random, options, module }) {
  try {
    const schedule = new Schedule(random, await host.createPlugin(module, options), runners);
    await schedule.run();
    return await withinTimeout(schedule.ends);
  } catch (error) {
    // A worker of the previous sequence may be killed during this one.
    return [isPluginError(error) ? error.code : `untyped: ${String(error)}`];
  }
}

/** @param {{ seed: number, from: number, count: number }} wanted */
export async function runSchedules({ seed, from, count }) {
  const { host, runners } = hostOfMortals();
  /** @type {Record<string, number>} */
  const ends = {};
  /** @type {string[]} */
  const faults = [];
  const module = await host.compile('/plugins/kitchen_sink.wasm');
  for (let index = from; index < from + count; index += 1) {
    const random = randomFrom(Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(index + 1, 0x85eb_ca77));
    const options = { concurrency: 1 + random(2), maxQueue: 1 + random(12), queueTimeoutMs: 200, timeoutMs: 2_000 };
    for (const end of await runOne(host, runners, { random, options, module })) {
      ends[end] = (ends[end] ?? 0) + 1;
      if (end.startsWith('untyped') || end.startsWith('never')) faults.push(`schedule ${index}: ${end}`);
    }
  }
  await host.close();
  if (host.workers > 0) faults.push(`${host.workers} workers left`);
  return { ends, faults };
}
