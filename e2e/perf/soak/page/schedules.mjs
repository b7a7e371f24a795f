// Random schedules of calls, aborts, time limits, closes and killed workers, on real workers: every promise settles, typed.
import { createHost, isPluginError } from 'tenon';

const actionsEach = 14;
const patienceMs = 30_000;

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

/** One plug-in and what happens to it. */
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
    // What nothing stops any more would run for ever.
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
async function withinPatience(ends) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<string>} */
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, patienceMs, 'never settled');
  });
  const all = await Promise.all(ends.map((end) => Promise.race([end, late])));
  clearTimeout(timer);
  return all;
}

/** A host whose workers can be killed behind its back, as a browser short of memory does. */
function hostOfMortals() {
  /** @type {Set<Worker>} */
  const runners = new Set();
  const host = createHost({
    worker: (script) => {
      const worker = new Worker(`/dist/${script}.js`, { type: 'module' });
      // One that has not begun yet would only be waited for.
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
    return await withinPatience(schedule.ends);
  } catch (error) {
    // A worker of the schedule before may die under it.
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
