import { describeThrown } from '../../contract/error-wire.js';
import { type ErrorIssue, PluginError } from '../../contract/errors.js';
import type { ValueTypeName, WasmValue } from '../../contract/host-function.js';
import { jsonFault } from '../../manifest/json-limits.js';
import type { SchemaIssue, StandardSchema } from '../../contract/standard-schema.js';

/** The type of a parameter or a result, with its schema if it has one. */
export interface TypedValue {
  readonly type: ValueTypeName;
  readonly schema: StandardSchema | null;
}

/**
 * Checks and decodes one argument from a worker. Returns a promise if a schema must validate it. `json` arrives as text and is parsed
 * here.
 */
export function readParam({ type, schema }: TypedValue, value: unknown, where: string): unknown {
  if (!isOfType[type](value) || (value instanceof Uint8Array && !isWhole(value))) {
    throw new PluginError('protocol', {
      message: `Message from the plug-in's worker does not follow the protocol: ${where} is not of type ${type}`,
      where,
    });
  }
  const parsed = type === 'json' ? parseJson(value as string, where) : value;
  return schema === null ? parsed : validate(schema, parsed, where, 'guest-trap');
}

/** Encodes a handler's result for the worker, `json` as text. Returns a promise if a schema must validate it first. */
export function writeResult(result: TypedValue, given: unknown, where: string): unknown {
  if (result.schema === null) return toWire(result.type, given, where);
  return validate(result.schema, given, where, 'host-function').then((value) => toWire(result.type, value, where));
}

function toWire(type: ValueTypeName, value: unknown, where: string): unknown {
  const wired = type === 'json' ? toJson(value) : type === 'i32' ? toI32(value) : value;
  if (isOfType[type](wired)) return wired instanceof Uint8Array ? withOwnBuffer(wired) : wired;
  throw new PluginError('host-function', {
    message: `Invalid ${where}: expected ${expectation[type]}, found ${describeValue(value)}`,
    where,
    expected: expectation[type],
    actual: describeValue(value),
  });
}

/** Copies a view of a larger buffer, because a structured clone of the view would contain the whole buffer. */
function withOwnBuffer(bytes: Uint8Array): Uint8Array {
  return isWhole(bytes) ? bytes : bytes.slice();
}

/** Whether the bytes fill a buffer of their own that is not shared. */
function isWhole({ buffer, byteLength }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && byteLength === buffer.byteLength;
}

/**
 * Checks the result of a raw function, and returns it; null for null or undefined, which mean no result.
 *
 * @param type the type of the result in the modules that import the function; null: no result, undefined: unknown
 */
export function writeRawResult(value: unknown, type: string | null | undefined, where: string): WasmValue | null {
  const expected = rawExpectation(type);
  const accepted = rawTypes[type ?? ''] ?? ['undefined', 'number', 'bigint'];
  const given = value ?? undefined;
  if (accepted.includes(typeof given)) return (given as WasmValue | undefined) ?? null;
  const actual = describeValue(value);
  throw new PluginError('host-function', {
    message: `Invalid result of ${where}: expected ${expected}, found ${actual}`,
    where,
    expected,
    actual,
    fix: `Return ${expected} from the host function.`,
  });
}

/** What `typeof` returns for a value of a WebAssembly type. */
const rawTypes: Readonly<Record<string, readonly string[]>> = {
  i32: ['number'],
  i64: ['bigint'],
  f32: ['number'],
  f64: ['number'],
};

function rawExpectation(type: string | null | undefined): string {
  const [accepted] = rawTypes[type ?? ''] ?? [];
  return accepted === undefined ? 'a number, a bigint or undefined' : `a ${accepted} (${type})`;
}

/** Whether the value has the `~standard` property of a Standard Schema. */
export function isSchema(value: unknown): value is StandardSchema {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}

/** Returns `schema`. @throws PluginError `invalid-argument` if it is not a Standard Schema */
export function checkSchema(schema: unknown, where: string): StandardSchema {
  if (isSchema(schema) && typeof schema['~standard']?.validate === 'function') return schema;
  throw new PluginError('invalid-argument', {
    message: `Invalid ${where}: expected a Standard Schema, found ${describeThrown(schema)}`,
    where,
    expected: 'a Standard Schema (https://standardschema.dev)',
  });
}

const isOfType: Readonly<Record<ValueTypeName, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  json: (value) => typeof value === 'string',
  bytes: (value) => value instanceof Uint8Array,
  i32: (value) => typeof value === 'number' && value === (value | 0),
  i64: (value) => typeof value === 'bigint',
  f32: (value) => typeof value === 'number',
  f64: (value) => typeof value === 'number',
};

const expectation: Readonly<Record<ValueTypeName, string>> = {
  text: 'text',
  json: 'a value that JSON can represent',
  bytes: 'a Uint8Array',
  i32: 'a 32-bit integer',
  i64: 'a bigint',
  f32: 'a number',
  f64: 'a number',
};

/** Limits of JSON from a plug-in, because parsing it blocks the page's thread. */
const jsonLimits = { maxChars: 1_048_576, maxDepth: 512, maxValues: 200_000 };

function parseJson(text: string, where: string): unknown {
  const fault = jsonFault(text, jsonLimits);
  if (fault !== null) {
    throw new PluginError('guest-trap', {
      message: `Invalid argument: ${where}: ${fault}`,
      where,
      expected: 'JSON of at most 1 MiB, 512 levels and 200,000 values',
      fix: 'Pass less data, or declare the parameter as text or bytes.',
    });
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/u, '')) as unknown;
  } catch (thrown) {
    throw new PluginError('guest-trap', {
      message: `Invalid argument: ${where}: expected JSON, found ${JSON.stringify(text.slice(0, 40))}: ${describeThrown(thrown)}`,
      where,
      expected: 'JSON',
      actual: text.slice(0, 40),
    });
  }
}

function toJson(value: unknown): unknown {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Converts an unsigned 32-bit integer to a signed one, and returns other values unchanged. */
function toI32(value: unknown): unknown {
  return typeof value === 'number' && value === value >>> 0 ? value | 0 : value;
}

async function validate(
  schema: StandardSchema,
  value: unknown,
  where: string,
  code: 'guest-trap' | 'host-function',
): Promise<unknown> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map((issue) => toIssue(issue, where));
  const [first] = issues;
  const what = code === 'guest-trap' ? 'argument: ' : '';
  throw new PluginError(code, {
    message: `Invalid ${what}${first?.path ?? where}: ${first?.message ?? 'does not match the schema'}`,
    where,
    issues,
  });
}

function toIssue({ message, path = [] }: SchemaIssue, where: string): ErrorIssue {
  const keys = path.map((part) => (typeof part === 'object' ? part.key : part));
  return { path: [where, ...keys.map(String)].join('.'), message };
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return `text (${JSON.stringify(value.slice(0, 40))})`;
  if (typeof value === 'number' || typeof value === 'bigint') return `the ${typeof value} ${value}`;
  if (value === null || value === undefined) return String(value);
  return ArrayBuffer.isView(value) ? 'a typed array' : `a value of type ${typeof value}`;
}
