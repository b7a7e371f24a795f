import type { CallContext, LogLevel } from './call-context.js';
import type { Anything, PluginOutput } from './output.js';

/** The declarations of the Extism JS SDK, so that code written against them compiles unchanged. */

export interface PluginConfigLike {
  [key: string]: string;
}

export type PluginConfig = Record<string, string>;

export interface Plugin {
  /** Whether the plug-in exports a function of that name. */
  functionExists(funcName: string): Promise<boolean>;
  close(): Promise<void>;
  /**
   * Calls an exported function. Null: it set no output. Calls that overlap wait for each other.
   * @param hostContext handed to host functions that run during the call, as it is
   */
  call<T>(funcName: string, input?: string | number | Uint8Array, hostContext?: T): Promise<PluginOutput | null>;
  getExports(): Promise<WebAssembly.ModuleExportDescriptor[]>;
  getImports(): Promise<WebAssembly.ModuleImportDescriptor[]>;
  /** A stand-in with the names of the exports. The instance itself is in a worker: its functions cannot be called from here. */
  getInstance(): Promise<WebAssembly.Instance>;
  /** Whether a call runs or waits. */
  isActive(): boolean;
  /** Frees the plug-in's blocks. False, and nothing done, while it is active. */
  reset(): Promise<boolean>;
}

/** Taken and left alone: there is no Node here. */
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
  /** Either way the plug-in runs in a worker, and everything else works. */
  runInWorker?: boolean;
  /** @default console */
  logger?: Console;
  /** @default 'silent' */
  logLevel?: LogLevel;
  /** Host functions, by namespace and name; they may be async, on every page. */
  functions?:
    { [key: string]: { [key: string]: (callContext: CallContext, ...args: Anything[]) => Anything } } | undefined;
  /** Guest path to host path. Behind each is an empty directory in memory. */
  allowedPaths?: { [key: string]: string } | undefined;
  /** Hosts that the plug-in may reach over HTTP; `*`, `?` and `{a,b}` stand for parts of a name. @default none */
  allowedHosts?: string[] | undefined;
  memory?: MemoryOptions;
  /** Milliseconds one call may take. */
  timeoutMs?: number | null;
  /** Writes what the plug-in prints to the console. @default false */
  enableWasiOutput?: boolean;
  config?: PluginConfigLike;
  /** Fetches modules and answers the plug-in's HTTP requests. */
  fetch?: typeof fetch;
  /** Taken and left alone: nothing is shared. */
  sharedArrayBufferSize?: number;
  /** Lets the plug-in read the headers of HTTP answers. @default false */
  allowHttpResponseHeaders?: boolean;
  nodeWorkerArgs?: NodeWorkerArgs;
}

export type MemoryOptions = {
  /** Pages of 64 KiB that the plug-in's blocks may take. */
  maxPages?: number | undefined;
  /** Bytes of one HTTP answer. */
  maxHttpResponseBytes?: number | undefined;
  /** Bytes of all vars' values together. */
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
