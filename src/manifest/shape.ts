import { maxKeyChars } from './caps.js';
import { kindOf, quote } from './issues.js';
import type { Place } from './issues.js';
import { suggest } from './suggest.js';

/**
 * Describes how a value of a manifest is read. The parser uses `read`, and the JSON Schema is generated from `form`, so that
 * both always agree.
 */
export interface Shape<T> {
  readonly form: Form;
  /** Returns the value, or reports a fault at `place` and returns `undefined`. */
  read(value: unknown, place: Place): T | undefined;
}

/** The part of a shape that the JSON Schema is generated from. */
export type Form =
  | { readonly leaf: Readonly<Record<string, string | number>> }
  | { readonly items: Shape<unknown>; readonly min: number; readonly max: number }
  | { readonly values: Shape<unknown>; readonly max: number }
  | { readonly fields: Fields };

export type Fields = Readonly<Record<string, Shape<unknown>>>;

export type Parts<F extends Fields> = { [K in keyof F]: F[K] extends Shape<infer T> ? T | undefined : never };

/** The fields of an object after reading; `undefined` for a missing, null or invalid one. */
export interface Reading<F extends Fields> {
  readonly parts: Parts<F>;
  /** The key of each field with a value, as the user wrote it. */
  readonly given: ReadonlyMap<keyof F, string>;
  /** Fields with the value null. Null is the same as a missing field, except in overrides. */
  readonly nulls: ReadonlySet<keyof F>;
  /** Own keys that start with `x-`. */
  readonly extensions: ReadonlyMap<string, unknown>;
}

/** Reads a value. An exception of a hostile getter or proxy becomes a fault. */
export function readAt<T>(shape: Shape<T>, value: unknown, place: Place): T | undefined {
  try {
    return shape.read(value, place);
  } catch {
    return place.fault('could not be read: reading it threw an exception');
  }
}

/** Reads a string that `accepts` returns true for; `expected` describes it in messages. */
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

/** Reads a string of at most `maxLength` code units. The length is checked before `accepts` runs. */
export function shortText(
  maxLength: number,
  expected?: string,
  accepts?: (value: string) => boolean,
  schema?: Readonly<Record<string, string | number>>,
): Shape<string> {
  const shape = text(expected, accepts, { ...schema, maxLength });
  return {
    form: shape.form,
    read(value, place) {
      if (typeof value !== 'string' || value.length <= maxLength) return shape.read(value, place);
      return place.expected(`at most ${maxLength} characters`, String(value.length));
    },
  };
}

/** Passes the value that `shape` reads to `next`. */
export function refine<A, B>(shape: Shape<A>, next: (value: A, place: Place) => B | undefined): Shape<B> {
  return {
    form: shape.form,
    read(value, place) {
      const first = shape.read(value, place);
      return first === undefined ? undefined : next(first, place);
    },
  };
}

/** Reads an integer. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return {
    form: { leaf: { type: 'integer', minimum: min, maximum: max } },
    read(value, place) {
      const isNumber = typeof value === 'number';
      if (isNumber && Number.isInteger(value) && value >= min && value <= max) return value + 0; // -0 becomes 0
      const upTo = max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`;
      return place.expected(`an integer from ${min}${upTo}`, isNumber ? String(value) : kindOf(value));
    },
  };
}

/** Reads an array. Invalid items are left out of the result. */
export function list<T>(items: Shape<T>, min: number, max: number): Shape<readonly T[]> {
  return {
    form: { items, min, max },
    read(value, place) {
      if (!Array.isArray(value)) return place.expected('an array', kindOf(value));
      const { length } = value;
      if (length < min || length > max) return place.expected(`${min} to ${max} items`, String(length));
      const read: T[] = [];
      for (let index = 0; index < length; index++) {
        // Holes are not read from the prototype.
        const item: unknown = Object.hasOwn(value, index) ? value[index] : undefined;
        const result = readAt(items, item, place.inside(index));
        if (result !== undefined) read.push(result);
      }
      return Object.freeze(read);
    },
  };
}

/** Reads an object with arbitrary keys: at most `max`. */
export function map<T>(
  values: Shape<T>,
  checkKey?: (key: string, place: Place) => void,
  max: number = Infinity,
): Shape<ReadonlyMap<string, T>> {
  return {
    form: { values, max },
    read(value, place) {
      const entries = ownEntries(value, place);
      if (entries === undefined) return undefined;
      if (entries.length > max) return place.expected(`at most ${max} keys`, String(entries.length));
      const read = new Map<string, T>();
      for (const [key, item] of entries) {
        const here = place.inside(key);
        if (key.length > maxKeyChars) {
          here.expected(`a key of at most ${maxKeyChars} characters`, String(key.length));
          continue;
        }
        checkKey?.(key, here);
        const result = readAt(values, item, here);
        if (result !== undefined) read.set(key, result);
      }
      return read;
    },
  };
}

/** Reads an object with known fields in camelCase or snake_case; `build` creates the result. */
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

/** Reports a key that is none of `fields`, with the most similar one. */
export function refuseUnknown(key: string, fields: readonly string[], place: Place, noun: string = 'field'): void {
  const { report } = place;
  if (report.ignoreUnknown) return;
  const meant = report.isFull ? undefined : suggest(key, fields);
  const hint = meant === undefined ? '' : `: did you mean ${quote(key.includes('_') ? snakeCase(meant) : meant)}?`;
  place.inside(key).fault(`unknown ${noun}${hint}`);
}

export function snakeCase(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Returns the own enumerable properties of a plain object, each read once. Other objects, such as a Map, a Headers or a class
 * instance, are refused: they keep values elsewhere, or inherit fields from a prototype.
 */
export function ownEntries(value: unknown, place: Place): readonly (readonly [string, unknown])[] | undefined {
  if (typeof value === 'object' && value !== null) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === null || Object.getPrototypeOf(prototype) === null) return Object.entries(value);
  }
  return place.expected('a plain object', kindOf(value));
}
