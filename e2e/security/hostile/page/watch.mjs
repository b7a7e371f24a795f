// What must not happen on the page while a plug-in runs: stalls, workers left behind, objects changed under everyone.

/** Workers that were started and not ended. @type {Set<Worker>} */
const liveWorkers = new Set();

const PlainWorker = globalThis.Worker;
globalThis.Worker = class extends PlainWorker {
  /** @param {ConstructorParameters<typeof Worker>} parameters */
  constructor(...parameters) {
    super(...parameters);
    liveWorkers.add(this);
  }
  /** @override */
  terminate() {
    liveWorkers.delete(this);
    super.terminate();
  }
};

export function workersAlive() {
  return liveWorkers.size;
}

/** Asks for a turn each millisecond (engines give one each 4), and keeps the longest time it had to wait for one. */
export class Ticker {
  #last = performance.now();
  #longest = 0;
  #stopped = false;

  constructor() {
    this.#tick();
  }

  /** @returns {number} Milliseconds of the longest stall. */
  stop() {
    this.#note();
    this.#stopped = true;
    return Math.round(this.#longest);
  }

  #tick() {
    setTimeout(() => {
      this.#note();
      if (!this.#stopped) this.#tick();
    }, 1);
  }

  #note() {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last);
    this.#last = now;
  }
}

/** @type {readonly object[]} */
const shared = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  Promise.prototype,
  Map.prototype,
  String.prototype,
  Error.prototype,
  Uint8Array.prototype,
  Object.getPrototypeOf(Uint8Array.prototype),
  Object,
  Promise,
  WebAssembly,
  globalThis,
];

/** Every own property of the objects that all code on the page shares. */
function snapshot() {
  return shared.map((object) => {
    const properties = Object.getOwnPropertyDescriptors(object);
    return new Map(Reflect.ownKeys(properties).map((key) => [key, Reflect.get(properties, key)]));
  });
}

const before = snapshot();

/** Names of shared properties that are not what they were when the page was loaded. */
export function changedGlobals() {
  /** @type {string[]} */
  const changed = [];
  for (const [index, now] of snapshot().entries()) {
    const was = before[index] ?? new Map();
    for (const key of new Set([...now.keys(), ...was.keys()])) {
      // Who drives the page keeps things of its own on the global object.
      if (shared[index] === globalThis && !was.has(key)) continue;
      if (!sameProperty(was.get(key), now.get(key))) changed.push(String(key));
    }
  }
  return changed;
}

/**
 * @param {PropertyDescriptor | undefined} was
 * @param {PropertyDescriptor | undefined} now
 */
function sameProperty(was, now) {
  if (was === undefined || now === undefined) return false;
  return Object.is(was.value, now.value) && was.get === now.get && was.set === now.set;
}
