import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { jsonFault } from '../../manifest/json-limits.js';

/** Limits of a request's JSON, without its body. Parsing a larger text would block the page. */
const requestLimits = { maxChars: 1_048_576, maxDepth: 32, maxValues: 10_000 };
/** Parsing a URL of a million characters, of a host name above all, blocks the page for a quarter of a second. Servers accept 8 to 64 KiB. */
const mostUrlChars = 16_384;
const expectedShape = '{"url": string, "method"?: string, "headers"?: {name: string}}';

/** A plug-in's request as parsed: its types are checked, its values are not. */
export interface WrittenRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * Parses the JSON that a plug-in passed to `http_request`.
 * @throws PluginError `guest-trap`, because the Extism reference traps too
 */
export function readRequest(text: string): WrittenRequest {
  const fault = jsonFault(text, requestLimits);
  if (fault !== null) throw beyondLimits(fault);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed('', expectedShape, `text that is not JSON (${describeThrown(cause).slice(0, 200)})`, cause);
  }
  if (!isRecord(value)) throw malformed('', expectedShape, kindOf(value));
  const { url, method } = value;
  if (typeof url !== 'string') throw malformed('url', 'a string', kindOf(url));
  if (method != null && typeof method !== 'string') throw malformed('method', 'a string', kindOf(method));
  // Plug-ins built with old PDKs write `header`.
  const headers = value['headers'] ?? value['header'] ?? {};
  if (!isRecord(headers)) throw malformed('headers', 'an object of strings', kindOf(headers));
  return { url, method: method ?? 'GET', headers: Object.entries(headers).map(readHeader) };
}

/** Parses an absolute URL. @throws PluginError `guest-trap` */
export function parseTarget(written: string): URL {
  if (written.length > mostUrlChars) {
    throw malformed('url', `at most ${mostUrlChars} characters`, `${written.length} characters`);
  }
  try {
    return new URL(written);
  } catch (cause) {
    throw malformed('url', 'an absolute URL', JSON.stringify(written.slice(0, 200)), cause);
  }
}

function readHeader([name, value]: readonly [string, unknown]): readonly [name: string, value: string] {
  if (typeof value === 'string') return [name, value];
  throw malformed(`headers[${JSON.stringify(name.slice(0, 100))}]`, 'a string', kindOf(value));
}

function beyondLimits(fault: string): PluginError {
  return new PluginError('guest-trap', {
    message: `HTTP request: ${fault}`,
    where: 'http_request',
    expected: 'JSON of at most 1,048,576 characters, 32 levels and 10,000 values',
  });
}

function malformed(field: string, expected: string, actual: string, cause?: unknown): PluginError {
  const where = field === '' ? 'JSON' : field;
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

/** The maximum number of headers: more than any API needs. Checking each one takes time on the page's thread. */
const mostHeaders = 256;
const mostShown = 100;

const token = /^[\w!#$%&'*+.^`|~-]+$/;
/** RFC 9110, section 5.5: one byte per character, and no control character but the tab. */
const fieldValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/**
 * Headers that a server may attribute to the user, the page or a proxy. A browser would silently drop most of them, but the app's own
 * `fetch` might send them.
 */
const refusedNames = /^(?:cookie2?|set-cookie2?|host|origin|referer|(?:access-control|proxy|sec)-.*)$/;
/** The other headers that the Fetch standard forbids pages to set. HTTP clients of PDKs add them. */
const droppedNames =
  /^(?:accept-charset|accept-encoding|connection|content-length|date|dnt|expect|keep-alive|te|trailer|transfer-encoding|upgrade|via)$/;
const overrideNames = /^x-(?:http-)?method(?:-override)?$/;
const refusedMethods = /^(?:CONNECT|TRACE|TRACK)$/;

/**
 * Returns the method in upper case.
 * @throws PluginError `http-failed`
 */
export function checkMethod(written: string): string {
  const method = written.toUpperCase();
  if (!token.test(method)) throw refused('method', 'an HTTP method such as GET or POST', shown(written));
  if (refusedMethods.test(method)) throw refused('method', 'a method that browsers can send', method);
  return method;
}

/** The headers that may be sent, and one warning for each that was dropped. */
export interface CheckedHeaders {
  readonly headers: readonly [name: string, value: string][];
  readonly warnings: readonly string[];
}

/** Checks names and values of headers, and leaves out those that pages cannot set. @throws PluginError `http-failed` */
export function checkHeaders(written: readonly (readonly [name: string, value: string])[]): CheckedHeaders {
  if (written.length > mostHeaders) throw refused('headers', `at most ${mostHeaders} headers`, `${written.length}`);
  const headers: [name: string, value: string][] = [];
  const warnings: string[] = [];
  for (const [name, value] of written) {
    const lower = name.toLowerCase();
    if (!token.test(name)) throw refused('headers', 'header names that are tokens of RFC 9110', shown(name));
    if (!fieldValue.test(value)) {
      const actual = 'a value with a line break, another control character, or a character outside ISO 8859-1';
      throw refused(`headers["${shown(name)}"]`, 'one line of ISO 8859-1 text', actual);
    }
    if (refusedNames.test(lower)) {
      throw refused(`headers["${shown(name)}"]`, 'a header that plug-ins may send', shown(lower));
    }
    if (
      overrideNames.test(lower) &&
      value.split(',').some((method) => refusedMethods.test(method.trim().toUpperCase()))
    ) {
      throw refused(`headers["${shown(name)}"]`, 'a method that browsers can send', shown(value));
    }
    if (droppedNames.test(lower)) warnings.push(`Header "${lower}" was dropped: pages cannot set it`);
    else headers.push([name, value]);
  }
  return { headers, warnings };
}

function refused(where: string, expected: string, actual: string): PluginError {
  return new PluginError('http-failed', {
    message: `HTTP request: ${where}: expected ${expected}, found ${actual}`,
    where: `http_request ${where}`,
    expected,
    actual,
    fix: "Change the plug-in's request. This request was not sent.",
  });
}

/** Returns a plug-in's text, truncated and escaped to one line. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, mostShown)).slice(1, -1);
}
