import { Differential } from './compare.mjs';

const differential = new Differential();

/** The interface for the runner. */
Object.defineProperty(globalThis, 'compareWithMetered', {
  value: (/** @type {string} */ url, /** @type {boolean} */ allowGc) => differential.compare(url, { allowGc }),
});
