import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { UrlSource } from '../../contract/protocol.js';
import { abortedError } from '../base/aborted.js';
import type { PluginSource, Resolved, ResolvedSource } from './resolved.js';
import { lazyChunk } from '../base/lazy-chunk.js';

/**
 * Detects the form of a source.
 * @param signal the app's unchecked `signal`, which aborts waiting for a promise
 * @throws PluginError `invalid-argument` for a value of no known form
 */
export async function resolveSource(source: PluginSource, signal: unknown): Promise<ResolvedSource> {
  // Copied before anything is awaited, because the app may then change or transfer its bytes.
  if (isBufferSource(source)) return fromBytes(source, 'the given bytes');
  const given: unknown = await awaitSource(source, signal);
  if (typeof given === 'string' && given.trimStart().startsWith('{')) {
    return { kind: 'manifest', manifest: given, label: 'manifest', baseUrl: pageUrl() };
  }
  if (typeof given === 'string' || given instanceof URL) return fromUrl(absoluteUrl(given, pageUrl()));
  if (given instanceof Response) return (await lazyChunk(() => import('./response.js'))).fromResponse(given);
  if (given instanceof WebAssembly.Module) return { kind: 'module', module: given };
  if (given instanceof Blob) {
    const label = given instanceof File ? given.name : 'the given Blob';
    return { kind: 'bytes', source: { kind: 'blob', blob: given }, label, baseUrl: pageUrl() };
  }
  if (isBufferSource(given)) return fromBytes(given, 'the given bytes');
  if (typeof given === 'object' && given !== null) {
    return { kind: 'manifest', manifest: given, label: 'manifest', baseUrl: pageUrl() };
  }
  throw new PluginError('invalid-argument', {
    message: `Cannot create a plug-in from ${given === null ? 'null' : typeof given}`,
    where: 'source',
    expected: 'a URL, Response, Blob, ArrayBuffer, typed array, WebAssembly.Module or manifest',
    actual: given === null ? 'null' : typeof given,
  });
}

/** Copies the bytes, so that later changes by the app have no effect. */
export function fromBytes(bytes: BufferSource, label: string): Resolved {
  return { kind: 'bytes', source: { kind: 'bytes', bytes: copyOf(bytes, label) }, label, baseUrl: pageUrl() };
}

function copyOf(bytes: BufferSource, label: string): Uint8Array {
  try {
    const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes);
    return new Uint8Array(buffer, byteOffset, byteLength).slice();
  } catch (cause) {
    throw new PluginError('invalid-argument', {
      message: `Cannot read ${label}: the buffer was transferred`,
      where: 'source',
      cause,
    });
  }
}

/** Returns a source that is fetched from `url`, with cookies if `url` has the page's origin. */
export function fromUrl(url: string): Resolved & { readonly source: UrlSource } {
  const source = {
    kind: 'url',
    url,
    method: 'GET',
    headers: [],
    credentials: 'same-origin',
    redirect: 'follow',
  } as const;
  return { kind: 'bytes', source, label: url, baseUrl: url };
}

/** Awaits a source that is a promise, unless `signal` is aborted first. */
async function awaitSource(source: PluginSource, signal: unknown): Promise<unknown> {
  if (!(source instanceof Promise)) return source;
  const watched = signal instanceof AbortSignal ? signal : null;
  let onAbort = (): void => {};
  const abort = new Promise<never>((_resolve, reject) => {
    onAbort = (): void => reject(abortedError('Waiting for the source', watched));
  });
  watched?.addEventListener('abort', onAbort);
  if (watched?.aborted === true) onAbort();
  try {
    return await Promise.race([source, abort]);
  } catch (cause) {
    if (isPluginError(cause)) throw cause;
    throw new PluginError('fetch-failed', {
      message: `The promise passed as the plug-in's source was rejected: ${describeThrown(cause)}`,
      where: 'source',
      cause,
    });
  } finally {
    watched?.removeEventListener('abort', onAbort);
  }
}

/**
 * Resolves `url` against `baseUrl`.
 * @throws PluginError `invalid-argument` for an invalid URL
 */
export function absoluteUrl(url: string | URL, baseUrl: string): string {
  try {
    return new URL(url, baseUrl).href;
  } catch (cause) {
    throw new PluginError('invalid-argument', {
      message: `Invalid URL "${String(url)}"`,
      where: 'source',
      expected: `an absolute URL, or one relative to ${baseUrl}`,
      actual: String(url),
      cause,
    });
  }
}

function isBufferSource(value: unknown): value is BufferSource {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

function pageUrl(): string {
  return document.baseURI;
}
