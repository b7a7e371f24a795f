// Measures how long this machine delays an idle thread; a stall of the page is compared with it.
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

/** Starts measuring in another thread. */
export function startNoiseMeter() {
  const worker = new Worker(new URL(import.meta.url));
  return {
    /** @returns {Promise<number>} The longest delay since the last call, in milliseconds. */
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
    await sleep(4);
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
}

if (!isMainThread) await measure();
