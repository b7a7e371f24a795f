import type { Manifest } from '../../contract/manifest.js';
import type { UrlSource, WireSource } from '../../contract/protocol.js';

/** Everything that `createPlugin` can create a plug-in from. */
export type PluginSource =
  string | URL | Response | Promise<Response> | Blob | BufferSource | WebAssembly.Module | Manifest;

/** A source whose form is known. */
export type ResolvedSource =
  | { readonly kind: 'manifest'; readonly manifest: unknown; readonly label: string; readonly baseUrl: string }
  | { readonly kind: 'module'; readonly module: WebAssembly.Module }
  | Resolved;

/** A source of bytes. Only the bytes determine whether they are a module or a manifest. */
export interface Resolved {
  readonly kind: 'bytes';
  readonly source: PageSource;
  /** Its name in errors and progress. */
  readonly label: string;
  /** The base of relative URLs in it, if it is a manifest. */
  readonly baseUrl: string;
}

export type PageSource =
  | UrlSource
  | Extract<WireSource, { kind: 'bytes' | 'blob' }>
  | (Extract<WireSource, { kind: 'pump' }> & { readonly cancel: () => void });
