/**
 * A plug-in's manifest, as users write it: the Extism manifest in camelCase. The canonical JSON is snake_case; both are
 * accepted at every level (https://extism.org/docs/concepts/manifest).
 */
export interface Manifest {
  /** The modules, linked together; the one named `main`, else the last, is the one called. */
  wasm: readonly ManifestModule[];
  memory?: ManifestMemory;
  /** Read by the plug-in with `config_get`. */
  config?: Readonly<Record<string, string>>;
  /** Hosts the plug-in may reach over HTTP, as globs. In a foreign manifest a request, which the options must grant. @default none */
  allowedHosts?: readonly string[] | null;
  /**
   * Host path to guest path; `ro:` before the host path makes it read only. In a foreign manifest a request, which the options must
   * grant. @default none
   */
  allowedPaths?: Readonly<Record<string, string>> | null;
  /** Milliseconds one call may take. @default no limit */
  timeoutMs?: number | null;
  /** Tenon's own metadata about the plug-in, for the library. */
  plugin?: PluginMetadata;
  /** Keys that start with `x-` are kept and ignored. */
  [extension: `x-${string}`]: unknown;
}

/** One module of a manifest: from a URL, or with its bytes. */
export type ManifestModule = ManifestUrl | ManifestData | ManifestPath;

interface ManifestItem {
  /** The name other modules import it by. */
  name?: string;
  /** Sha256 of exactly the module's bytes: hex in any case, or SRI text (`sha256-…`). Makes the load cache-first. */
  hash?: string;
  /** JavaScript or TypeScript, which is compiled; its `hash` is that of the source. @default by the extension of a URL, else WebAssembly */
  type?: 'javascript';
}

export interface ManifestUrl extends ManifestItem {
  /** Absolute, or relative to the manifest's own URL, else to the page. */
  url: string;
  /** Only `GET` in a foreign manifest. @default 'GET' */
  method?: string;
  /** None in a foreign manifest. */
  headers?: Readonly<Record<string, string>>;
}

export interface ManifestData extends ManifestItem {
  /** Bytes, or base64 text. */
  data: Uint8Array | ArrayBuffer | string;
}

/** Refused in a browser, with an error that says so. */
export interface ManifestPath extends ManifestItem {
  path: string;
}

export interface ManifestMemory {
  /** 64 KiB pages that the memories of all modules may have together, and also the kernel's blocks. @default no cap */
  maxPages?: number;
  /** @default 52_428_800 (50 MiB) */
  maxHttpResponseBytes?: number;
  /** Sum over vars of key + value + 48 bytes; 0 disables vars. @default 1_048_576 (1 MiB) */
  maxVarBytes?: number;
}

/** What an author says about a plug-in. Shape checked here, read by the library, stripped on export for other hosts. */
export interface PluginMetadata {
  id?: string;
  name?: string;
  version?: string;
  description?: string;
  author?: string;
  homepage?: string;
  /** Where the library looks for newer versions: JSON with `version`, `url` and `sha256`. */
  updateUrl?: string;
  icon?: string;
  permissions?: readonly PluginPermission[];
  settings?: Readonly<Record<string, unknown>>;
  engines?: Readonly<Record<string, string>>;
}

/** One right the author asks for, with the reason shown to the end user. */
export interface PluginPermission {
  host?: string;
  path?: string;
  capability?: string;
  reason?: string;
}
