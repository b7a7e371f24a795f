import type { WaitingWay } from '../../contract/host-function.js';

/**
 * The fastest first, in every engine. Measured, one round trip to the page in microseconds, at best: Chromium 141 by shared
 * memory, 197 by JSPI (`npm run bench`; at the median 197 and 429), 2,000 by long-polled request; Firefox 22, 191, 2,500; WebKit 35,
 * no JSPI, 1,200. An answer in shared memory wakes the worker itself, where a message has to wait for its event loop.
 */
const fastestFirst: readonly WaitingWay[] = ['atomics', 'jspi', 'long-poll'];

/** What this page has, the fastest first. A service worker may turn out not to hold requests: see `longPollScope`. */
export function possibleWays(): WaitingWay[] {
  return fastestFirst.filter((way) => isThere[way]());
}

const isThere: Readonly<Record<WaitingWay, () => boolean>> = {
  jspi: hasJspi,
  atomics: () => globalThis.crossOriginIsolated && typeof SharedArrayBuffer !== 'undefined',
  'long-poll': () => globalThis.navigator?.serviceWorker?.controller != null,
};

/** JavaScript promise integration: https://github.com/WebAssembly/js-promise-integration */
export function hasJspi(): boolean {
  return 'Suspending' in WebAssembly;
}
