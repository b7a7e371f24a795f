/** Assertions for specs: each failure says what was expected and what came. */
import { isPluginError, type ErrorCode, type PluginError } from 'tenon';

function show(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return `${inner}n`;
    if (inner instanceof Uint8Array) return `bytes ${Array.from(inner.subarray(0, 64)).join(' ')} (${inner.length})`;
    if (inner instanceof Map) return Array.from(inner);
    return inner;
  });
  return text ?? String(value);
}

/** Fails with `message` unless `condition` holds. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Compares by content: numbers, strings, bytes, plain objects and arrays. */
export function equal(actual: unknown, expected: unknown, what = 'value'): void {
  const same = Object.is(actual, expected) || show(actual) === show(expected);
  if (!same) throw new Error(`${what}: expected ${show(expected)}, found ${show(actual)}`);
}

/** Fails unless `text` contains `part`. */
export function contains(text: string, part: string, what = 'text'): void {
  if (!text.includes(part)) throw new Error(`${what}: expected something with ${show(part)}, found ${show(text)}`);
}

/** The `PluginError` that `work` rejects with; fails if it fulfils, or rejects with anything else or another code. */
export async function failsWith(work: Promise<unknown>, code: ErrorCode): Promise<PluginError> {
  let outcome: unknown;
  try {
    outcome = await work;
  } catch (error) {
    if (isPluginError(error, code)) return error;
    const actual = isPluginError(error) ? `${error.code}: ${error.message}` : String(error);
    throw new Error(`expected a PluginError "${code}", found ${actual}`, { cause: error });
  }
  throw new Error(`expected a PluginError "${code}", but it fulfilled with ${show(outcome)}`);
}

/** The code in the reason of a `restarted` event. */
export function codeOf(reason: PluginError | 'hibernated' | undefined): string | undefined {
  return typeof reason === 'object' ? reason.code : reason;
}
