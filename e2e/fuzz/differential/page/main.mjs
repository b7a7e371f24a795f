import { Twins } from './compare.mjs';

const twins = new Twins();

/** For the runner. */
Object.defineProperty(globalThis, 'compareTwins', {
  value: (/** @type {string} */ url, /** @type {boolean} */ allowGc) => twins.compare(url, { allowGc }),
});
