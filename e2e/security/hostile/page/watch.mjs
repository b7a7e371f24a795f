// Watches the page while a plug-in runs: for stalls, remaining workers and changed shared objects.

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

/** Schedules a timer each millisecond (engines run one each 4) and records the longest delay. */
export class Ticker {
  #last = performance.now();
  #longest = 0;
  #stopped = false;

  constructor() {
    this.#tick();
  }

  /** @returns {number} The longest stall, in milliseconds. */
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

/** Returns every own property of the objects that all code on the page shares. */
function snapshot() {
  return shared.map((object) => {
    const properties = Object.getOwnPropertyDescriptors(object);
    return new Map(Reflect.ownKeys(properties).map((key) => [key, Reflect.get(properties, key)]));
  });
}

const before = snapshot();

/** Returns the names of shared properties that have changed since the page was loaded. */
export function changedGlobals() {
  /** @type {string[]} */
  const changed = [];
  for (const [index, now] of snapshot().entries()) {
    const was = before[index] ?? new Map();
    for (const key of new Set([...now.keys(), ...was.keys()])) {
      // The browser's driver adds its own properties to the global object.
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
