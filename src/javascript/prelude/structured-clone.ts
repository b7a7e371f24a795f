const errors = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

/** Copies a value with what it refers to: https://html.spec.whatwg.org/multipage/structured-data.html. Transfers are not supported. */
export function structuredClone(value: unknown): unknown {
  return copyOf(value, new Map());
}

function copyOf(value: unknown, known: Map<object, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new DOMException(`A ${typeof value} cannot be cloned`, 'DataCloneError');
  }
  if (typeof value !== 'object' || value === null) return value;
  if (known.has(value)) return known.get(value);
  const keep = <Copy>(copy: Copy): Copy => {
    known.set(value, copy);
    return copy;
  };
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (/^\[object (?:Number|String|Boolean|BigInt)\]$/u.test(Object.prototype.toString.call(value)))
    return keep(Object(value.valueOf()) as unknown);
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) return keep(viewCopy(value, known));
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [key, item] of Array.from(value)) copy.set(copyOf(key, known), copyOf(item, known));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const item of Array.from(value)) copy.add(copyOf(item, known));
    return copy;
  }
  if (value instanceof Error) return keep(errorCopy(value));
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
    throw new DOMException(`${Object.prototype.toString.call(value)} cannot be cloned`, 'DataCloneError');
  }
  const copy = keep(Array.isArray(value) ? new Array<unknown>(value.length) : {});
  for (const key of Object.keys(value)) {
    const item = copyOf(Reflect.get(value, key), known);
    Object.defineProperty(copy, key, { value: item, writable: true, enumerable: true, configurable: true });
  }
  return copy;
}

function viewCopy(view: ArrayBufferView, known: Map<object, unknown>): unknown {
  const buffer = copyOf(view.buffer, known);
  const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
  const make = view.constructor as new (buffer: unknown, offset: number, length: number) => unknown;
  return new make(buffer, view.byteOffset, length);
}

function errorCopy(error: Error): Error {
  const make = (errors as Readonly<Record<string, ErrorConstructor>>)[error.name] ?? Error;
  const copy = new make(error.message);
  if (error.stack !== undefined) Object.defineProperty(copy, 'stack', { value: error.stack });
  return copy;
}
