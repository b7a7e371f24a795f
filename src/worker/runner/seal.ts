/**
 * The globals that a worker with a plug-in keeps: those of ECMAScript, and those that this library uses while a plug-in runs.
 * All others are deleted before any guest code runs, including those that engines add in the future. See README.md.
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
    // Used by this library and Comlink.
    'self constructor addEventListener removeEventListener postMessage onmessage MessageEvent MessagePort MessageChannel ' +
    'TextEncoder TextDecoder performance crypto setTimeout clearTimeout console'
  ).split(' '),
);

/** Deletes every global that is not on the list, along the prototype chain. */
export function sealScope(scope: object): void {
  for (let target: object | null = scope; target !== null && target !== Object.prototype;) {
    for (const name of Object.getOwnPropertyNames(target)) {
      if (!kept.has(name) && !Reflect.deleteProperty(target, name)) overwrite(target, name);
    }
    target = Object.getPrototypeOf(target) as object | null;
  }
}

/** Sets a global that cannot be deleted to undefined, where it is writable. */
function overwrite(target: object, name: string): void {
  if (Object.getOwnPropertyDescriptor(target, name)?.writable === true) Reflect.set(target, name, undefined);
}
