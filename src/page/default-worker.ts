/** One expression, so that every bundler finds the worker's script and ships it. */
export function spawnDefaultWorker(): Worker {
  return new Worker(new URL('../worker/entry.ts', import.meta.url), { type: 'module' });
}

/** A part that the worker imports only where WebCrypto is absent; one expression, for the same reason. */
export function hashPartUrl(): string {
  return new URL('../worker/hash.ts', import.meta.url).href;
}
