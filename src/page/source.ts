import { PluginError } from '../contract/errors.js';
import type { Manifest } from '../contract/manifest.js';
import type { Header, WireSource } from '../contract/protocol.js';

/** What a plug-in can be made from. */
export type PluginSource =
  string | URL | Response | Promise<Response> | Blob | BufferSource | WebAssembly.Module | Manifest;

/** A source as the rest of the page knows it. */
export type ResolvedSource =
  | { readonly kind: 'manifest'; readonly manifest: unknown; readonly label: string; readonly baseUrl: string }
  | { readonly kind: 'module'; readonly module: WebAssembly.Module }
  | WireResolved;

/** Bytes, wherever they come from; only they say what they are. */
export interface WireResolved {
  readonly kind: 'bytes';
  readonly source: WireSource;
  /** What errors and progress call it. */
  readonly label: string;
  /** What relative URLs in it resolve against, should it be a manifest. */
  readonly baseUrl: string;
}

/** How the page reaches the network: the app's own `fetch`, or null to let the worker do it. */
export type PageFetch = typeof fetch | null;

/** Tells the forms of a source apart. @throws PluginError `invalid-argument` for anything else */
export async function resolveSource(source: PluginSource, pageFetch: PageFetch): Promise<ResolvedSource> {
  const given: unknown = await source;
  if (typeof given === 'string' && given.trimStart().startsWith('{')) {
    return { kind: 'manifest', manifest: given, label: 'manifest', baseUrl: pageUrl() };
  }
  if (typeof given === 'string' || given instanceof URL) return fromUrl(absoluteUrl(given, pageUrl()), pageFetch);
  if (given instanceof Response) return (await import('./response.js')).fromResponse(given);
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
    message: `A plug-in cannot be made from ${given === null ? 'null' : typeof given}`,
    where: 'source',
    expected: 'a URL, Response, Blob, ArrayBuffer, typed array, WebAssembly.Module or manifest',
    actual: given === null ? 'null' : typeof given,
  });
}

/** Bytes are copied: what the app does with its own afterwards changes nothing. */
export function fromBytes(bytes: BufferSource, label: string): WireResolved {
  const view = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  return { kind: 'bytes', source: { kind: 'bytes', bytes: view.slice() }, label, baseUrl: pageUrl() };
}

export async function fromUrl(
  url: string,
  pageFetch: PageFetch,
  method: string = 'GET',
  headers: readonly Header[] = [],
): Promise<WireResolved> {
  if (pageFetch === null) {
    return { kind: 'bytes', source: { kind: 'url', url, method, headers }, label: url, baseUrl: url };
  }
  const { fetchOnPage } = await import('./response.js');
  return fetchOnPage(pageFetch, url, method, headers);
}

/** @throws PluginError `invalid-argument` for what is no URL */
export function absoluteUrl(url: string | URL, baseUrl: string): string {
  try {
    return new URL(url, baseUrl).href;
  } catch (cause) {
    throw new PluginError('invalid-argument', {
      message: `"${String(url)}" is not a URL`,
      where: 'source',
      expected: 'an absolute URL, or one relative to the page',
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
