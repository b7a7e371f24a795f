import { kindOf, quote } from './issues.js';
import type { Place } from './issues.js';
import { suggest } from './suggest.js';

/**
 * How one value of a manifest is read. The parser reads with it and the JSON Schema is derived from its `form`, so that
 * the two cannot drift apart.
 */
export interface Shape<T> {
  readonly form: Form;
  /** Gives `undefined` after reporting a fault at `place`. */
  read(value: unknown, place: Place): T | undefined;
}

/** What the JSON Schema needs to know of a shape. */
export type Form =
  | { readonly leaf: Readonly<Record<string, string | number>> }
  | { readonly items: Shape<unknown>; readonly min: number; readonly max: number }
  | { readonly values: Shape<unknown> }
  | { readonly fields: Fields };

export type Fields = Readonly<Record<string, Shape<unknown>>>;

type Parts<F extends Fields> = { [K in keyof F]: F[K] extends Shape<infer T> ? T | undefined : never };

/** An object's fields, read; `undefined` where absent, null or at fault. */
export interface Reading<F extends Fields> {
  readonly parts: Parts<F>;
  /** For each field that has a value: its key, spelled as the user did. */
  readonly given: ReadonlyMap<keyof F, string>;
  /** Fields given as null, which is the same as leaving them out, save where a default is to be overridden. */
  readonly nulls: ReadonlySet<keyof F>;
  /** Own keys that start with `x-`. */
  readonly extensions: ReadonlyMap<string, unknown>;
}

/** Reads one value; whatever a hostile getter or proxy throws becomes a fault at its place. */
export function readAt<T>(shape: Shape<T>, value: unknown, place: Place): T | undefined {
  try {
    return shape.read(value, place);
  } catch {
    return place.fault('could not be read: looking at it threw');
  }
}

/** Text that `accepts`, if given, agrees to; `expected` says what that is. */
export function text(
  expected: string = 'a string',
  accepts?: (value: string) => boolean,
  schema?: Readonly<Record<string, string | number>>,
): Shape<string> {
  return {
    form: { leaf: { type: 'string', ...schema } },
    read(value, place) {
      if (typeof value !== 'string') return place.expected(expected, kindOf(value));
      return accepts === undefined || accepts(value) ? value : place.expected(expected, quote(value));
    },
  };
}

/** Reads on from what `shape` gives. */
export function refine<A, B>(shape: Shape<A>, next: (value: A, place: Place) => B | undefined): Shape<B> {
  return {
    form: shape.form,
    read(value, place) {
      const first = shape.read(value, place);
      return first === undefined ? undefined : next(first, place);
    },
  };
}

export function integer(min: number, max: number): Shape<number> {
  return {
    form: { leaf: { type: 'integer', minimum: min, maximum: max } },
    read(value, place) {
      const isNumber = typeof value === 'number';
      if (isNumber && Number.isInteger(value) && value >= min && value <= max) return value + 0; // -0 becomes 0
      return place.expected(`an integer from ${min} to ${max}`, isNumber ? String(value) : kindOf(value));
    },
  };
}

/** An array; the items at fault are left out of what it gives. */
export function list<T>(items: Shape<T>, min: number, max: number): Shape<readonly T[]> {
  return {
    form: { items, min, max },
    read(value, place) {
      if (!Array.isArray(value)) return place.expected('an array', kindOf(value));
      const { length } = value;
      if (length < min || length > max) return place.expected(`${min} to ${max} items`, String(length));
      const read: T[] = [];
      for (let index = 0; index < length; index++) {
        // A hole is not filled from the prototype.
        const item: unknown = Object.hasOwn(value, index) ? value[index] : undefined;
        const result = readAt(items, item, place.inside(index));
        if (result !== undefined) read.push(result);
      }
      return Object.freeze(read);
    },
  };
}

/** An object whose keys are the user's own: any string at all. */
export function map<T>(
  values: Shape<T>,
  checkKey?: (key: string, place: Place) => void,
): Shape<ReadonlyMap<string, T>> {
  return {
    form: { values },
    read(value, place) {
      const entries = ownEntries(value, place);
      if (entries === undefined) return undefined;
      const read = new Map<string, T>();
      for (const [key, item] of entries) {
        const here = place.inside(key);
        checkKey?.(key, here);
        const result = readAt(values, item, here);
        if (result !== undefined) read.set(key, result);
      }
      return read;
    },
  };
}

/** An object with known fields, in camelCase or snake_case; `build` makes the normal form of them. */
export function record<const F extends Fields, T>(
  fields: F,
  build: (reading: Reading<F>, place: Place) => T | undefined,
): Shape<T> {
  const fieldOfKey = new Map<string, keyof F & string>();
  for (const field in fields) fieldOfKey.set(field, field).set(snakeCase(field), field);
  return {
    form: { fields },
    read(value, place) {
      const entries = ownEntries(value, place);
      if (entries === undefined) return undefined;
      const parts: Partial<Record<keyof F, unknown>> = {};
      const given = new Map<keyof F, string>();
      const nulls = new Set<keyof F>();
      const extensions = new Map<string, unknown>();
      for (const [key, item] of entries) {
        if (item === undefined) continue;
        const field = fieldOfKey.get(key);
        if (field === undefined) {
          if (key.startsWith('x-')) extensions.set(key, item);
          else refuseUnknown(key, Object.keys(fields), place);
        } else {
          const here = place.inside(key);
          if (given.has(field) || nulls.has(field)) here.fault('given twice, in camelCase and in snake_case: keep one');
          if (item === null) nulls.add(field);
          else {
            given.set(field, key);
            parts[field] = readAt<unknown>(fields[field] as Shape<unknown>, item, here);
          }
        }
      }
      // Each part was read by the shape of its own field, which is what Parts says.
      return build({ parts: parts as Parts<F>, given, nulls, extensions }, place);
    },
  };
}

function refuseUnknown(key: string, fields: readonly string[], place: Place): void {
  const { report } = place;
  if (report.ignoreUnknown) return;
  const meant = report.isFull ? undefined : suggest(key, fields);
  const hint = meant === undefined ? '' : `: did you mean ${quote(key.includes('_') ? snakeCase(meant) : meant)}?`;
  place.inside(key).fault(`unknown field${hint}`);
}

export function snakeCase(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Own, enumerable properties of a plain object, each read once. A Map, a Headers, a class instance would look empty or
 * half full from here, and a prototype could lend it fields: refused.
 */
export function ownEntries(value: unknown, place: Place): readonly (readonly [string, unknown])[] | undefined {
  if (typeof value === 'object' && value !== null) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === null || Object.getPrototypeOf(prototype) === null) return Object.entries(value);
  }
  return place.expected('a plain object', kindOf(value));
}
