import { kindOf, type Place, quote } from '../../manifest/issues.js';
import { type Fields, type Parts, readAt, refuseUnknown, type Shape } from '../../manifest/shape.js';

/**
 * Shapes of values that options have and manifests do not. A manifest is data; an app's options hold functions and instances of
 * classes too, may inherit properties, and have only names in camelCase.
 */

/** Reads a value that `is` accepts; `expected` describes it in messages. */
export function valueThat<T>(expected: string, is: (value: unknown) => value is T): Shape<T> {
  return {
    form: { leaf: {} },
    read: (value, place) => (is(value) ? value : place.expected(expected, kindOf(value))),
  };
}

export const boolean: Shape<boolean> = valueThat('a boolean', (value) => typeof value === 'boolean');

/** Reads a value that another parser checks. */
export const anything: Shape<unknown> = valueThat('a value', (value): value is unknown => value !== undefined);

/** Reads one of `values`. */
export function choice<const T extends string | boolean>(values: readonly T[]): Shape<T> {
  const written = values.map((value) => (typeof value === 'string' ? quote(value) : String(value)));
  const expected = `${written.slice(0, -1).join(', ')} or ${written.at(-1) ?? ''}`;
  return {
    form: { leaf: {} },
    read(value, place) {
      const found = values.find((one) => one === value);
      return found ?? place.expected(expected, typeof value === 'string' ? quote(value) : kindOf(value));
    },
  };
}

/** Reads a function. Its parameters and result cannot be checked, so `F` is the option's declared type. */
export function callback<F extends (...parameters: never) => unknown>(): Shape<F> {
  return valueThat('a function', (value): value is F => typeof value === 'function');
}

/** Reads null, or what `shape` reads. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return { form: shape.form, read: (value, place) => (value === null ? null : shape.read(value, place)) };
}

/** Reads an object with known fields; a field that is undefined is missing. `build` creates the result. */
export function options<const F extends Fields, T>(
  fields: F,
  build: (parts: Parts<F>, place: Place) => T | undefined,
): Shape<T> {
  const names = Object.keys(fields);
  return {
    form: { fields },
    read(value, place) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return place.expected('an object', kindOf(value));
      }
      const parts: Partial<Record<keyof F, unknown>> = {};
      for (const name in fields) {
        const item: unknown = (value as Partial<Record<keyof F, unknown>>)[name];
        if (item !== undefined) parts[name] = readAt<unknown>(fields[name] as Shape<unknown>, item, place.inside(name));
      }
      for (const name of Object.keys(value)) {
        if (!Object.hasOwn(fields, name)) refuseUnknown(name, names, place, 'option');
      }
      // Each part was read by the shape of its own field, which is what Parts says.
      return build(parts as Parts<F>, place);
    },
  };
}
