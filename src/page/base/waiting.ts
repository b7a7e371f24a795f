import type { WaitingWay } from '../../contract/host-function.js';

/**
 * The ways of waiting, fastest first in every engine. One round trip to the page at best, in microseconds (`npm run bench`):
 *
 * | engine   | atomics | jspi | long-poll |
 * | -------- | ------- | ---- | --------- |
 * | Chromium |     141 |  197 |     2,000 |
 * | Firefox  |      22 |  191 |     2,500 |
 * | WebKit   |      35 |    - |     1,200 |
 *
 * At the median Chromium needs 197 and 429. An answer in shared memory wakes the worker directly; a message waits for its event loop.
 */
const fastestFirst: readonly WaitingWay[] = ['atomics', 'jspi', 'long-poll'];

/** Returns the ways of waiting on this page, fastest first. A service worker may still not serve long polling: see `longPollScope`. */
export function possibleWays(): WaitingWay[] {
  return fastestFirst.filter((way) => isAvailable[way]());
}

const isAvailable: Readonly<Record<WaitingWay, () => boolean>> = {
  jspi: hasJspi,
  atomics: () => globalThis.crossOriginIsolated && typeof SharedArrayBuffer !== 'undefined',
  'long-poll': () => globalThis.navigator?.serviceWorker?.controller != null,
};

/** Whether the engine has JavaScript Promise Integration: https://github.com/WebAssembly/js-promise-integration */
export function hasJspi(): boolean {
  return 'Suspending' in WebAssembly;
}
