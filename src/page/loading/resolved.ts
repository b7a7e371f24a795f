import type { Manifest } from '../../contract/manifest.js';
import type { UrlSource, WireSource } from '../../contract/protocol.js';

/** What a plug-in can be made from. */
export type PluginSource =
  string | URL | Response | Promise<Response> | Blob | BufferSource | WebAssembly.Module | Manifest;

/** A source as the rest of the page knows it. */
export type ResolvedSource =
  | { readonly kind: 'manifest'; readonly manifest: unknown; readonly label: string; readonly baseUrl: string }
  | { readonly kind: 'module'; readonly module: WebAssembly.Module }
  | Resolved;

/** Bytes, wherever they come from; only they say what they are. */
export interface Resolved {
  readonly kind: 'bytes';
  readonly source: PageSource;
  /** What errors and progress call it. */
  readonly label: string;
  /** What relative URLs in it resolve against, should it be a manifest. */
  readonly baseUrl: string;
}

export type PageSource =
  | UrlSource
  | Extract<WireSource, { kind: 'bytes' | 'blob' }>
  | (Extract<WireSource, { kind: 'pump' }> & { readonly cancel: () => void });
