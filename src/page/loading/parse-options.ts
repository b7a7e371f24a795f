import { guestLogLevels } from '../../contract/abi.js';
import { PluginError } from '../../contract/errors.js';
import { profileOf } from '../base/compatibility-profile.js';
import { parseWasi } from '../base/wasi-options.js';
import {
  defaultSettings,
  type Logger,
  type LogRecord,
  type PluginOptions,
  type PluginSettings,
} from '../base/options.js';

const mostInstances = 64;

/** Every option, so that a misspelt one is reported. */
const optionTable: Readonly<Record<keyof PluginOptions, true>> = {
  name: true,
  config: true,
  allowedHosts: true,
  followRedirects: true,
  allowHttpResponseHeaders: true,
  onRequest: true,
  allowedPaths: true,
  memory: true,
  timeoutMs: true,
  metering: true,
  fuel: true,
  loadTimeoutMs: true,
  queueTimeoutMs: true,
  maxQueue: true,
  maxModuleBytes: true,
  maxOutputBytes: true,
  allowGc: true,
  cache: true,
  concurrency: true,
  hibernate: true,
  circuitBreaker: true,
  afterHostFailure: true,
  vars: true,
  onVars: true,
  logger: true,
  logLevel: true,
  onLog: true,
  onProgress: true,
  signal: true,
  wasi: true,
  files: true,
  functions: true,
  hostModule: true,
  stuckAfterMs: true,
};
const optionNames: ReadonlySet<string> = new Set(Object.keys(optionTable));

/** @throws PluginError `invalid-argument`, for the first option that is not what it should be */
export function parseOptions(options: PluginOptions): PluginSettings {
  if (typeof options !== 'object' || options === null) throw wrong('options', 'an object', options);
  const unknown = Object.keys(options).find((name) => !optionNames.has(name));
  if (unknown !== undefined)
    throw wrong(unknown, `one of the options ${[...optionNames].join(', ')}`, 'an unknown option');
  const { loadTimeoutMs, logger, onLog } = options;
  const defaults = defaultSettings;
  const limit = loadTimeoutMs === undefined ? null : integer('loadTimeoutMs', loadTimeoutMs, 1);
  const sink = logSink(logger, onLog);
  const profile = profileOf(options);
  return {
    name: optional('name', options.name, 'text', (value) => typeof value === 'string') ?? null,
    profile,
    loadTimeouts: {
      ...(limit === null ? defaults.loadTimeouts : { readingMs: limit, compilingMs: limit, startingMs: limit }),
      ...(profile?.startingMs == null ? {} : { startingMs: profile.startingMs }),
    },
    queueTimeoutMs: options.queueTimeoutMs == null ? null : integer('queueTimeoutMs', options.queueTimeoutMs, 0),
    maxQueue: integer('maxQueue', options.maxQueue ?? defaults.maxQueue, 0),
    maxModuleBytes: integer('maxModuleBytes', options.maxModuleBytes ?? defaults.maxModuleBytes, 8),
    maxOutputBytes: integer('maxOutputBytes', options.maxOutputBytes ?? defaults.maxOutputBytes, 0),
    maxTableEntries: integer('memory.maxTableEntries', options.memory?.maxTableEntries ?? defaults.maxTableEntries, 0),
    allowGc: flag('allowGc', options),
    ...parseMetering(options),
    cache: optional('cache', options.cache, 'default, prefer or off', isCacheMode) ?? 'default',
    concurrency: integer('concurrency', options.concurrency ?? defaults.concurrency, 1, mostInstances),
    hibernate: flag('hibernate', options),
    circuitBreaker: parseBreaker(options.circuitBreaker),
    afterHostFailure:
      optional('afterHostFailure', options.afterHostFailure, 'keep, auto or replace', isAfterHostFailure) ?? 'auto',
    followRedirects: flag('followRedirects', options),
    allowHttpResponseHeaders: flag('allowHttpResponseHeaders', options),
    onRequest: optional('onRequest', options.onRequest, 'a function', isFunction) ?? null,
    vars: optional('vars', options.vars, 'a Map of bytes', isVars) ?? defaults.vars,
    onVars: optional('onVars', options.onVars, 'a function', isFunction) ?? null,
    logLevel: optional('logLevel', options.logLevel, 'a log level', isLogLevel) ?? (sink === null ? 'off' : 'info'),
    hostModuleUrl: hostModuleUrl(options.hostModule),
    stuckAfterMs:
      options.stuckAfterMs === null ? null : integer('stuckAfterMs', options.stuckAfterMs ?? defaults.stuckAfterMs, 1),
    onLog: sink,
    onProgress: optional('onProgress', options.onProgress, 'a function', isFunction) ?? null,
    signal: optional('signal', options.signal, 'an AbortSignal', (value) => value instanceof AbortSignal) ?? null,
    wasi:
      options.wasi === undefined && options.files === undefined
        ? defaults.wasi
        : parseWasi(options.wasi, options.files),
  };
}

function hostModuleUrl(hostModule: unknown): string | null {
  if (hostModule === undefined) return null;
  const isAddress = typeof hostModule === 'string' || hostModule instanceof URL;
  if (isAddress && URL.canParse(hostModule, document.baseURI)) return new URL(hostModule, document.baseURI).href;
  throw wrong('hostModule', 'the URL of an ES module', isAddress ? String(hostModule) : hostModule);
}

function parseMetering({ metering = 'auto', fuel = null }: PluginOptions): Pick<PluginSettings, 'metering' | 'fuel'> {
  if (metering !== 'auto' && typeof metering !== 'boolean') throw wrong('metering', "'auto', true or false", metering);
  if (fuel === null) return { metering, fuel };
  if (metering === false) throw wrong('metering', "'auto' or true, as fuel is counted by metering", 'false');
  return { metering, fuel: fuel === Infinity ? fuel : integer('fuel', fuel, 0) };
}

function parseBreaker(options: PluginOptions['circuitBreaker']): PluginSettings['circuitBreaker'] {
  const defaults = defaultSettings.circuitBreaker;
  if (options === false || defaults === null) return null;
  if (options === undefined) return defaults;
  if (typeof options !== 'object' || options === null) throw wrong('circuitBreaker', 'an object or false', options);
  return {
    failures: integer('circuitBreaker.failures', options.failures ?? defaults.failures, 1),
    windowMs: integer('circuitBreaker.windowMs', options.windowMs ?? defaults.windowMs, 1),
  };
}

function logSink(logger: Logger | undefined, onLog: PluginOptions['onLog']): ((record: LogRecord) => void) | null {
  optional('logger', logger, 'an object with trace, debug, info, warn and error', isLogger);
  optional('onLog', onLog, 'a function', isFunction);
  if (logger === undefined) return onLog ?? null;
  return (record) => {
    try {
      onLog?.(record);
    } finally {
      logger[record.level](`[${record.plugin}] ${record.message}`);
    }
  };
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

/** An option that is off unless it is on. */
function flag(
  name: 'allowGc' | 'hibernate' | 'followRedirects' | 'allowHttpResponseHeaders',
  options: PluginOptions,
): boolean {
  return optional(name, options[name], 'a boolean', (value) => typeof value === 'boolean') ?? false;
}

function isLogger(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return guestLogLevels.every((level) => level in value && isFunction((value as Record<string, unknown>)[level]));
}

function isVars(value: unknown): boolean {
  if (!(value instanceof Map)) return false;
  return [...value].every(([key, bytes]) => typeof key === 'string' && bytes instanceof Uint8Array);
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isCacheMode(value: unknown): boolean {
  return value === 'default' || value === 'prefer' || value === 'off';
}

function isAfterHostFailure(value: unknown): boolean {
  return value === 'keep' || value === 'auto' || value === 'replace';
}

function isLogLevel(value: unknown): boolean {
  return value === 'off' || (guestLogLevels as readonly unknown[]).includes(value);
}

function wrong(where: string, expected: string, value: unknown): PluginError {
  const actual =
    typeof value === 'number' || typeof value === 'string' ? String(value) : value === null ? 'null' : typeof value;
  return new PluginError('invalid-argument', {
    message: `${where}: expected ${expected}, found ${actual}`,
    where,
    expected,
    actual,
  });
}
