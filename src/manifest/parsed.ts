import type { Pages, Sha256Hex } from '../contract/units.js';
import type { JsonRecord } from './json-value.js';

/** A manifest in its one normal form: no aliases, every field present, null where the manifest says nothing. */
export interface ParsedManifest extends ManifestSettings {
  /** In the order given; never empty; no two share a name. */
  readonly modules: readonly ParsedModule[];
  /** The one of `modules` whose functions are called; its name is `main`. */
  readonly main: ParsedModule;
  readonly plugin: ParsedMetadata | null;
  /** Top-level keys that start with `x-`; their values as given, neither checked nor copied. */
  readonly extensions: ReadonlyMap<string, unknown>;
}

/** What both a manifest and an app's options may say about how a plug-in runs. */
export interface ManifestSettings {
  readonly config: ReadonlyMap<string, string>;
  /** Patterns in normal spelling; none means that no request is allowed. */
  readonly allowedHosts: readonly string[];
  readonly allowedPaths: readonly AllowedPath[];
  readonly memory: ParsedMemory;
  /** Milliseconds one call may take. */
  readonly timeoutMs: number | null;
}

/** What an app's options say; null where they say nothing, so that the manifest's word stands. */
export type SettingOverrides = { readonly [Key in keyof ManifestSettings]: ManifestSettings[Key] | null };

export interface ParsedMemory {
  readonly maxPages: Pages | null;
  readonly maxHttpResponseBytes: number | null;
  readonly maxVarBytes: number | null;
}

export type ParsedModule = UrlModule | DataModule;

interface Item {
  /** What other modules import it by: `main` for the main module, else as given; null for none. */
  readonly name: string | null;
  readonly hash: Sha256Hex | null;
}

export interface UrlModule extends Item {
  readonly kind: 'url';
  /** As given: relative to the manifest's own URL, else to the page. */
  readonly url: string;
  /** Upper case. */
  readonly method: string;
  readonly headers: ReadonlyMap<string, string>;
}

export interface DataModule extends Item {
  readonly kind: 'data';
  /** A view of the bytes that were given, not a copy (of shared memory: a copy): leave them alone until the plug-in is made. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface AllowedPath {
  readonly hostPath: string;
  readonly guestPath: string;
  readonly isReadOnly: boolean;
}

/** `PluginMetadata`, with null where the author says nothing. */
export interface ParsedMetadata {
  readonly id: string | null;
  readonly name: string | null;
  readonly version: string | null;
  readonly description: string | null;
  readonly author: string | null;
  /** Starts with `http://` or `https://`. */
  readonly homepage: string | null;
  /** Starts with `http://` or `https://`. */
  readonly updateUrl: string | null;
  /** As given: any URL text. */
  readonly icon: string | null;
  readonly permissions: readonly ParsedPermission[];
  /** JSON, frozen, its objects without prototype. */
  readonly settings: JsonRecord | null;
  readonly engines: ReadonlyMap<string, string>;
}

export interface ParsedPermission {
  readonly kind: 'host' | 'path' | 'capability';
  /** For a host: the pattern in normal spelling. */
  readonly value: string;
  readonly reason: string | null;
}
