import { Worker } from 'node:worker_threads';

/** @typedef {{ end: string, text?: string, bytes?: Uint8Array<ArrayBuffer>, linked?: Uint8Array<ArrayBuffer>, exports?: string[] }} Answer */

/** Runs tasks in a thread with limited memory. A task that takes too long ends its thread; the next one gets a new thread. */
export class LimitedThread {
  #data;
  /** @type {Worker | null} */
  #worker = null;

  /** @param {{ code: string, engine: Uint8Array<ArrayBuffer> }} data */
  constructor(data) {
    this.#data = data;
  }

  /**
   * @param {import('./thread.mjs').Task} task
   * @param {number} timeoutMs How long it may take once it runs.
   * @returns {Promise<Answer>} Ends in `timeout` if it took longer, in `lost` if the thread ended by itself.
   */
  async ask(task, timeoutMs) {
    this.#worker ??= new Worker(new URL('./thread.mjs', import.meta.url), {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: 1_024 },
    });
    const answer = await answerOf(this.#worker, task, timeoutMs);
    if (answer.end === 'timeout' || answer.end === 'lost') await this.close();
    return answer;
  }

  async close() {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

/**
 * @param {Worker} worker
 * @param {import('./thread.mjs').Task} task
 * @param {number} timeoutMs
 * @returns {Promise<Answer>}
 */
async function answerOf(worker, task, timeoutMs) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  try {
    return await new Promise((resolve) => {
      const startTimer = () => {
        timer = setTimeout(() => resolve({ end: 'timeout' }), timeoutMs);
      };
      worker.on('message', (message) => (message.started === true ? startTimer() : resolve(message)));
      worker.on('error', (error) => resolve({ end: 'lost', text: String(error) }));
      if (task.do === 'compile') startTimer();
      worker.postMessage(task);
    });
  } finally {
    clearTimeout(timer);
    worker.removeAllListeners('message').removeAllListeners('error');
  }
}
