import { Twins } from './twins.mjs';

const twins = new Twins();

/** For the runner. */
Object.defineProperty(globalThis, 'compareTwins', { value: (/** @type {string} */ url) => twins.compare(url) });
