/**
 * Where the library's other files are. Each is one expression, so that every bundler finds the file and ships it.
 */

export function spawnDefaultWorker(): Worker {
  return new Worker(new URL('../../worker/runner/entry.ts', import.meta.url), { type: 'module' });
}

export function spawnDefaultLoader(): Worker {
  return new Worker(new URL('../../worker/loader/entry.ts', import.meta.url), { type: 'module' });
}

/** A part that a plug-in's worker imports for plug-ins that import WASI. */
export function wasiPartUrl(): string {
  return new URL('../../worker/wasi/wasi.ts', import.meta.url).href;
}

/** A part that the loader imports only where WebCrypto is absent. */
export function hashPartUrl(): string {
  return new URL('../../worker/loader/hash.ts', import.meta.url).href;
}

/** A part that the loader imports for modules that are metered. */
export function meterPartUrl(): string {
  return new URL('../../worker/loader/meter-chunk.ts', import.meta.url).href;
}
