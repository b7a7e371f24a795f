/**
 * Starts the library's own workers and returns the URLs of the lazy chunks that workers import. Each URL is written as one
 * expression, so that every bundler finds the file and ships it.
 */

export function spawnDefaultWorker(): Worker {
  return new Worker(new URL('../../worker/runner/entry.ts', import.meta.url), { type: 'module' });
}

export function spawnDefaultLoader(): Worker {
  return new Worker(new URL('../../worker/loader/entry.ts', import.meta.url), { type: 'module' });
}

export function spawnDefaultReader(): Worker {
  return new Worker(new URL('../../worker/reader/entry.ts', import.meta.url), { type: 'module' });
}

/** A lazy chunk that a plug-in's worker imports when the plug-in imports WASI. */
export function wasiChunkUrl(): string {
  return new URL('../../worker/wasi/wasi.ts', import.meta.url).href;
}

/** A lazy chunk that a plug-in's worker imports for directories that are not in memory. */
export function storeChunkUrl(): string {
  return new URL('../../worker/wasi/store/store-chunk.ts', import.meta.url).href;
}

/** A lazy chunk that a plug-in's worker imports when the app first uses the plug-in's files. */
export function filesChunkUrl(): string {
  return new URL('../../worker/wasi/access/files-chunk.ts', import.meta.url).href;
}

/** A lazy chunk that the loader imports only where WebCrypto is absent. */
export function hashChunkUrl(): string {
  return new URL('../../worker/loader/hash.ts', import.meta.url).href;
}

/** A lazy chunk that the loader imports for modules that are metered. */
export function meterChunkUrl(): string {
  return new URL('../../worker/loader/meter-chunk.ts', import.meta.url).href;
}

/** A lazy chunk that the reader imports to compile a plug-in in JavaScript. */
export function javascriptChunkUrl(): string {
  return new URL('../../javascript/index.ts', import.meta.url).href;
}

/** The engine that plug-ins in JavaScript are linked to. */
export function javascriptEngineUrl(): string {
  return new URL('../../javascript/engine/javascript.wasm', import.meta.url).href;
}

/**
 * Starts a worker whose script may be on another origin. Browsers do not start such a script directly, so a blob imports it. The blob URL is
 * revoked after the worker's first message or error, when the script has been read.
 */
export function spawnFromUrl(url: URL): Worker {
  if (url.origin === location.origin) return new Worker(url, { type: 'module' });
  const script = new Blob([`import ${JSON.stringify(url.href)};`], { type: 'text/javascript' });
  const blobUrl = URL.createObjectURL(script);
  const worker = new Worker(blobUrl, { type: 'module' });
  const revoke = (): void => URL.revokeObjectURL(blobUrl);
  worker.addEventListener('message', revoke, { once: true });
  worker.addEventListener('error', revoke, { once: true });
  return worker;
}
