import type { Pages, Sha256Hex } from '../contract/units.js';
import type { JsonRecord } from './json-value.js';

/** A manifest in its normal form: no aliases, all fields present, null for a missing value. */
export interface ParsedManifest extends ManifestSettings {
  /** In the order of the manifest. Never empty; names are unique. */
  readonly modules: readonly ParsedModule[];
  /** The module whose functions are called. Its name is `main`. */
  readonly main: ParsedModule;
  readonly plugin: ParsedMetadata | null;
  /** What its lists of hosts and paths contain; null for a list that it does not have. */
  readonly requested: RequestedAccess;
  /** Top-level keys that start with `x-`, with their values unchecked and not copied. */
  readonly extensions: ReadonlyMap<string, unknown>;
}

/** What a manifest asks for. Without a list, a manifest of the app asks for nothing, and a foreign one for whatever the app allows. */
export interface RequestedAccess {
  readonly hosts: readonly string[] | null;
  readonly paths: readonly AllowedPath[] | null;
}

/** The settings that both a manifest and an app's options may have. */
export interface ManifestSettings {
  readonly config: ReadonlyMap<string, string>;
  /** Normalized patterns. An empty list allows no request. */
  readonly allowedHosts: readonly string[];
  readonly allowedPaths: readonly AllowedPath[];
  readonly memory: ParsedMemory;
  /** The time limit of one call, in milliseconds. */
  readonly timeoutMs: number | null;
}

/** The settings in an app's options; null for a missing one, so that the manifest's applies. */
export type SettingOverrides = { readonly [Key in keyof ManifestSettings]: ManifestSettings[Key] | null };

export interface ParsedMemory {
  readonly maxPages: Pages | null;
  readonly maxHttpResponseBytes: number | null;
  readonly maxVarBytes: number | null;
}

export type ParsedModule = UrlModule | DataModule;

interface Item {
  /** The name that other modules import it by: `main` for the main module; null for none. */
  readonly name: string | null;
  readonly hash: Sha256Hex | null;
  /** Whether it is the source of a plug-in in JavaScript, as its type or its URL says. */
  readonly isJavaScript: boolean;
}

export interface UrlModule extends Item {
  readonly kind: 'url';
  /** As written: relative to the manifest's own URL, else to the page. */
  readonly url: string;
  /** Upper case. */
  readonly method: string;
  readonly headers: ReadonlyMap<string, string>;
}

export interface DataModule extends Item {
  readonly kind: 'data';
  /** A view of the given bytes, or a copy of shared memory. Do not change them before the plug-in is created. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface AllowedPath {
  readonly hostPath: string;
  readonly guestPath: string;
  readonly isReadOnly: boolean;
}

/** `PluginMetadata` with null for missing values. */
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
  /** As written. */
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
