import { isPluginError, PluginError } from '../../contract/errors.js';
import { announcedBytes, badStatus, brokeOff, unreachable } from '../../contract/fetching.js';
import type { PumpMessage, UrlSource } from '../../contract/protocol.js';
import type { Resolved } from './resolved.js';

/** Reads responses on the page and sends them to the loader. A lazy chunk: usually the loader fetches. */

/**
 * Fetches a URL for the worker, which asked for it over `port`, and serves the body there. Returns a function that stops it.
 * @param onOpened called when the page has a response with a readable body
 */
export function serveUrl(
  port: MessagePort,
  { url, method, headers, credentials, redirect }: UrlSource,
  pageFetch: typeof fetch,
  onOpened: () => void,
): () => void {
  const request = new AbortController();
  const fetchBody = async (): Promise<PageBody> => {
    const pairs = headers.map(([name, value]): [string, string] => [name, value]);
    let response: unknown;
    try {
      response = await pageFetch(url, { method, headers: pairs, credentials, redirect, signal: request.signal });
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

/** Takes over the app's Response and locks its body. */
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
      message: `The app's fetch did not return a Response for ${label}`,
      where: 'fetch',
      expected: 'a Response',
      actual: typeof response,
    });
  }
  if (response.bodyUsed || response.body?.locked === true) {
    throw new PluginError('invalid-argument', {
      message: `Body of ${label} ${response.bodyUsed ? 'has already been read' : 'is being read'}`,
      where: 'source',
      expected: 'a Response with an unread body',
      actual: response.bodyUsed ? 'a body that was read' : 'a body that is locked to a reader',
      fix: 'Pass the Response before its body is read, or pass a clone.',
    });
  }
  if (response.type === 'opaque' || response.type === 'opaqueredirect' || response.type === 'error') {
    throw new PluginError('fetch-failed', {
      message: `Response ${label} cannot be read: its type is "${response.type}"`,
      where: label,
      expected: 'a Response of type basic, cors or default',
      actual: response.type,
      fix: 'Fetch it with neither mode "no-cors" nor redirect "manual"; a server on another origin must allow this page (CORS).',
    });
  }
  if (!response.ok) {
    void response.body?.cancel();
    throw badStatus(label, response);
  }
  return { reader: response.body?.getReader() ?? null, totalBytes: announcedBytes(response.headers) };
}

/** Larger chunks are split, so that no single transfer blocks the page. */
const mostChunkBytes = 1_048_576;

/** A body that the page reads for the loader. */
interface PageBody {
  readonly reader: ReadableStreamDefaultReader<Uint8Array> | null;
  readonly totalBytes: number | null;
}

/**
 * Reads a body on the page and transfers one chunk to the worker at each request. WebKit cannot transfer streams; once it can, a
 * transferred stream can replace this.
 */
class Pump {
  readonly #label: string;
  readonly #open: () => Promise<PageBody>;
  readonly #abort: () => void;
  #body: PageBody | null;
  #rest: Uint8Array = new Uint8Array(0);

  /**
   * @param source the body, or a function that fetches it once the worker asks
   * @param abort ends the page's own request: Firefox keeps the connection open if the body is only cancelled
   */
  constructor(label: string, source: PageBody | (() => Promise<PageBody>), abort: () => void = () => {}) {
    this.#label = label;
    this.#abort = abort;
    this.#body = typeof source === 'function' ? null : source;
    this.#open = typeof source === 'function' ? source : (): Promise<PageBody> => Promise.resolve(source);
  }

  /** Answers requests on `port`. Returns a function that stops it. */
  serve(port: MessagePort): () => void {
    port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (data === 'open') this.open(port);
      else if (data === 'pull') void this.#answer(() => this.#pull(), port);
      else this.#cancel(port);
    });
    port.start();
    return () => this.#cancel(port);
  }

  /** Answers an `open` request. */
  open(port: MessagePort): void {
    void this.#answer(() => this.#begin(), port);
  }

  async #answer(ask: () => Promise<PumpMessage>, port: MessagePort): Promise<void> {
    try {
      const message = await ask();
      port.postMessage(message, message.type === 'chunk' ? [message.bytes.buffer] : []);
    } catch (thrown) {
      const error = isPluginError(thrown) ? thrown : brokeOff(this.#label, thrown);
      port.postMessage({ type: 'error', error: error.toJSON() } satisfies PumpMessage);
      this.#abort();
    }
  }

  async #begin(): Promise<PumpMessage> {
    this.#body = await this.#open();
    return { type: 'opened', totalBytes: this.#body.totalBytes };
  }

  async #pull(): Promise<PumpMessage> {
    while (this.#rest.length === 0) {
      const step = await this.#body?.reader?.read();
      if (step?.value === undefined) return { type: 'end' };
      this.#rest = step.value;
    }
    const bytes = this.#rest.slice(0, mostChunkBytes);
    this.#rest = this.#rest.subarray(bytes.length);
    return { type: 'chunk', bytes };
  }

  #cancel(port: MessagePort): void {
    port.close();
    this.#body?.reader?.cancel().catch(() => {}); // It has already ended.
    this.#abort();
  }
}
