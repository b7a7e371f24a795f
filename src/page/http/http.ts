import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { HttpReply } from '../../contract/http.js';
import { createHostMatcher, type HostMatcher } from '../../manifest/hosts.js';
import { abortedError } from '../base/aborted.js';
import { announcedBytes } from '../../contract/fetching.js';
import { checkHeaders, checkMethod, parseTarget, readRequest } from './http-request.js';
import type { HttpSettings, RequestEvent } from '../base/http-settings.js';

/** Performs HTTP requests for plug-ins. It is a lazy chunk, because most plug-ins make none. */

const mostShown = 2_048;
const mostHostsListed = 10;

/** What is known about a request so far, for its {@link RequestEvent}. */
type Progress = { -readonly [Key in 'method' | 'url' | 'status' | 'bytes']: RequestEvent[Key] };

interface CheckedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly [name: string, value: string][];
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly warnings: readonly string[];
}

/**
 * Performs one request of a plug-in with the host's `fetch`. The URL is parsed once, so the URL that is fetched is the one that was checked.
 * @param requestText the plug-in's JSON, which is not trusted
 * @param body null if the plug-in sent none
 * @param signal aborts the request and the reading of the body; if its reason is a `PluginError`, that error is thrown
 * @throws PluginError `guest-trap` (invalid JSON, fields or URL), `host-not-allowed`, `http-failed`, `http-too-large`, `aborted`
 */
export async function performRequest(
  requestText: string,
  body: Uint8Array | null,
  settings: HttpSettings,
  signal: AbortSignal,
): Promise<HttpReply> {
  const start = performance.now();
  const progress: Progress = { method: '', url: '', status: null, bytes: 0 };
  let reason: string | null = null;
  try {
    const matcher = matcherOf(settings);
    const request = checkRequest(requestText, body, progress);
    checkHost(request.url, matcher, settings);
    return await exchange(request, { settings, matcher, signal, progress });
  } catch (thrown) {
    const error = failureOf(thrown, signal);
    reason = error.message;
    throw error;
  } finally {
    notify(settings, { plugin: settings.plugin, ...progress, ms: performance.now() - start, reason });
  }
}

/** Returns the settings with their patterns compiled, so that requests do not compile them again. */
export function withCompiledHosts(settings: HttpSettings): HttpSettings {
  return { ...settings, matchHost: matcherOf(settings) };
}

function matcherOf({ matchHost, allowedHosts, requestedHosts }: HttpSettings): HostMatcher {
  return matchHost ?? createHostMatcher(allowedHosts, ownOrigin(), { requestedHosts });
}

interface Exchange {
  readonly settings: HttpSettings;
  readonly matcher: HostMatcher;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

async function exchange(request: CheckedRequest, parts: Exchange): Promise<HttpReply> {
  const { settings, signal, progress } = parts;
  signal.throwIfAborted();
  // Aborts the fetch: in Firefox, cancelling the body's reader would leave the connection open.
  // Cancel the reader instead when that closes the connection in Firefox.
  const controller = new AbortController();
  const { promise: aborted, stop } = abortion(signal);
  try {
    const response = await Promise.race([send(request, settings, controller.signal), aborted]);
    progress.status = response.status;
    checkResponse(response, request.url, parts);
    const limits = { host: request.url.host, maxBytes: settings.maxResponseBytes, isHead: request.method === 'HEAD' };
    const reading = readBody(response, limits, (bytes) => (progress.bytes = bytes));
    reading.catch(() => {}); // After an abort nothing awaits this promise, and its rejection must not be reported as unhandled.
    const body = await Promise.race([reading, aborted]);
    return { status: response.status, headers: headersOf(response), body, warnings: request.warnings };
  } finally {
    stop();
    controller.abort(); // Has no effect if the whole body was read.
  }
}

/** Returns a promise that rejects when `signal` is aborted, until `stop` is called. */
function abortion(signal: AbortSignal): { readonly promise: Promise<never>; readonly stop: () => void } {
  const done = new AbortController();
  const promise = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: done.signal });
  });
  return { promise, stop: () => done.abort() };
}

/** Parses a request and checks everything except the host. */
function checkRequest(text: string, body: Uint8Array | null, progress: Progress): CheckedRequest {
  const written = readRequest(text);
  progress.method = written.method.toUpperCase().slice(0, 32);
  progress.url = written.url.slice(0, mostShown);
  const url = parseTarget(written.url);
  progress.url = shownUrl(url).slice(0, mostShown);
  const method = checkMethod(written.method);
  const { headers, warnings } = checkHeaders(written.headers);
  const bodiless = method === 'GET' || method === 'HEAD';
  const dropsBody = bodiless && body !== null && body.length > 0;
  return {
    url,
    method,
    headers,
    body: bodiless || body === null ? null : unshared(body),
    warnings: dropsBody ? [...warnings, `Browsers send no body with ${method}: the body was dropped`] : warnings,
  };
}

/** Returns the bytes with an unshared buffer, which `fetch` requires. Copies them if the buffer is shared. */
function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : Uint8Array.from(bytes);
}

/** Checks that the host is allowed and that the URL has no credentials. @throws PluginError `host-not-allowed` */
function checkHost(url: URL, matcher: HostMatcher, settings: HttpSettings, redirectedFrom: URL | null = null): void {
  const verdict = matcher(url);
  const hasUser = url.username !== '' || url.password !== '';
  if (verdict.allowed && !hasUser) return;
  const host = url.host || url.protocol;
  const reason = verdict.allowed ? 'the URL contains a user name or password' : verdict.reason;
  const redirect = redirectedFrom === null ? '' : ` (redirected from "${redirectedFrom.host}")`;
  const hosts = settings.allowedHosts;
  const listed = hosts.slice(0, mostHostsListed).join(', ') + (hosts.length > mostHostsListed ? ', …' : '');
  throw new PluginError('host-not-allowed', {
    message: `HTTP request to "${host}"${redirect} is not allowed: ${reason}`,
    where: shownUrl(url).slice(0, mostShown),
    expected:
      hosts.length === 0 ? 'no HTTP request: allowedHosts is empty' : `a host that allowedHosts covers: ${listed}`,
    actual: host,
    fix: verdict.allowed
      ? 'Send credentials in an Authorization header instead.'
      : `If ${settings.plugin} may access this host, add "${host}" to allowedHosts${settings.requestedHosts === null ? '' : ' of the options, and to allowed_hosts of its manifest'}.`,
    details: { host, url: shownUrl(url).slice(0, mostShown) },
  });
}

async function send(request: CheckedRequest, settings: HttpSettings, signal: AbortSignal): Promise<Response> {
  const { url, method, headers, body } = request;
  const send = settings.fetch ?? fetch;
  let response: unknown;
  try {
    response = await send(url.href, {
      method,
      headers: [...headers],
      body,
      signal,
      redirect: settings.followRedirects ? 'follow' : 'error',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      // A plug-in must not read responses to the app's own requests from the HTTP cache.
      cache: 'no-store',
    });
  } catch (cause) {
    throw unanswered(url, describeThrown(cause), settings, cause);
  }
  if (!(response instanceof Response)) {
    throw unanswered(url, `the app's fetch returned a value of type ${typeof response}, not a Response`, settings);
  }
  // The app's own `fetch` may ignore the signal and resolve after the abort; this response is not needed.
  if (signal.aborted) void response.body?.cancel().catch(() => {});
  return response;
}

function checkResponse(response: Response, asked: URL, { settings, matcher }: Exchange): void {
  if (response.type === 'opaque' || response.type === 'opaqueredirect' || response.type === 'error') {
    throw unanswered(
      asked,
      `the app's fetch returned a Response of type "${response.type}", which cannot be read`,
      settings,
    );
  }
  // A response that has another URL and is not marked as redirected comes from the app's own proxy.
  if (!response.redirected) return;
  if (!settings.followRedirects)
    throw unanswered(asked, 'the server redirects, but followRedirects is false', settings);
  checkHost(new URL(response.url), matcher, settings, asked);
}

function unanswered(url: URL, what: string, { followRedirects }: HttpSettings, cause?: unknown): PluginError {
  const redirects = followRedirects ? '' : ' A redirect also fails unless followRedirects is true.';
  return new PluginError('http-failed', {
    message: `HTTP request to "${url.host}" failed: ${what}`,
    where: shownUrl(url).slice(0, mostShown),
    expected: 'a response that this page may read',
    actual: what,
    fix: `Check the address and the network. The server must allow this page (CORS), and an https page cannot request http URLs.${redirects}`,
    cause,
  });
}

function headersOf({ headers }: Response): HttpReply['headers'] {
  // Browsers hide `Set-Cookie` from pages; only the app's own `fetch` can return it.
  return [...headers].filter(([name]) => name !== 'set-cookie' && name !== 'set-cookie2');
}

function failureOf(thrown: unknown, signal: AbortSignal): PluginError {
  if (signal.aborted) return isPluginError(signal.reason) ? signal.reason : abortedError('http_request', signal);
  if (isPluginError(thrown)) return thrown;
  return new PluginError('bug', { message: `BUG: http_request: ${describeThrown(thrown)}`, cause: thrown });
}

/** Calls `onRequest`. An exception of the app's callback is reported, so that it does not fail the request. */
function notify({ onRequest }: HttpSettings, event: RequestEvent): void {
  try {
    onRequest?.(event);
  } catch (error) {
    reportError(error);
  }
}

/** Returns the page's origin, which an about:blank or srcdoc document inherits; null if it is opaque. */
function ownOrigin(): URL | null {
  return origin === 'null' ? null : new URL(origin);
}

/** Returns the URL without user name and password, which must not be logged. */
function shownUrl(url: URL): string {
  if (url.username === '' && url.password === '') return url.href;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}

/**
 * Reads a whole body, counting decoded bytes while they arrive: a compressed body may be much larger when decoded.
 * @param onBytes called after each chunk with the number of bytes so far
 * @throws PluginError `http-too-large`, `http-failed`
 */
async function readBody(
  response: Response,
  { host, maxBytes, isHead }: { readonly host: string; readonly maxBytes: number; readonly isHead: boolean },
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  // A response to HEAD declares the length of a body that it does not have.
  if (response.body === null || isHead) return new Uint8Array(0);
  const announced = announcedBytes(response.headers) ?? 0;
  if (announced > maxBytes + mostOverhead(maxBytes))
    throw tooLarge(host, maxBytes, `a Content-Length of ${announced} bytes`);
  const chunks: Uint8Array[] = [];
  let total = 0;
  const reader = readerOf(response, host);
  for (;;) {
    const chunk = await nextChunk(reader, host, total);
    if (chunk === null) return joined(chunks, total);
    total += chunk.length;
    onBytes(total);
    if (total > maxBytes) throw tooLarge(host, maxBytes, `more (reading stopped after ${total} bytes)`);
    chunks.push(chunk);
  }
}

/**
 * Returns by how many bytes a compressed body can be longer than its decoded form. CORS may hide `Content-Encoding`, so `Content-Length`
 * may be the compressed length. A body is rejected before it is read only if its decoded form must be too large.
 */
function mostOverhead(decodedBytes: number): number {
  return 1_024 + decodedBytes / 100;
}

function readerOf(response: Response, host: string): ReadableStreamDefaultReader<unknown> {
  if (response.body !== null && !response.body.locked && !response.bodyUsed) return response.body.getReader();
  throw unreadable(host, "the app's fetch returned a Response whose body was already used or is locked");
}

async function nextChunk(
  reader: ReadableStreamDefaultReader<unknown>,
  host: string,
  soFar: number,
): Promise<Uint8Array | null> {
  let step: ReadableStreamReadResult<unknown>;
  try {
    step = await reader.read();
  } catch (cause) {
    throw unreadable(host, `the connection failed after ${soFar} bytes (${describeThrown(cause)})`, cause);
  }
  if (step.done) return null;
  if (step.value instanceof Uint8Array) return step.value;
  throw unreadable(host, "the app's fetch returned a body with chunks that are not bytes");
}

function joined(chunks: readonly Uint8Array[], total: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function tooLarge(host: string, maxBytes: number, actual: string): PluginError {
  return new PluginError('http-too-large', {
    message: `HTTP request: response of "${host}" is larger than maxHttpResponseBytes: expected at most ${maxBytes} bytes, found ${actual}`,
    where: host,
    expected: `at most ${maxBytes} bytes, decoded`,
    actual,
    fix: 'Request less data, or raise memory.maxHttpResponseBytes.',
    details: { maxBytes },
  });
}

function unreadable(host: string, what: string, cause?: unknown): PluginError {
  return new PluginError('http-failed', {
    message: `HTTP request: response of "${host}" cannot be read: ${what}`,
    where: host,
    expected: 'a complete response',
    actual: what,
    fix: 'Check the server and the network, and try again.',
    cause,
  });
}
