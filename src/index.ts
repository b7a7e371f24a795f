export { createHost, createPlugin } from './page/host/default-host.js';
export { features, type Features } from './page/host/features.js';
export type { WorkerNetwork } from './page/host/worker-network.js';
export type { CallContext } from './page/base/call-context.js';
export type { CallTarget, HostCall } from './page/base/host-call.js';
export {
  hostFunction,
  type HostFunction,
  type HostFunctions,
  type ParamValue,
  type ParamValues,
  type RawHostFunction,
  type ResultValue,
  type ValueSpec,
} from './page/base/host-function.js';
export type { SchemaIssue, SchemaResult, StandardSchema } from './contract/standard-schema.js';
export type { Host, HostOptions } from './page/host/host.js';
export type { AssetOptions, AssetUrls, WorkerChunk, WorkerScript } from './page/workers/assets.js';
export type { RequestEvent } from './page/base/http-settings.js';
export type { Inspection, ModuleInspection } from './page/host/inspection.js';
export type { BreakerOptions, LoadProgress, Logger, LogRecord, PluginOptions, Trust } from './page/base/options.js';
export type { FileContent } from './page/files/file-content.js';
export type { FileChange, FileWatcher, FileWatcherEvents } from './page/files/file-watcher.js';
export type { PluginFiles, ZipImportOptions } from './page/files/plugin-files.js';
export type { ZipOptions, ZipProgress } from './page/files/zip-progress.js';
export type { ParseJsonOptions, PluginOutput } from './page/base/output.js';
export type { Plugin, PluginEvents, PluginState, PluginStats, RestartDetail } from './page/host/plugin.js';
export type { CallOptions, CallSource } from './page/base/call-options.js';
export type {
  DirectoryOptions,
  InputChunk,
  InputFunction,
  InputSource,
  MemoryDirectory,
  OutputFunction,
  OutputTarget,
  PickedDirectory,
  ProgramOptions,
  StoredDirectory,
  WasiOptions,
} from './page/base/wasi-options.js';
export { removeStoredFiles } from './page/files/remove-stored-files.js';
export type { PluginSource } from './page/loading/resolved.js';

export type { Capability, CapabilityGroup, ImportName } from './wasm/inspect.js';
export type { GuestLogLevel, LogLevel } from './contract/abi.js';
// The class itself is not exported: errors are made here and recognised with isPluginError, which works across copies.
export {
  type ErrorCode,
  type ErrorDetails,
  type ErrorIssue,
  type ErrorJson,
  isPluginError,
  type PluginError,
} from './contract/errors.js';
export type {
  Manifest,
  ManifestData,
  ManifestMemory,
  ManifestModule,
  ManifestPath,
  ManifestUrl,
  PluginMetadata,
  PluginPermission,
} from './contract/manifest.js';
export type { ValueTypeName, WaitingWay } from './contract/host-function.js';
export type { FileKind, FileReport, FilesConflict, QuotaReport, WhenShared } from './contract/wasi.js';
export type { AfterHostFailure, MeterLevel } from './contract/policy.js';
export type { CacheMode, LoadTimings } from './contract/protocol.js';
export type { VarChange } from './contract/var-change.js';
// Not exported: the worker's side (`assets` of a host names its scripts), the manifest's parser, the gate.
