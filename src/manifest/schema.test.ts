import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPluginError } from '../contract/errors.js';
import { manifestArbitrary } from './manifest.test-arbitrary.js';
import { manifestShape } from './manifest-shape.js';
import { parseManifest } from './parse.js';
import { buildManifestSchema, describedPlaces } from './schema.js';
import type { JsonSchema } from './schema.js';
import type { Shape } from './shape.js';
import { runCount } from '../contract/test-runs.js';

const schema = buildManifestSchema();
const seed = Date.now() % 2 ** 31;

/** As much of a JSON Schema validator as this schema needs; a keyword it does not know is an error. */
const keywords: Readonly<Record<string, (rule: never, value: unknown, all: JsonSchema) => boolean>> = {
  $schema: () => true,
  title: () => true,
  description: () => true,
  contentEncoding: () => true,
  type: (rule: string | readonly string[], value) => [rule].flat().some((type) => isOfType(type, value)),
  minimum: (rule: number, value) => typeof value !== 'number' || value >= rule,
  maximum: (rule: number, value) => typeof value !== 'number' || value <= rule,
  minLength: (rule: number, value) => typeof value !== 'string' || Array.from(value).length >= rule,
  maxLength: (rule: number, value) => typeof value !== 'string' || Array.from(value).length <= rule,
  pattern: (rule: string, value) => typeof value !== 'string' || new RegExp(rule, 'u').test(value),
  minItems: (rule: number, value) => !Array.isArray(value) || value.length >= rule,
  maxItems: (rule: number, value) => !Array.isArray(value) || value.length <= rule,
  maxProperties: (rule: number, value) => !isObject(value) || Object.keys(value).length <= rule,
  items: (rule: JsonSchema, value) => !Array.isArray(value) || value.every((item) => accepts(rule, item)),
  required: (rule: readonly string[], value) => !isObject(value) || rule.every((key) => Object.hasOwn(value, key)),
  not: (rule: JsonSchema, value) => !accepts(rule, value),
  allOf: (rule: readonly JsonSchema[], value) => rule.every((part) => accepts(part, value)),
  oneOf: (rule: readonly JsonSchema[], value) => rule.filter((part) => accepts(part, value)).length === 1,
  dependentSchemas: (rule: Record<string, JsonSchema>, value) =>
    !isObject(value) || Object.entries(rule).every(([key, part]) => !Object.hasOwn(value, key) || accepts(part, value)),
  properties: (rule: Record<string, JsonSchema>, value) =>
    !isObject(value) ||
    Object.entries(rule).every(([key, part]) => !Object.hasOwn(value, key) || accepts(part, value[key])),
  patternProperties: () => true,
  additionalProperties: (rule: JsonSchema | false, value, all) =>
    !isObject(value) ||
    Object.entries(value).every(
      ([key, item]) =>
        Object.hasOwn(Object(all['properties']), key) ||
        Object.keys(Object(all['patternProperties'])).some((pattern) => new RegExp(pattern, 'u').test(key)) ||
        (rule !== false && accepts(rule, item)),
    ),
  $ref: (rule: string, value) => accepts(resolve(rule), value),
};

function accepts(part: JsonSchema, value: unknown): boolean {
  return Object.entries(part).every(([keyword, rule]) => {
    const check = keywords[keyword];
    if (check === undefined) throw new Error(`keyword ${keyword}`);
    return check(rule as never, value, part);
  });
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return type === 'object' ? isObject(value) : typeof value === type;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function resolve(reference: string): JsonSchema {
  let part: unknown = schema;
  for (const name of reference.split('/').slice(1)) part = Object(part)[name];
  if (!isObject(part)) throw new Error(`nothing at ${reference}`);
  return part;
}

/** The places of all fields the parser knows. */
function places({ form }: Shape<unknown>, at = ''): readonly string[] {
  if ('items' in form) return places(form.items, `${at}[]`);
  if (!('fields' in form)) return [];
  return Object.entries(form.fields).flatMap(([field, shape]) => {
    const place = at === '' ? field : `${at}.${field}`;
    return [place, ...places(shape, place)];
  });
}

test('every field of the parser is described, and nothing else', () => {
  expect([...describedPlaces()].sort()).toEqual([...places(manifestShape)].sort());
});

test('is plain data', () => {
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
});

test('takes both spellings, but not of one field at once', () => {
  const wasm = [{ url: 'a' }];
  expect(accepts(schema, { wasm, allowedHosts: ['a'], timeout_ms: 1, memory: { max_pages: 1, maxVarBytes: 1 } })).toBe(
    true,
  );
  expect(accepts(schema, { wasm, memory: { max_pages: 65_537 } })).toBe(false);
  expect(accepts(schema, { wasm, memory: { maxPages: 65_537 } })).toBe(false);
  expect(accepts(schema, { wasm, timeoutMs: 1, timeout_ms: 1 })).toBe(false);
  expect(accepts(schema, { wasm, memory: { maxPages: 1, max_pages: 1 } })).toBe(false);
});

/** What only the parser can tell, as the schema's own comment lists it. */
const beyondSchema =
  /host pattern|\[scheme:\/\/|base64|IPv6|host name|must be|must not be empty|name of another module|values$|levels$/;

test(`agrees with the parser on random JSON manifests (seed ${seed})`, () => {
  let accepted = 0;
  const manifest = fc.oneof(manifestArbitrary({ wrong: 0 }, true), manifestArbitrary({ wrong: 2 }, true));
  fc.assert(
    fc.property(manifest, (value) => {
      const text = JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? 1 : item));
      let messages: readonly string[] = [];
      try {
        parseManifest(text);
      } catch (error) {
        if (!isPluginError(error, 'invalid-manifest')) throw error;
        messages = error.issues.map(({ message }) => message);
      }
      const bySchema = accepts(schema, JSON.parse(text));
      if (messages.length === 0) accepted += 1;
      if (messages.length === 0) expect(bySchema).toBe(true);
      else if (!messages.some((message) => beyondSchema.test(message)))
        expect({ bySchema, messages }).toEqual({ bySchema: false, messages });
    }),
    { numRuns: runCount(20_000), seed },
  );
  expect(accepted).toBeGreaterThan(runCount(20_000) / 4);
}, 300_000);
