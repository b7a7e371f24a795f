import type { GuestLogLevel, LogLevel } from '../../contract/abi.js';
import type { ManifestMemory } from '../../contract/manifest.js';
import { type AfterHostFailure, defaultLimits } from '../../contract/policy.js';
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
  /** The stream that the plug-in wrote the line to, if it did not log it. */
  readonly stream?: 'stdout' | 'stderr';
  /**
   * Whether the plug-in printed no newline after it: the line is longer than 16 KiB and goes on in the next record of its stream, or the
   * plug-in did not end it. The messages of a stream, with a newline after each of the others, are what was printed.
   */
  readonly continues?: true;
}

/** Receives log lines; `console` is one. Each line starts with the plug-in's name in brackets. */
export type Logger = Readonly<Record<GuestLogLevel, (message: string) => void>>;

/** The progress of a load. */
export interface LoadProgress {
  /** The module: its URL, file name, or place in the manifest. */
  readonly source: string;
  readonly phase: 'reading' | 'compiling';
  readonly bytes: number;
  /** Null if the server does not send it. */
  readonly totalBytes: number | null;
}

/** How many consecutive failures, within which time, disable a plug-in. */
export interface BreakerOptions {
  /** @default 5 */
  readonly failures?: number;
  /** @default 60_000 */
  readonly windowMs?: number;
}

/** Who wrote a manifest: the app's own code, or somebody else. See "Use an Extism manifest" in README.md. */
export type Trust = 'app' | 'foreign';

/** How a plug-in is loaded and what it may do. Options override the manifest; of two limits the smaller applies. */
export interface PluginOptions {
  /** The plug-in's name in logs and errors. @default the manifest's name, else the file's */
  name?: string;
  /** Values that the plug-in reads with `config_get`. Each entry overrides the manifest's entry of the same key. */
  config?: Readonly<Record<string, string>>;
  /**
   * Who wrote the manifest; a `foreign` one grants nothing: see "Use an Extism manifest" in README.md. Set `foreign` for an object that the
   * app got from elsewhere, and `app` only for text whose author may act for the app. @default 'app' for a manifest object, 'foreign' for
   * text, bytes, a file, a response or a URL that holds a manifest
   */
  trust?: Trust;
  /** Hosts the plug-in may reach over HTTP, as globs. @default those of a manifest with trust `app`, else none */
  allowedHosts?: readonly string[] | null;
  /**
   * Follows redirects of the plug-in's HTTP requests. The servers in `allowedHosts` can then make this browser contact any host,
   * but an answer from a host that is not listed never reaches the plug-in. @default false: a redirect fails
   */
  followRedirects?: boolean;
  /** Lets the plug-in read the headers of HTTP answers (`http_headers`). @default false */
  allowHttpResponseHeaders?: boolean;
  /** Called after each HTTP request of the plug-in, rejected ones included. */
  onRequest?: (event: RequestEvent) => void;
  /** Host path to guest path. @default those of a manifest with trust `app`, else none */
  allowedPaths?: Readonly<Record<string, string>> | null;
  memory?: ManifestMemory & {
    /** Entries that a module's tables may have together. @default 100_000 */
    maxTableEntries?: number;
  };
  /** Milliseconds that one call may take once it has left the queue. @default no limit */
  timeoutMs?: number | null;
  /**
   * Rewrites the plug-in's code so that any loop can be stopped within milliseconds, without terminating its worker. `auto` meters
   * plug-ins with `fuel`, plug-ins of a library, and every plug-in in WebKit, which cannot stop a loop otherwise. It costs about 15 %
   * of speed in Chromium and 25 % in Firefox.
   * @default 'auto'
   */
  metering?: 'auto' | boolean;
  /**
   * Work that one call, or starting, may do before it fails with `fuel-exhausted`: about one unit per instruction, the same in every
   * engine, and what the README lists for work of the host. Infinity counts without a limit; see `plugin.stats().fuel`. @default no limit, and no counting
   */
  fuel?: number | null;
  /**
   * Milliseconds for each step of creation: reading without progress, compiling, and instantiation with start section and init
   * hooks. @default 30_000 for reading, 10_000 for each of the others
   */
  loadTimeoutMs?: number;
  /** Milliseconds that a call may wait for an instance that is ready. @default no limit */
  queueTimeoutMs?: number | null;
  /** Calls that may wait; the next one fails with `queue-full`. @default 1_000 */
  maxQueue?: number;
  /** Bytes that all modules of the plug-in may have together. @default 268_435_456 (256 MiB) */
  maxModuleBytes?: number;
  /**
   * What one function may cost to compile: about its locals times its blocks and branches, weighted by kind. All functions of the
   * plug-in together may cost five times as much. A compiler cannot be interrupted, and the default admits functions that take about
   * two seconds. Infinity: no limit; never for untrusted sources. @default 60_000_000
   */
  maxCompileCost?: number;
  /** Largest output of one call, in bytes. @default 67_108_864 (64 MiB) */
  maxOutputBytes?: number;
  /**
   * Host calls that one call, or starting, may make before it fails with `host-limit`: calls of host functions, `config_get`, `var_get`,
   * `var_set`, `http_request`, `http_headers`, `env.abort`, WASI functions and command modules, and log lines at a level that is
   * logged. A guest cannot
   * catch the failure. Infinity: no limit.
   * @default Infinity; 1_000_000 in a library
   */
  maxHostCalls?: number;
  /** HTTP requests that one call may make before it fails with `host-limit`. Infinity: no limit. @default Infinity; 100 in a library */
  maxRequests?: number;
  /**
   * Accepts modules with garbage-collected types. No limit covers their heap: 3 GB of it crashes the page in Chromium, even from a
   * worker. Never set it for untrusted sources. @default false
   */
  allowGc?: boolean;
  /** When modules come from the cache. @default 'default': the cached copy is used if the network fails */
  cache?: CacheMode;
  /**
   * Lets the idle plug-in lose its worker when others need the room. The next call starts a new instance with the same vars, but with
   * new guest memory and globals. @default false
   */
  hibernate?: boolean;
  /** Disables a plug-in after too many consecutive failures (`timeout`, `worker-died`, a failed start); false never does. */
  circuitBreaker?: BreakerOptions | false;
  /**
   * What becomes of an instance after a call in which an HTTP request or a host function failed. The failure unwinds the plug-in's code,
   * after which plug-ins of the JavaScript PDK trap in every call. `keep`: it stays, as in the Extism reference. `auto`: it is replaced as
   * soon as a later call traps with `unreachable`; that call fails. `replace`: it is replaced at once. Vars are kept, guest memory is not,
   * and `restarted` says why.
   * @default 'auto'; 'replace' in a library
   */
  afterHostFailure?: AfterHostFailure;
  /**
   * Functions on the page that the plug-in may call, by namespace (`extism:host/user` for most PDKs) and name. Each is defined with
   * `hostFunction`, or is a raw function of a `CallContext` and WebAssembly values. Several plug-ins may share one object.
   */
  functions?: HostFunctions;
  /**
   * The URL of an ES module whose exports are host functions that run inside the plug-in's worker, without a message to the page. An
   * exported function belongs to `extism:host/user`; an exported object holds the functions of the namespace it is named after. The
   * module finds no network and storage APIs, but `import()` requests any script that the Content-Security-Policy of `worker.js` allows:
   * see `features().workerNetwork`.
   */
  hostModule?: string | URL;
  /**
   * Milliseconds that a host function may run while other calls wait for it; then those fail with `reentrant-or-stuck`. Null means no
   * limit. @default 5_000
   */
  stuckAfterMs?: number | null;
  /** Number of instances that share the calls. Each has its own memory; they share vars between calls. @default 1 */
  concurrency?: number;
  /** The vars that the plug-in starts with. @default none */
  vars?: ReadonlyMap<string, Uint8Array>;
  /** Called after each call that changed vars, so that the app can store them; a null value means deleted. */
  onVars?: (changes: readonly VarChange[]) => void;
  /** Receives log lines as text. @default none */
  logger?: Logger;
  /** The lowest level that is logged. @default 'info' with `logger` or `onLog`, else 'off' */
  logLevel?: LogLevel;
  /** Called with each log line. */
  onLog?: (record: LogRecord) => void;
  /** Arguments, environment and streams of a plug-in that imports WASI preview 1. */
  wasi?: WasiOptions;
  /** Directories of such a plug-in, by their host path in `allowedPaths`. A directory not listed there is keyed by its guest path. */
  files?: Readonly<Record<string, DirectoryOptions>>;
  /** Called while modules are read and compiled. */
  onProgress?: (progress: LoadProgress) => void;
  /** Aborts creation. */
  signal?: AbortSignal;
}

/** The options that a manifest cannot set, parsed and complete. */
export interface PluginSettings {
  /** Null: as the source is. */
  readonly trust: Trust | null;
  readonly name: string | null;
  readonly loadTimeouts: LoadTimeouts;
  readonly queueTimeoutMs: number | null;
  readonly maxQueue: number;
  readonly maxModuleBytes: number;
  readonly maxCompileCost: number;
  readonly maxOutputBytes: number;
  readonly maxHostCalls: number;
  readonly maxRequests: number;
  readonly maxTableEntries: number;
  readonly allowGc: boolean;
  readonly metering: 'auto' | boolean;
  /** The limit of each call; Infinity: counted, but not limited. */
  readonly fuel: number | null;
  readonly cache: CacheMode;
  readonly concurrency: number;
  readonly hibernate: boolean;
  readonly circuitBreaker: Required<BreakerOptions> | null;
  readonly afterHostFailure: AfterHostFailure;
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
  /** Null except in a drop-in for another runtime. */
  readonly profile: CompatibilityProfile | null;
}

export interface LoadTimeouts {
  readonly readingMs: number;
  readonly compilingMs: number;
  readonly startingMs: number;
}

export const defaultBreaker: Required<BreakerOptions> = { failures: 5, windowMs: 60_000 };

/** The settings of a plug-in without options. */
export const defaultSettings: PluginSettings = {
  ...defaultLimits,
  profile: null,
  trust: null,
  name: null,
  loadTimeouts: { readingMs: 30_000, compilingMs: 10_000, startingMs: 10_000 },
  queueTimeoutMs: null,
  maxQueue: 1_000,
  maxRequests: Infinity,
  maxCompileCost: 60_000_000,
  allowGc: false,
  metering: 'auto',
  fuel: null,
  cache: 'default',
  concurrency: 1,
  hibernate: false,
  afterHostFailure: 'auto',
  circuitBreaker: defaultBreaker,
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
    stdout: 'info',
    stderr: 'warn',
    clockResolutionMs: 1,
    directories: new Map(),
  },
};
