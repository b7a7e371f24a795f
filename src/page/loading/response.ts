import { PluginError } from '../../contract/errors.js';
import { announcedBytes, badStatus, unreachable } from '../../contract/fetching.js';
import type { UrlSource } from '../../contract/protocol.js';
import { type PageBody, Pump } from './pump.js';
import type { Resolved } from './resolved.js';

/** Responses that the page reads itself. A part of its own: most pages let the worker fetch. */

/**
 * Fetches for the worker, which has asked over `port`, and serves it there. Gives what stops it.
 * @param onOpened the page reached what the worker did not
 */
export function serveUrl(
  port: MessagePort,
  { url, method, headers }: UrlSource,
  pageFetch: typeof fetch,
  onOpened: () => void,
): () => void {
  const request = new AbortController();
  const fetchBody = async (): Promise<PageBody> => {
    const pairs = headers.map(([name, value]): [string, string] => [name, value]);
    let response: unknown;
    try {
      response = await pageFetch(url, { method, headers: pairs, signal: request.signal });
    } catch (cause) {
      throw unreachable(url, cause);
    }
    const body = bodyOf(response, url);
    onOpened();
    return body;
  };
  const pump = new Pump(url, fetchBody, () => request.abort());
  const cancel = pump.serve(port);
  pump.open(port);
  return cancel;
}

/** The app's own Response: from here on nobody else can read it. */
export function fromResponse(response: Response): Resolved {
  const label = response.url === '' ? 'the given Response' : response.url;
  const body = bodyOf(response, label);
  const { port1: near, port2: port } = new MessageChannel();
  const cancel = new Pump(label, body).serve(near);
  return {
    kind: 'bytes',
    source: { kind: 'pump', port, cancel },
    label,
    baseUrl: response.url === '' ? document.baseURI : response.url,
  };
}

/** @throws PluginError `invalid-argument`, `fetch-failed`, `http-status` */
function bodyOf(response: unknown, label: string): PageBody {
  if (!(response instanceof Response)) {
    throw new PluginError('invalid-argument', {
      message: `The host's fetch gave no Response for ${label}`,
      where: 'fetch',
      expected: 'a Response',
      actual: typeof response,
    });
  }
  if (response.bodyUsed || response.body?.locked === true) {
    throw new PluginError('invalid-argument', {
      message: `${label} was read already`,
      where: 'source',
      expected: 'a Response whose body nobody reads',
      actual: response.bodyUsed ? 'one that was read' : 'one that is being read',
      fix: 'Give the Response before anything reads its body, or give a clone of it.',
    });
  }
  if (response.type === 'opaque' || response.type === 'opaqueredirect' || response.type === 'error') {
    throw new PluginError('fetch-failed', {
      message: `${label} is a Response that cannot be read: its type is "${response.type}"`,
      where: label,
      expected: 'a Response of type basic, cors or default',
      actual: response.type,
      fix: 'Fetch it without mode: "no-cors" and redirect: "manual"; a server on another origin must allow this page (CORS).',
    });
  }
  if (!response.ok) {
    void response.body?.cancel();
    throw badStatus(label, response);
  }
  return { reader: response.body?.getReader() ?? null, totalBytes: announcedBytes(response.headers) };
}
