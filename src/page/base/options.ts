import type { GuestLogLevel, LogLevel } from '../../contract/abi.js';
import type { ManifestMemory } from '../../contract/manifest.js';
import { defaultLimits } from '../../contract/policy.js';
import type { CacheMode } from '../../contract/protocol.js';
import type { VarChange } from '../../contract/var-change.js';
import type { CompatibilityProfile } from './compatibility-profile.js';
import type { DirectoryOptions, WasiOptions, WasiSettings } from './wasi-options.js';
import type { RequestEvent } from './http-settings.js';
import type { HostFunctions } from './host-function.js';

/** One line that a plug-in logged. */
export interface LogRecord {
  /** The plug-in's name. */
  readonly plugin: string;
  readonly level: GuestLogLevel;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Where the plug-in wrote it, if it did not log it. */
  readonly stream?: 'stdout' | 'stderr';
}

/** Where log lines go: `console` is one. Each line starts with the plug-in's name in brackets. */
export type Logger = Readonly<Record<GuestLogLevel, (message: string) => void>>;

/** How far a load has come. */
export interface LoadProgress {
  /** The module: its URL, file name, or place in the manifest. */
  readonly source: string;
  readonly phase: 'reading' | 'compiling';
  readonly bytes: number;
  /** Null where the server does not say. */
  readonly totalBytes: number | null;
}

/** How many consecutive failures, within which time, disable a plug-in. */
export interface BreakerOptions {
  /** @default 5 */
  readonly failures?: number;
  /** @default 60_000 */
  readonly windowMs?: number;
}

/** How a plug-in is loaded and what it may do. Options beat the manifest; of two limits the smaller wins. */
export interface PluginOptions {
  /** What logs and errors call the plug-in. @default the manifest's name, else the file's */
  name?: string;
  /** Read by the plug-in with `config_get`; entry by entry, these win over the manifest's. */
  config?: Readonly<Record<string, string>>;
  /** Hosts the plug-in may reach over HTTP, as globs. @default the manifest's, else none */
  allowedHosts?: readonly string[] | null;
  /**
   * Follows redirects of the plug-in's HTTP requests: the servers that `allowedHosts` names then choose whom this browser
   * contacts. An answer that comes from a host which is not listed never reaches the plug-in. @default false: a redirect fails
   */
  followRedirects?: boolean;
  /** Lets the plug-in read the headers of HTTP answers (`http_headers`). @default false */
  allowHttpResponseHeaders?: boolean;
  /** Told of each HTTP request of the plug-in when it has ended, refused ones included. */
  onRequest?: (event: RequestEvent) => void;
  /** Host path to guest path. @default the manifest's, else none */
  allowedPaths?: Readonly<Record<string, string>> | null;
  memory?: ManifestMemory & {
    /** Entries that a module's tables may have together. @default 100_000 */
    maxTableEntries?: number;
  };
  /** Milliseconds one call may take, from leaving the queue to its end. @default no limit */
  timeoutMs?: number | null;
  /**
   * Rewrites the plug-in's code so that each loop can be stopped where it runs, within milliseconds and without ending its worker.
   * `auto`: where `fuel` asks for it, in WebKit, which stops no loop otherwise, and for plug-ins of a library. Costs some fifteen
   * percent of speed in Chromium, a quarter in Firefox.
   * @default 'auto'
   */
  metering?: 'auto' | boolean;
  /**
   * Work that one call may do, and that starting may do, about one for each instruction; the same in every engine. Then it is
   * `fuel-exhausted`. Infinity counts without a limit: see `plugin.stats().fuel`. @default no limit, and no counting
   */
  fuel?: number | null;
  /**
   * Milliseconds that creation may take in each of its steps: reading without progress, compiling, instantiating with start
   * section and init hooks. @default 30_000 for reading, 10_000 for each of the others
   */
  loadTimeoutMs?: number;
  /** Milliseconds a call may wait for the calls before it. @default no limit */
  queueTimeoutMs?: number | null;
  /** Calls that may wait; one more is `queue-full`. @default 1_000 */
  maxQueue?: number;
  /** Bytes of one module. @default 268_435_456 (256 MiB) */
  maxModuleBytes?: number;
  /** Bytes one call may return. @default 1_073_741_824 (1 GiB) */
  maxOutputBytes?: number;
  /**
   * Admits garbage-collected types. Their heap lies outside every cap: 3 GB of it crashes the page in Chromium, from inside a
   * worker. Never for untrusted sources. @default false
   */
  allowGc?: boolean;
  /** @default 'default': network first, the cached copy when the network fails */
  cache?: CacheMode;
  /**
   * Lets the plug-in give up its worker while it is idle, when others need the room: it wakes at the next call, with its vars
   * but with fresh guest memory and globals. @default false
   */
  hibernate?: boolean;
  /** Disables a plug-in that dies (`timeout`, `worker-died`, a failing start) too often in a row; false never does. */
  circuitBreaker?: BreakerOptions | false;
  /**
   * Functions of the page that the plug-in may call, by namespace (`extism:host/user` for most PDKs) and name: made with
   * `hostFunction`, or raw ones that take a `CallContext` and WebAssembly values. Several plug-ins may share one object.
   */
  functions?: HostFunctions;
  /**
   * An ES module whose exports are host functions that run inside the plug-in's worker, with no hop to the page: an exported
   * function is one of `extism:host/user`, an exported object holds those of the namespace it is named after. Network and
   * storage are gone where it runs.
   */
  hostModule?: string | URL;
  /**
   * Milliseconds that a host function may run while calls wait behind it; then those fail with `reentrant-or-stuck`. Null: for
   * ever. @default 5_000
   */
  stuckAfterMs?: number | null;
  /** How many instances share the calls. Each has its own memory; vars are shared between calls. @default 1 */
  concurrency?: number;
  /** The vars it starts with, as bytes. @default none */
  vars?: ReadonlyMap<string, Uint8Array>;
  /** Told of the vars that a call changed, once it has completed; null: deleted. For apps that keep them. */
  onVars?: (changes: readonly VarChange[]) => void;
  /** @default none */
  logger?: Logger;
  /** The least level that is logged. @default 'info' with a logger or onLog, else 'off' */
  logLevel?: LogLevel;
  /** Each log line as data. */
  onLog?: (record: LogRecord) => void;
  /** Arguments, environment and streams of a plug-in that imports WASI preview 1. */
  wasi?: WasiOptions;
  /** Directories of such a plug-in, by the host paths in `allowedPaths`; one that is not there has its guest path for a key. */
  files?: Readonly<Record<string, DirectoryOptions>>;
  onProgress?: (progress: LoadProgress) => void;
  /** Gives up creation. */
  signal?: AbortSignal;
}

/** Options that are not the manifest's matter, checked and complete. */
export interface PluginSettings {
  readonly name: string | null;
  readonly loadTimeouts: LoadTimeouts;
  readonly queueTimeoutMs: number | null;
  readonly maxQueue: number;
  readonly maxModuleBytes: number;
  readonly maxOutputBytes: number;
  readonly maxTableEntries: number;
  readonly allowGc: boolean;
  readonly metering: 'auto' | boolean;
  /** Of each call; Infinity: counted, but not limited. */
  readonly fuel: number | null;
  readonly cache: CacheMode;
  readonly concurrency: number;
  readonly hibernate: boolean;
  readonly circuitBreaker: Required<BreakerOptions> | null;
  readonly vars: ReadonlyMap<string, Uint8Array>;
  readonly onVars: ((changes: readonly VarChange[]) => void) | null;
  readonly logLevel: LogLevel;
  readonly followRedirects: boolean;
  readonly allowHttpResponseHeaders: boolean;
  readonly onRequest: ((event: RequestEvent) => void) | null;
  readonly hostModuleUrl: string | null;
  readonly stuckAfterMs: number | null;
  readonly onLog: ((record: LogRecord) => void) | null;
  readonly onProgress: ((progress: LoadProgress) => void) | null;
  readonly signal: AbortSignal | null;
  readonly wasi: WasiSettings;
  /** Null but for a drop-in. */
  readonly profile: CompatibilityProfile | null;
}

export interface LoadTimeouts {
  readonly readingMs: number;
  readonly compilingMs: number;
  readonly startingMs: number;
}

/** What holds where nobody says anything. */
export const defaultSettings: PluginSettings = {
  ...defaultLimits,
  profile: null,
  name: null,
  loadTimeouts: { readingMs: 30_000, compilingMs: 10_000, startingMs: 10_000 },
  queueTimeoutMs: null,
  maxQueue: 1_000,
  allowGc: false,
  metering: 'auto',
  fuel: null,
  cache: 'default',
  concurrency: 1,
  hibernate: false,
  circuitBreaker: { failures: 5, windowMs: 60_000 },
  followRedirects: false,
  allowHttpResponseHeaders: false,
  onRequest: null,
  vars: new Map(),
  onVars: null,
  logLevel: 'off',
  hostModuleUrl: null,
  stuckAfterMs: 5_000,
  onLog: null,
  onProgress: null,
  signal: null,
  wasi: {
    args: null,
    env: [],
    stdin: new Uint8Array(0),
    stdout: 'off',
    stderr: 'off',
    clockResolutionMs: 1,
    directories: new Map(),
  },
};
