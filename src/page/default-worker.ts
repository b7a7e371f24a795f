/** One expression, so that every bundler finds the worker's script and ships it. */
export function spawnDefaultWorker(): Worker {
  return new Worker(new URL('../worker/entry.ts', import.meta.url), { type: 'module' });
}
