import { kindOf } from './issues.js';
import type { Place } from './issues.js';
import { ownEntries, readAt } from './shape.js';
import type { Shape } from './shape.js';

const maxDepth = 32;
/** An object may contain itself twice at each level, so the depth alone does not bound the work. */
const maxValues = 10_000;

/** An object of JSON values. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Reads an object of JSON values as a frozen copy whose objects have no prototype. */
export const jsonRecord: Shape<JsonRecord> = {
  form: { leaf: { type: 'object' } },
  read(value, place) {
    let left = maxValues;
    const at = (depth: number): Shape<unknown> => ({
      form: jsonRecord.form,
      read(item, here) {
        if (left < 0) return undefined;
        if (--left < 0) return place.fault(`more than ${maxValues} values`);
        if (item === null || typeof item === 'string' || typeof item === 'boolean') return item;
        if (typeof item === 'number' && Number.isFinite(item)) return item;
        if (typeof item !== 'object') return here.expected('a JSON value', kindOf(item));
        if (depth >= maxDepth) return here.fault(`nested deeper than ${maxDepth} levels`);
        return Array.isArray(item) ? copyArray(item, at(depth + 1), here) : copyObject(item, at(depth + 1), here);
      },
    });
    return copyObject(value, at(1), place);
  },
};

function copyArray(items: readonly unknown[], shape: Shape<unknown>, place: Place): readonly unknown[] | undefined {
  if (items.length > maxValues) return place.fault(`more than ${maxValues} values`);
  const copy: unknown[] = [];
  for (let index = 0; index < items.length; index++) copy.push(readAt(shape, items[index], place.inside(index)));
  return Object.freeze(copy);
}

function copyObject(value: unknown, shape: Shape<unknown>, place: Place): JsonRecord | undefined {
  const entries = ownEntries(value, place);
  if (entries === undefined) return undefined;
  // Without a prototype, `__proto__` is an ordinary key.
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, item] of entries) if (item !== undefined) copy[key] = readAt(shape, item, place.inside(key));
  return Object.freeze(copy);
}
