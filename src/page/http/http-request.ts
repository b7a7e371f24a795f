import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';

/** A larger request would hold up the page while it is read; its body travels beside it. */
const mostRequestChars = 1_048_576;
const expectedShape = '{"url": text, "method"?: text, "headers"?: {name: text}}';

/** What a plug-in asks for, as it wrote it. */
export interface WrittenRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * Reads the JSON that a plug-in gave to `http_request`.
 * @throws PluginError `guest-trap`, as in the reference, which traps
 */
export function readRequest(text: string): WrittenRequest {
  if (text.length > mostRequestChars) {
    throw malformed('', `at most ${mostRequestChars} characters of JSON`, `${text.length}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed('', expectedShape, `no JSON (${describeThrown(cause).slice(0, 200)})`, cause);
  }
  if (!isRecord(value)) throw malformed('', expectedShape, kindOf(value));
  const { url, method } = value;
  if (typeof url !== 'string') throw malformed('url', 'text', kindOf(url));
  if (method != null && typeof method !== 'string') throw malformed('method', 'text', kindOf(method));
  // Plug-ins of old PDKs write `header`.
  const headers = value['headers'] ?? value['header'] ?? {};
  if (!isRecord(headers)) throw malformed('headers', 'an object of texts', kindOf(headers));
  return { url, method: method ?? 'GET', headers: Object.entries(headers).map(readHeader) };
}

/** @throws PluginError `guest-trap` */
export function parseTarget(written: string): URL {
  try {
    return new URL(written);
  } catch (cause) {
    throw malformed('url', 'an absolute URL', JSON.stringify(written.slice(0, 200)), cause);
  }
}

function readHeader([name, value]: readonly [string, unknown]): readonly [name: string, value: string] {
  if (typeof value === 'string') return [name, value];
  throw malformed(`headers[${JSON.stringify(name.slice(0, 100))}]`, 'text', kindOf(value));
}

function malformed(field: string, expected: string, actual: string, cause?: unknown): PluginError {
  const where = field === '' ? 'the request' : field;
  return new PluginError('guest-trap', {
    message: `HTTP request: ${where}: expected ${expected}, found ${actual}`,
    where: `http_request ${where}`,
    expected,
    actual,
    cause,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return value === null ? 'null' : 'nothing';
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
