import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { HttpReply } from '../../contract/http.js';
import { createHostMatcher, type HostMatcher } from '../../manifest/hosts.js';
import { abortedError } from '../base/aborted.js';
import { readBody } from './http-body.js';
import { checkHeaders, checkMethod } from './http-headers.js';
import { parseTarget, readRequest } from './http-request.js';
import type { HttpSettings, RequestEvent } from '../base/http-settings.js';

/** HTTP for plug-ins. A part of its own: most plug-ins never ask for it. */

const mostShown = 2_048;
const mostHostsListed = 10;

/** What is known of a request so far. */
type Progress = { -readonly [Key in 'method' | 'url' | 'status' | 'bytes']: RequestEvent[Key] };

interface CheckedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly [name: string, value: string][];
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly warnings: readonly string[];
}

/**
 * Runs one request of a plug-in through the host's `fetch`. The URL is parsed once; what was checked is what is fetched.
 * @param requestText the JSON that the plug-in gave, trusted with nothing
 * @param body null where the plug-in gave none
 * @param signal covers all of it, the body's last byte included; its reason, if it is a `PluginError`, is what is thrown
 * @throws PluginError `guest-trap` (no such JSON), `host-not-allowed`, `http-failed`, `http-too-large`, `aborted`
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
    const matcher = settings.matchHost ?? createHostMatcher(settings.allowedHosts, ownOrigin());
    const request = checkRequest(requestText, body, progress);
    checkHost(request.url, matcher, settings);
    return await exchange(request, { settings, matcher, signal, progress });
  } catch (thrown) {
    const error = failureOf(thrown, signal);
    reason = error.message;
    throw error;
  } finally {
    tell(settings, { plugin: settings.plugin, ...progress, ms: performance.now() - start, reason });
  }
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
  // Its own controller: Firefox keeps a connection open, and goes on receiving, when only the body's reader is cancelled.
  const controller = new AbortController();
  const { promise: aborted, stop } = abortion(signal);
  try {
    const response = await Promise.race([send(request, settings, controller.signal), aborted]);
    progress.status = response.status;
    checkResponse(response, request.url, parts);
    const limits = { host: request.url.host, maxBytes: settings.maxResponseBytes, isHead: request.method === 'HEAD' };
    const reading = readBody(response, limits, (bytes) => (progress.bytes = bytes));
    reading.catch(() => {}); // Given up, it fails unheard.
    const body = await Promise.race([reading, aborted]);
    return { status: response.status, headers: headersOf(response), body, warnings: request.warnings };
  } finally {
    stop();
    controller.abort(); // Nothing, if all of the body was read.
  }
}

/** A promise that rejects when `signal` is aborted, for as long as nobody stops it. */
function abortion(signal: AbortSignal): { readonly promise: Promise<never>; readonly stop: () => void } {
  const done = new AbortController();
  const promise = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: done.signal });
  });
  return { promise, stop: () => done.abort() };
}

/** The whole request as it may be sent, host aside. */
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
    warnings: dropsBody ? [...warnings, `browsers send no body with ${method}: yours was left out`] : warnings,
  };
}

/** What `fetch` takes. */
function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : Uint8Array.from(bytes);
}

/** @throws PluginError `host-not-allowed` */
function checkHost(url: URL, matcher: HostMatcher, settings: HttpSettings, redirectedFrom: URL | null = null): void {
  const verdict = matcher(url);
  const hasUser = url.username !== '' || url.password !== '';
  if (verdict.allowed && !hasUser) return;
  const host = url.host || url.protocol;
  const reason = verdict.allowed ? 'its URL holds a user name or password' : verdict.reason;
  const asked = redirectedFrom === null ? '' : `"${redirectedFrom.host}", redirected to `;
  const hosts = settings.allowedHosts;
  const listed = hosts.slice(0, mostHostsListed).join(', ') + (hosts.length > mostHostsListed ? ', …' : '');
  throw new PluginError('host-not-allowed', {
    message: `HTTP request to ${asked}"${host}" is not allowed: ${reason}`,
    where: shownUrl(url).slice(0, mostShown),
    expected: hosts.length === 0 ? 'no HTTP: allowedHosts is empty' : `a host that allowedHosts covers: ${listed}`,
    actual: host,
    fix: verdict.allowed
      ? 'The plug-in must send credentials in an Authorization header.'
      : `If ${settings.plugin} may reach it, name "${host}" in allowedHosts.`,
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
      // What the app's own requests have left in the browser's cache is not the plug-in's to read.
      cache: 'no-store',
    });
  } catch (cause) {
    throw unanswered(url, describeThrown(cause), settings, cause);
  }
  if (!(response instanceof Response)) {
    throw unanswered(url, `the host's fetch gave no Response but ${typeof response}`, settings);
  }
  // Too late: a fetch of the app's own may not have listened to the signal.
  if (signal.aborted) void response.body?.cancel().catch(() => {});
  return response;
}

function checkResponse(response: Response, asked: URL, { settings, matcher }: Exchange): void {
  if (response.type === 'opaque' || response.type === 'opaqueredirect' || response.type === 'error') {
    throw unanswered(
      asked,
      `the host's fetch gave a Response of type "${response.type}", which cannot be read`,
      settings,
    );
  }
  // An answer that is not redirected and has another URL comes from a proxy of the app's own.
  if (!response.redirected) return;
  if (!settings.followRedirects) throw unanswered(asked, 'the server redirects, which is refused', settings);
  checkHost(new URL(response.url), matcher, settings, asked);
}

function unanswered(url: URL, what: string, { followRedirects }: HttpSettings, cause?: unknown): PluginError {
  const redirects = followRedirects ? '' : ' It may have redirected, which is refused unless followRedirects is true.';
  return new PluginError('http-failed', {
    message: `HTTP request: no answer from "${url.host}": ${what}`,
    where: shownUrl(url).slice(0, mostShown),
    expected: 'an answer that this page may read',
    actual: what,
    fix: `Check the address and the network; the server must allow this page (CORS), and an https page reaches no http server.${redirects}`,
    cause,
  });
}

function headersOf({ headers }: Response): HttpReply['headers'] {
  // Only a fetch of the app's own can show cookies.
  return [...headers].filter(([name]) => name !== 'set-cookie' && name !== 'set-cookie2');
}

function failureOf(thrown: unknown, signal: AbortSignal): PluginError {
  if (signal.aborted) return isPluginError(signal.reason) ? signal.reason : abortedError('http_request', signal);
  if (isPluginError(thrown)) return thrown;
  return new PluginError('bug', { message: `BUG: http_request: ${describeThrown(thrown)}`, cause: thrown });
}

/** A listener that throws is the app's own matter, and must not cost the plug-in its answer. */
function tell({ onRequest }: HttpSettings, event: RequestEvent): void {
  try {
    onRequest?.(event);
  } catch (error) {
    reportError(error);
  }
}

/** The page's own origin, inherited ones included; null for an opaque one. */
function ownOrigin(): URL | null {
  return origin === 'null' ? null : new URL(origin);
}

/** Passwords are not for logs. */
function shownUrl(url: URL): string {
  if (url.username === '' && url.password === '') return url.href;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}
