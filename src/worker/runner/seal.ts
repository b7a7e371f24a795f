/**
 * What stays on the global object of a worker that runs a plug-in: the language itself, and the few functions that this
 * library uses while a plug-in runs. All else goes before any guest code is there: network, storage, workers, timers of
 * other kinds, whatever an engine adds next year. Guests cannot reach globals anyway; this is the second wall.
 */
const kept: ReadonlySet<string> = new Set(
  // https://tc39.es/ecma262/#sec-global-object
  (
    'globalThis Infinity NaN undefined eval isFinite isNaN parseFloat parseInt decodeURI decodeURIComponent encodeURI ' +
    'encodeURIComponent escape unescape AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean ' +
    'DataView Date Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function InternalError ' +
    'Int8Array Int16Array Int32Array Iterator Map Number Object Promise Proxy RangeError ReferenceError RegExp Set ' +
    'SharedArrayBuffer String Symbol SyntaxError TypeError Uint8Array Uint8ClampedArray Uint16Array Uint32Array URIError ' +
    'WeakMap WeakRef WeakSet Atomics JSON Math Reflect WebAssembly ' +
    // What this library and Comlink use.
    'self constructor addEventListener removeEventListener postMessage onmessage MessageEvent MessagePort MessageChannel ' +
    'TextEncoder TextDecoder performance crypto setTimeout clearTimeout console'
  ).split(' '),
);

/** Deletes every global outside the kept list, along the whole prototype chain. */
export function sealScope(scope: object): void {
  for (let target: object | null = scope; target !== null && target !== Object.prototype;) {
    for (const name of Object.getOwnPropertyNames(target)) {
      if (!kept.has(name) && !Reflect.deleteProperty(target, name)) overwrite(target, name);
    }
    target = Object.getPrototypeOf(target) as object | null;
  }
}

/** Some engines make a few globals undeletable: they become undefined where that is allowed. */
function overwrite(target: object, name: string): void {
  if (Object.getOwnPropertyDescriptor(target, name)?.writable === true) Reflect.set(target, name, undefined);
}
