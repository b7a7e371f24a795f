import type { GuestLogLevel, LogLevel } from '../contract/abi.js';
import { guestLogLevels } from '../contract/abi.js';
import { PluginError } from '../contract/errors.js';
import type { ManifestMemory } from '../contract/manifest.js';
import { defaultLimits } from '../contract/policy.js';
import type { CacheMode } from '../contract/protocol.js';

/** One line that a plug-in logged. */
export interface LogRecord {
  /** The plug-in's name. */
  readonly plugin: string;
  readonly level: GuestLogLevel;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
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

/** How a plug-in is loaded and what it may do. Options beat the manifest; of two limits the smaller wins. */
export interface PluginOptions {
  /** What logs and errors call the plug-in. @default the manifest's name, else the file's */
  name?: string;
  /** Read by the plug-in with `config_get`; entry by entry, these win over the manifest's. */
  config?: Readonly<Record<string, string>>;
  /** Hosts the plug-in may reach over HTTP, as globs. @default the manifest's, else none */
  allowedHosts?: readonly string[] | null;
  /** Host path to guest path. @default the manifest's, else none */
  allowedPaths?: Readonly<Record<string, string>> | null;
  memory?: ManifestMemory & {
    /** Entries that a module's tables may have together. @default 100_000 */
    maxTableEntries?: number;
  };
  /** Milliseconds one call may take, from leaving the queue to its end. @default no limit */
  timeoutMs?: number | null;
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
  /** How many instances share the calls. Each has its own memory; vars are shared between calls. @default 1 */
  concurrency?: number;
  /** @default none */
  logger?: Logger;
  /** The least level that is logged. @default 'info' with a logger or onLog, else 'off' */
  logLevel?: LogLevel;
  /** Each log line as data. */
  onLog?: (record: LogRecord) => void;
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
  readonly cache: CacheMode;
  readonly concurrency: number;
  readonly logLevel: LogLevel;
  readonly onLog: ((record: LogRecord) => void) | null;
  readonly onProgress: ((progress: LoadProgress) => void) | null;
  readonly signal: AbortSignal | null;
}

export interface LoadTimeouts {
  readonly readingMs: number;
  readonly compilingMs: number;
  readonly startingMs: number;
}

const mostInstances = 64;

/** @throws PluginError `invalid-argument`, for the first option that is not what it should be */
export function parseOptions(options: PluginOptions): PluginSettings {
  if (typeof options !== 'object' || options === null) throw wrong('options', 'an object', options);
  const { loadTimeoutMs, logger, onLog } = options;
  const limit = loadTimeoutMs === undefined ? null : integer('loadTimeoutMs', loadTimeoutMs, 1);
  const sink = logSink(logger, onLog);
  return {
    name: optional('name', options.name, 'text', (value) => typeof value === 'string') ?? null,
    loadTimeouts: { readingMs: limit ?? 30_000, compilingMs: limit ?? 10_000, startingMs: limit ?? 10_000 },
    queueTimeoutMs: options.queueTimeoutMs == null ? null : integer('queueTimeoutMs', options.queueTimeoutMs, 0),
    maxQueue: integer('maxQueue', options.maxQueue ?? 1_000, 0),
    maxModuleBytes: integer('maxModuleBytes', options.maxModuleBytes ?? defaultLimits.maxModuleBytes, 8),
    maxOutputBytes: integer('maxOutputBytes', options.maxOutputBytes ?? defaultLimits.maxOutputBytes, 0),
    maxTableEntries: integer(
      'memory.maxTableEntries',
      options.memory?.maxTableEntries ?? defaultLimits.maxTableEntries,
      0,
    ),
    allowGc: optional('allowGc', options.allowGc, 'a boolean', (value) => typeof value === 'boolean') ?? false,
    cache: optional('cache', options.cache, 'default, prefer or off', isCacheMode) ?? 'default',
    concurrency: integer('concurrency', options.concurrency ?? 1, 1, mostInstances),
    logLevel: optional('logLevel', options.logLevel, 'a log level', isLogLevel) ?? (sink === null ? 'off' : 'info'),
    onLog: sink,
    onProgress: optional('onProgress', options.onProgress, 'a function', isFunction) ?? null,
    signal: optional('signal', options.signal, 'an AbortSignal', (value) => value instanceof AbortSignal) ?? null,
  };
}

function logSink(logger: Logger | undefined, onLog: PluginOptions['onLog']): ((record: LogRecord) => void) | null {
  optional('logger', logger, 'an object with trace, debug, info, warn and error', isLogger);
  optional('onLog', onLog, 'a function', isFunction);
  if (logger === undefined) return onLog ?? null;
  return (record) => {
    onLog?.(record);
    logger[record.level](`[${record.plugin}] ${record.message}`);
  };
}

/** Milliseconds, as `timeoutMs` of a call: a number from 0; null for none. */
export function parseTimeout(where: string, value: number | null | undefined): number | null {
  return value == null ? null : integer(where, value, 0);
}

function integer(where: string, value: unknown, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw wrong(
    where,
    max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`,
    value,
  );
}

function optional<Value>(
  where: string,
  value: Value | undefined,
  expected: string,
  check: (value: unknown) => boolean,
): Value | undefined {
  if (value === undefined || check(value)) return value;
  throw wrong(where, expected, value);
}

function isLogger(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return guestLogLevels.every((level) => level in value && isFunction((value as Record<string, unknown>)[level]));
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isCacheMode(value: unknown): boolean {
  return value === 'default' || value === 'prefer' || value === 'off';
}

function isLogLevel(value: unknown): boolean {
  return value === 'off' || (guestLogLevels as readonly unknown[]).includes(value);
}

function wrong(where: string, expected: string, value: unknown): PluginError {
  const actual = typeof value === 'number' ? String(value) : value === null ? 'null' : typeof value;
  return new PluginError('invalid-argument', {
    message: `${where}: expected ${expected}, found ${actual}`,
    where,
    expected,
    actual,
  });
}
