// How long this machine keeps a thread waiting that has nothing to do: what a stall on the page is to be held against.
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

/** Starts measuring in a thread of its own. */
export function startNoiseMeter() {
  const worker = new Worker(new URL(import.meta.url));
  return {
    /** @returns {Promise<number>} Milliseconds of the longest wait since this was last asked. */
    longest: () =>
      new Promise((resolve) => {
        worker.once('message', resolve);
        worker.postMessage(null);
      }),
    stop: () => worker.terminate(),
  };
}

async function measure() {
  let longest = 0;
  parentPort?.on('message', () => {
    parentPort?.postMessage(Math.round(longest));
    longest = 0;
  });
  for (let last = performance.now(); ;) {
    await sleep(1);
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
}

if (!isMainThread) await measure();
