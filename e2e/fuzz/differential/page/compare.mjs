import { createHost, isPluginError } from 'tenon';

/** @typedef {import('../window.d.ts').DifferentialReply} DifferentialReply */

/** The time limit for running one module and its metered versions. */
const runLimitMs = 120_000;
const refused = /** @type {const} */ ({ compared: false, faults: [] });

/** Compares modules with their metered versions, one at a time. The gate applies the same limits on memory and tables to all three. */
export class Differential {
  #host = createHost({ spareWorkers: 0 });
  /** @type {Promise<Worker> | null} */
  #worker = null;

  /**
   * @param {string} url
   * @param {import('tenon').PluginOptions} [options]
   * @returns {Promise<DifferentialReply>}
   */
  async compare(url, options = {}) {
    const plain = await this.#compile(url, { ...options, metering: false });
    if (typeof plain === 'string') return refused;
    const fuel = await this.#compile(url, { ...options, fuel: Infinity });
    const interrupt = await this.#compile(url, { ...options, metering: true });
    if (typeof fuel === 'string' || typeof interrupt === 'string') {
      const end = [fuel, interrupt].find((one) => typeof one === 'string');
      // Metering supports less nesting than an engine; a load that timed out on a busy machine proves nothing.
      return end?.startsWith('module-limit:') || end?.startsWith('load-timeout:')
        ? refused
        : { compared: false, faults: [`only metered it is refused: ${end}`] };
    }
    return this.#run({ plain, fuel, interrupt });
  }

  async close() {
    this.#endWorker();
    await this.#host.close();
  }

  /**
   * @param {string} url
   * @param {import('tenon').PluginOptions} metering
   * @returns {Promise<WebAssembly.Module | string>} Or the code and the message of the error.
   */
  async #compile(url, metering) {
    const options = { ...metering, cache: /** @type {const} */ ('off'), memory: { maxPages: 64 } };
    try {
      return await this.#host.compile(url, options);
    } catch (error) {
      if (!isPluginError(error)) throw error;
      return `${error.code}: ${error.message}`;
    }
  }

  /** @param {import('../window.d.ts').DifferentialModules} modules @returns {Promise<DifferentialReply>} */
  async #run(modules) {
    const worker = await (this.#worker ??= startWorker());
    worker.postMessage(modules);
    const { promise: late, resolve } = Promise.withResolvers();
    const timer = setTimeout(resolve, runLimitMs, null);
    const reply = await Promise.race([next(worker), late]);
    clearTimeout(timer);
    if (reply !== null) return reply;
    this.#endWorker();
    return { compared: true, faults: [`its metered versions did not end within ${runLimitMs} ms`] };
  }

  #endWorker() {
    void this.#worker?.then((worker) => worker.terminate());
    this.#worker = null;
  }
}

async function startWorker() {
  const worker = new Worker(new URL('worker.mjs', import.meta.url), { type: 'module' });
  await next(worker);
  return worker;
}

/** @param {Worker} worker @returns {Promise<any>} */
function next(worker) {
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data), { once: true });
    worker.addEventListener('error', ({ message }) => reject(new Error(message)), { once: true });
  });
}
