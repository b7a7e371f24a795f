import { joined } from '../../contract/bytes.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import { describeThrown } from '../../contract/error-wire.js';
import { abortedError } from '../../page/base/aborted.js';
import { type AddressRules, checkAddress, originOf } from './addresses.js';

/** A file, an address or bytes of a plug-in: a module, a manifest or a zip bundle of both. */
export type InstallSource = Blob | URL | string | BufferSource;

/** The progress of an installation. */
export interface InstallProgress {
  readonly step: 'reading' | 'unpacking' | 'checking' | 'asking' | 'saving';
  readonly bytes: number;
  /** Null if the size is unknown. */
  readonly totalBytes: number | null;
}

export interface ReadOptions {
  readonly rules: AddressRules;
  readonly signal: AbortSignal | null;
  readonly maxBytes: number;
  readonly onProgress: (progress: InstallProgress) => void;
}

export interface ReadSource {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The file's name or the address, as the user knows it. */
  readonly label: string;
  /** The base of relative addresses in it. */
  readonly baseUrl: string;
  /** The origin that it was fetched from, which addresses in it may have; null for files, bytes and blob: addresses. */
  readonly origin: string | null;
}

/**
 * Reads a source.
 * @param trusted the origin that an address may have although it is local
 * @throws PluginError `invalid-argument`, `host-not-allowed`, `fetch-failed`, `http-status`, `module-size`, `aborted`
 */
export async function readSource(
  source: InstallSource,
  trusted: string | null,
  options: ReadOptions,
): Promise<ReadSource> {
  const baseUrl = document.baseURI;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    const view =
      source instanceof ArrayBuffer
        ? new Uint8Array(source)
        : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    checkSize(view.length, 'the given bytes', options.maxBytes);
    return { bytes: view.slice(), label: 'plugin', baseUrl, origin: null };
  }
  if (source instanceof Blob) {
    // Without slashes, so that no file has a name that looks like an address.
    const label = (source instanceof File && /[^/\\]*$/.exec(source.name)?.[0]) || 'plugin';
    checkSize(source.size, label, options.maxBytes);
    return { bytes: await collect(source.stream(), label, source.size, options), label, baseUrl, origin: null };
  }
  if (typeof source === 'string' || source instanceof URL) return fetchSource(toUrl(source, baseUrl), trusted, options);
  throw new PluginError('invalid-argument', {
    message: 'A plug-in can be installed from a file, an address or bytes only',
    where: 'source',
    expected: 'a File, Blob, URL, ArrayBuffer or typed array',
    actual: Object.prototype.toString.call(source),
    fix: 'A WebAssembly.Module cannot be stored or checked. Pass the bytes that it was compiled from.',
  });
}

/**
 * Fetches a source by GET, without cookies and redirects: the server decides where a redirect leads, and a page sees only its end.
 * @param trusted the origin that the address may have although it is local
 * @throws PluginError `host-not-allowed`, `fetch-failed`, `http-status`, `module-size`, `aborted`
 */
export async function fetchSource(url: string, trusted: string | null, options: ReadOptions): Promise<ReadSource> {
  checkAddress(url, trusted, options.rules);
  // An own AbortController: Firefox keeps the connection of a body that is only cancelled.
  const request = new AbortController();
  const onAbort = (): void => request.abort();
  options.signal?.addEventListener('abort', onAbort);
  try {
    return await readUrl(url, request.signal, options);
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    request.abort(); // Does nothing after the whole body was read.
  }
}

/** As a plug-in's request. The library keeps the bytes itself, so the HTTP cache is not needed. */
const requestInit = {
  credentials: 'omit',
  redirect: 'error',
  referrerPolicy: 'no-referrer',
  cache: 'no-store',
} as const satisfies RequestInit;

async function readUrl(url: string, signal: AbortSignal, options: ReadOptions): Promise<ReadSource> {
  let response: Response;
  try {
    options.signal?.throwIfAborted();
    response = await fetch(url, { signal, ...requestInit });
  } catch (cause) {
    if (options.signal?.aborted === true) throw abortedError(`Reading of ${url}`, options.signal);
    throw new PluginError('fetch-failed', {
      message: `${url} could not be fetched: ${describeThrown(cause)}`,
      where: url,
      fix: 'Check the address and the network. Another site must allow the request with CORS headers. Redirects are not followed.',
      cause,
    });
  }
  if (!response.ok) {
    throw new PluginError('http-status', {
      message: `${url} responded with status ${response.status}`,
      where: url,
      expected: 'a status from 200 to 299',
      actual: String(response.status),
      details: { status: response.status },
    });
  }
  const declared = Number(response.headers.get('content-length') ?? Number.NaN);
  // With a content encoding, the header is the encoded length.
  const total = Number.isFinite(declared) && response.headers.get('content-encoding') === null ? declared : null;
  const body = response.body ?? new Blob([]).stream();
  return { bytes: await collect(body, url, total, options), label: url, baseUrl: url, origin: originOf(url) };
}

async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  label: string,
  totalBytes: number | null,
  { signal, maxBytes, onProgress }: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    for (;;) {
      if (signal?.aborted === true) throw abortedError(`reading ${label}`, signal);
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      checkSize(bytes, label, maxBytes);
      chunks.push(value);
      onProgress({ step: 'reading', bytes, totalBytes });
    }
  } catch (cause) {
    await reader.cancel().catch(() => {});
    if (isPluginError(cause)) throw cause;
    if (signal?.aborted === true) throw abortedError(`reading ${label}`, signal);
    throw new PluginError('fetch-failed', {
      message: `Reading ${label} failed: ${describeThrown(cause)}`,
      where: label,
      cause,
    });
  }
  return joined(chunks, bytes);
}

/** @throws PluginError `module-size` */
export function checkSize(bytes: number, label: string, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new PluginError('module-size', {
    message: `${label} is too large: expected at most ${maxBytes} bytes`,
    where: label,
    expected: `at most ${maxBytes} bytes`,
    actual: `at least ${bytes} bytes`,
    details: { maxBytes },
  });
}

/** @throws PluginError `invalid-argument` */
export function toUrl(source: string | URL, baseUrl: string): string {
  try {
    return new URL(source, baseUrl).href;
  } catch (cause) {
    throw new PluginError('invalid-argument', {
      message: `"${String(source)}" is not a valid URL`,
      where: 'source',
      cause,
    });
  }
}
