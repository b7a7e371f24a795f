import type { GuestLogLevel } from './abi.js';
import type { WireError } from './error-wire.js';
import type { ErrorJson } from './errors.js';
import type { StartHost } from './host-function.js';
import type { ModuleReport } from './module-report.js';
import type { MeterLevel, Policy } from './policy.js';
import type { Sha256Hex } from './units.js';
import type { VarChange } from './var-change.js';
import type {
  CallProgram,
  FilesConflict,
  FilesReply,
  FilesRequest,
  QuotaReport,
  StreamName,
  WasiSetup,
} from './wasi.js';

/**
 * What page and worker say to each other. The page calls {@link RunnerApi} and {@link LoaderApi} through Comlink; the worker answers, and sends
 * {@link WorkerEvent}s beside its answers on the same channel, so that a log line arrives before the call that wrote it ends.
 * Everything a worker sends is parsed as hostile (page/wire.ts).
 */
export const protocolVersion = 1;

/** What a worker of `worker.js` exposes: it runs one plug-in instance. */
export interface RunnerApi {
  /**
   * Must be called first: the worker deletes every global that it does not need.
   * @param aliveLock name of a Web Lock that the worker holds until it ends; null where the API is missing
   */
  hello(version: number, aliveLock: string | null): Promise<Reply<HelloReply>>;
  /** Resolves when the worker holds the lock that `hello` named. If the lock becomes free later, the worker has ended. */
  locked(): Promise<Reply<null>>;
  start(request: StartRequest): Promise<Reply<StartReply>>;
  call(
    name: string,
    input: CallInput,
    vars: readonly VarChange[] | null,
    limits: CallLimits | null,
    program: CallProgram | null,
  ): CallReply | Promise<CallReply>;
  reset(): Reply<null>;
  /** Interrupts the running metered call, if it was set up to be interrupted by a message: see {@link InterruptSetup}. */
  interrupt(): Reply<null>;
  /** Between calls. */
  files(request: FilesRequest): Promise<Reply<FilesReply>>;
}

/** What a worker of `loader.js` exposes: it reads, checks, compiles and keeps modules, and never runs one. */
export interface LoaderApi {
  /** Comes first. */
  hello(version: number): Promise<Reply<HelloReply>>;
  load(request: LoadRequest): Promise<Reply<LoadReply>>;
  /** Resolves when all writes to the cache that earlier loads started have ended or failed. */
  drain(): Promise<Reply<null>>;
}

/** Failures cross as data: nothing is thrown through Comlink, which would keep only a message. */
export type Reply<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: WireError };

export interface HelloReply {
  /** Address of the script it runs. */
  readonly script: string;
}

// Loading

/** Where bytes come from, as far as a worker can reach. */
export type WireSource =
  | (UrlSource & {
      /** Over it the page fetches, when the worker does not or cannot. */
      readonly port: MessagePort;
      /** False: the app has its own fetch, or a policy closes the worker's network. */
      readonly workerMayFetch: boolean;
    })
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'blob'; readonly blob: Blob }
  /** The page reads, and sends chunks over a port. */
  | { readonly kind: 'pump'; readonly port: MessagePort };

export interface UrlSource {
  readonly kind: 'url';
  readonly url: string;
  readonly method: string;
  readonly headers: readonly Header[];
  /** `omit` for a URL that a foreign manifest names: a stranger's URL must not act for the user. */
  readonly credentials: 'same-origin' | 'omit';
  /** `error` for a URL that a foreign manifest names: where a redirect leads is known only when it has been followed. */
  readonly redirect: 'follow' | 'error';
}

export type Header = readonly [name: string, value: string];

/** `default`: network first, the cached copy when the network fails; `prefer`: cache first, refreshed behind; `off`: no cache. */
export type CacheMode = 'default' | 'prefer' | 'off';

export interface GateOptions {
  readonly maxModuleBytes: number;
  readonly maxPages: number | null;
  readonly maxTableEntries: number;
  readonly maxCompileCost: number;
  readonly allowGc: boolean;
  /** How the code is rewritten so that it can be stopped, and its work counted; null: it is not. */
  readonly metering: MeterLevel | null;
}

export interface LoadRequest {
  readonly loadId: number;
  readonly source: WireSource;
  /** What errors call the source: a URL, a file's name, `wasm[1]`. */
  readonly label: string;
  readonly hash: Sha256Hex | null;
  readonly gate: GateOptions;
  readonly cache: CacheMode;
  readonly cacheMaxBytes: number;
  /** Modules that the page holds already, compiled under the same gate options: they are not compiled again. */
  readonly known: readonly Sha256Hex[];
  /** Absolute URL of `hash.js`, for where WebCrypto is absent. */
  readonly hashUrl: string;
  /** Absolute URL of `meter.js`, for modules that are metered. */
  readonly meterUrl: string;
  /** Metering is no wish of the app's: where `meter.js` does not load, the module does without. */
  readonly meteringIsOptional: boolean;
  /** Whether the reply has the bytes, so that the page can load the module again without a second request. */
  readonly keepsOriginal: boolean;
  /** Whether the source is text, which is returned as it is. */
  readonly isText: boolean;
}

export type LoadReply = LoadedModule | LoadedManifest;

/** A manifest, or another text that the page asked for. */
export interface LoadedManifest {
  readonly kind: 'manifest';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface LoadedModule {
  readonly kind: 'module';
  /** Module and report are null when the hash is one of `known`. */
  readonly module: WebAssembly.Module | null;
  readonly sha256: Sha256Hex;
  readonly report: ModuleReport | null;
  readonly from: 'network' | 'cache' | 'memory';
  readonly timings: LoadTimings;
  /** The bytes as they came, if the request asked for them. */
  readonly original: Blob | null;
}

/** Milliseconds. Reading and compiling overlap when a module streams in. */
export interface LoadTimings {
  readonly readMs: number;
  readonly compileMs: number;
}

/** What the worker asks over a pump's port: to open it, then for one chunk after another as it has room for them. */
export type PumpRequest = 'open' | 'pull' | 'cancel';

/** What the page answers; `cancel` has no answer. */
export type PumpMessage =
  | { readonly type: 'opened'; readonly totalBytes: number | null }
  | { readonly type: 'chunk'; readonly bytes: Uint8Array }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly error: ErrorJson };

// Running

export interface StartRequest {
  /** Dependencies in any order; `main` is the one called. */
  readonly modules: readonly StartModule[];
  readonly main: string;
  readonly config: readonly (readonly [key: string, value: string])[];
  /** The vars of the last completed call, for an instance that takes over. */
  readonly vars: readonly VarChange[];
  readonly policy: Policy;
  /** Null when no module imports WASI. */
  readonly wasi: WasiSetup | null;
  /** What the page runs for the plug-in; null when it asks for nothing. */
  readonly host: StartHost | null;
  /** Absolute URL of an ES module with host functions that run in the worker. */
  readonly hostModuleUrl: string | null;
  /** What its start sections and init hooks are held to; null for a guest that is not metered. */
  readonly limits: CallLimits | null;
  /** Null for a guest that is not metered, and where neither way is available. */
  readonly interrupt: InterruptSetup | null;
}

/**
 * How the page interrupts a metered guest in the middle of a call: `shared`, a 32-bit flag in shared memory that is not 0 while the guest
 * should stop; or `message`, `RunnerApi.interrupt`, if JSPI can suspend the guest while its worker reads its messages.
 */
export type InterruptSetup = { readonly way: 'shared'; readonly flag: SharedArrayBuffer } | { readonly way: 'message' };

export interface StartModule {
  readonly name: string;
  readonly module: WebAssembly.Module;
  /** Null for a module that the app compiled itself: nothing is known about it beyond its imports and exports. */
  readonly report: ModuleReport | null;
}

export interface StartReply {
  /** Vars that init hooks changed. */
  readonly vars: readonly VarChange[];
  readonly memoryBytes: number;
}

export type CallInput = string | Uint8Array | null;

/** What a worker itself holds a metered guest to; null for no limit, and for a guest that is not metered. */
export interface CallLimits {
  readonly timeoutMs: number | null;
  /** Units of work. */
  readonly fuel: number | null;
}

/**
 * Why the worker discarded the guest at the end of a call; the next call runs on a new instance. `stopped`: metered code was stopped in the
 * middle, or a new instance did not start. `host-failure`: a host import failed, see `AfterHostFailure`. False: the guest is kept.
 */
export type Discarded = false | 'stopped' | 'host-failure';

/** Bytes up to this many cross faster as a copy than by handing their buffer over: in Chromium, 16 of them by 30 percent. */
export const copiedBytes = 512;

/**
 * One call's end. Vars that it changed come with it, however it ended. A list, because a short call feels the name of every
 * field that crosses.
 */
export type CallReply = readonly [
  output: Uint8Array | null,
  /** Milliseconds of the function's own run. */
  guestMs: number,
  vars: readonly VarChange[] | null,
  error: WireError | null,
  /** Work that metered code did. */
  used: number,
  discarded: Discarded,
  /** Bytes of the kernel's memory and of the memories that modules export. No script can see others. */
  memoryBytes: number,
];

// Events

/** An event about the plug-in's directories and streams. */
export type FilesEvent =
  ({ readonly tenon: 'quota' } & QuotaReport) | ({ readonly tenon: 'files-conflict' } & FilesConflict);

export type WorkerEvent =
  | FilesEvent
  | { readonly tenon: 'log'; readonly lines: readonly LogLine[]; readonly dropped: number }
  | {
      readonly tenon: 'progress';
      readonly loadId: number;
      readonly phase: 'reading' | 'compiling';
      readonly bytes: number;
      readonly totalBytes: number | null;
    };

export interface LogLine {
  readonly level: GuestLogLevel;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Where the plug-in wrote it, if it did not log it. */
  readonly stream?: StreamName;
  /** Whether no newline followed: the line was cut because it is long, or the plug-in did not end it. */
  readonly continues?: true;
}
