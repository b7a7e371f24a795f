import type { CallContext, LogLevel } from './call-context.js';
import type { Anything, PluginOutput } from './output.js';

/** The declarations of the Extism JS SDK, so that code written against them compiles unchanged. */

export interface PluginConfigLike {
  [key: string]: string;
}

export type PluginConfig = Record<string, string>;

export interface Plugin {
  /** Resolves with whether the plug-in exports a function with that name. */
  functionExists(funcName: string): Promise<boolean>;
  close(): Promise<void>;
  /**
   * Calls an exported function. Resolves with null if it set no output. Overlapping calls are queued.
   * @param hostContext passed unchanged to host functions that run during the call
   */
  call<T>(funcName: string, input?: string | number | Uint8Array, hostContext?: T): Promise<PluginOutput | null>;
  getExports(): Promise<WebAssembly.ModuleExportDescriptor[]>;
  getImports(): Promise<WebAssembly.ModuleImportDescriptor[]>;
  /** Resolves with an object with the names of the exports. The instance runs in a worker, so its functions throw. */
  getInstance(): Promise<WebAssembly.Instance>;
  /** Returns whether a call is running or queued. */
  isActive(): boolean;
  /** Frees the plug-in's blocks. Resolves with false, without an effect, while it is active. */
  reset(): Promise<boolean>;
}

/** Accepted and ignored, because browsers have no Node workers. */
export interface NodeWorkerArgs {
  name?: string;
  execArgv?: string[];
  argv?: string[];
  env?: Record<string, string>;
  resourceLimits?: {
    maxOldGenerationSizeMb?: number;
    maxYoungGenerationSizeMb?: number;
    codeRangeSizeMb?: number;
    stackSizeMb?: number;
  };
  [k: string]: Anything;
}

export interface ExtismPluginOptions {
  /** Lets the plug-in import WASI preview 1. @default false */
  useWasi?: boolean;
  /** Accepted and ignored: the plug-in always runs in a worker. */
  runInWorker?: boolean;
  /** @default console */
  logger?: Console;
  /** @default 'silent' */
  logLevel?: LogLevel;
  /** Host functions, by namespace and name; they may be async, on every page. */
  functions?:
    { [key: string]: { [key: string]: (callContext: CallContext, ...args: Anything[]) => Anything } } | undefined;
  /** Guest path to host path. Each guest path is an empty directory in memory. */
  allowedPaths?: { [key: string]: string } | undefined;
  /** Hosts that the plug-in may connect to, with the wildcards `*`, `?` and `{a,b}`. @default none */
  allowedHosts?: string[] | undefined;
  memory?: MemoryOptions;
  /** The time limit of one call, in milliseconds. */
  timeoutMs?: number | null;
  /** Writes the plug-in's output streams to the console. @default false */
  enableWasiOutput?: boolean;
  config?: PluginConfigLike;
  /** Fetches modules, and performs the plug-in's HTTP requests. */
  fetch?: typeof fetch;
  /** Accepted and ignored: no memory is shared. */
  sharedArrayBufferSize?: number;
  /** Lets the plug-in read HTTP response headers. @default false */
  allowHttpResponseHeaders?: boolean;
  nodeWorkerArgs?: NodeWorkerArgs;
}

export type MemoryOptions = {
  /** Pages of 64 KiB that the plug-in's blocks may take. */
  maxPages?: number | undefined;
  /** The largest size of an HTTP response, in bytes. */
  maxHttpResponseBytes?: number | undefined;
  /** The largest total size of all vars' values, in bytes. */
  maxVarBytes?: number | undefined;
};

type CamelToSnakeCase<S extends string> = S extends `${infer T}${infer U}`
  ? `${T extends Capitalize<T> ? '_' : ''}${Lowercase<T>}${CamelToSnakeCase<U>}`
  : S;
type SnakeCase<T> = { [K in keyof T as CamelToSnakeCase<K & string>]: T[K] };

interface NativeManifestOptions extends Pick<
  ExtismPluginOptions,
  'allowedPaths' | 'allowedHosts' | 'memory' | 'config' | 'timeoutMs'
> {}

export type ManifestOptions = NativeManifestOptions & SnakeCase<NativeManifestOptions>;

export interface ManifestWasmData {
  data: Uint8Array;
}

export interface ManifestWasmUrl {
  url: URL | string;
}

export interface ManifestWasmPath {
  path: string;
}

export interface ManifestWasmResponse {
  response: Response;
}

export interface ManifestWasmModule {
  module: WebAssembly.Module;
}

export type ManifestWasm = (
  ManifestWasmUrl | ManifestWasmData | ManifestWasmPath | ManifestWasmResponse | ManifestWasmModule
) & { name?: string; hash?: string };

export interface Manifest extends ManifestOptions {
  wasm: Array<ManifestWasm>;
}

export type ManifestLike = Manifest | Response | WebAssembly.Module | ArrayBuffer | string | URL;

export interface Capabilities {
  supportsJSPromiseInterface: boolean;
  allowSharedBufferCodec: boolean;
  manifestSupportsPaths: boolean;
  crossOriginChecksEnforced: boolean;
  fsAccess: boolean;
  hasWorkerCapability: boolean;
  supportsWasiPreview1: boolean;
  supportsTimeouts: boolean;
  extismStdoutEnvVarSet: boolean;
}
