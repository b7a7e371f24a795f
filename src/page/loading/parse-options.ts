import { guestLogLevels } from '../../contract/abi.js';
import { parseOptionsAs } from '../../manifest/parse.js';
import { integer, refine, type Shape, text } from '../../manifest/shape.js';
import { profileOf } from '../base/compatibility-profile.js';
import {
  defaultBreaker,
  defaultSettings,
  type Logger,
  type LogRecord,
  type LoadTimeouts,
  type PluginOptions,
  type PluginSettings,
} from '../base/options.js';
import { anything, boolean, callback, choice, nullable, options, valueThat } from './option-shapes.js';
import { directoriesShape, logLevel, wasiShape } from './wasi-shape.js';

const mostInstances = 64;
const defaults = defaultSettings;

const logger: Shape<Logger> = valueThat('an object with trace, debug, info, warn and error', isLogger);
const breaker = options(
  { failures: integer(1), windowMs: integer(1) },
  ({ failures = defaultBreaker.failures, windowMs = defaultBreaker.windowMs }) => ({ failures, windowMs }),
);

/** Reads only `maxTableEntries`: `parseOverrides` parses the fields that a manifest has too. */
const memory = options(
  { maxTableEntries: integer(0), maxPages: anything, maxHttpResponseBytes: anything, maxVarBytes: anything },
  ({ maxTableEntries = defaults.maxTableEntries }) => ({ maxTableEntries }),
);

const hostModule: Shape<string> = refine(
  valueThat(
    'the URL of an ES module',
    (value): value is string | URL => typeof value === 'string' || value instanceof URL,
  ),
  (value, place) =>
    URL.canParse(value, document.baseURI)
      ? new URL(value, document.baseURI).href
      : place.expected('the URL of an ES module', String(value)),
);

type Field<Name extends keyof PluginOptions> = Exclude<PluginOptions[Name], null | undefined>;

/** Every option. */
const fields = {
  name: text(),
  trust: choice(['app', 'foreign']),
  config: anything,
  allowedHosts: anything,
  followRedirects: boolean,
  allowHttpResponseHeaders: boolean,
  onRequest: callback<Field<'onRequest'>>(),
  allowedPaths: anything,
  memory,
  timeoutMs: anything,
  metering: choice(['auto', true, false]),
  fuel: nullable(orInfinity(integer(0))),
  loadTimeoutMs: integer(1),
  queueTimeoutMs: nullable(integer(0)),
  maxQueue: integer(0),
  maxModuleBytes: integer(8),
  maxCompileCost: orInfinity(integer(1)),
  maxOutputBytes: integer(0),
  maxHostCalls: orInfinity(integer(0)),
  maxRequests: orInfinity(integer(0)),
  allowGc: boolean,
  cache: choice(['default', 'prefer', 'off']),
  concurrency: integer(1, mostInstances),
  hibernate: boolean,
  circuitBreaker: orFalse(breaker),
  afterHostFailure: choice(['keep', 'auto', 'replace']),
  vars: valueThat('a Map of bytes', isVars),
  onVars: callback<Field<'onVars'>>(),
  logger,
  logLevel,
  onLog: callback<Field<'onLog'>>(),
  onProgress: callback<Field<'onProgress'>>(),
  signal: valueThat('an AbortSignal', (value): value is AbortSignal => value instanceof AbortSignal),
  wasi: wasiShape,
  files: directoriesShape,
  // Checked by `hostTable`.
  functions: anything,
  hostModule,
  stuckAfterMs: nullable(integer(1)),
} as const satisfies Readonly<Record<keyof PluginOptions, Shape<unknown>>>;

type Settings = Omit<PluginSettings, 'profile'>;

const optionsShape: Shape<Settings> = options(fields, (parts, place) => {
  const { metering = defaults.metering, fuel = defaults.fuel } = parts;
  if (metering === false && fuel !== null) {
    return place.inside('metering').expected("'auto' or true, as fuel is counted by metering", 'false');
  }
  const onLog = logSink(parts.logger, parts.onLog);
  return {
    name: parts.name ?? defaults.name,
    trust: parts.trust ?? defaults.trust,
    loadTimeouts: parts.loadTimeoutMs === undefined ? defaults.loadTimeouts : eachStep(parts.loadTimeoutMs),
    queueTimeoutMs: parts.queueTimeoutMs ?? defaults.queueTimeoutMs,
    maxQueue: parts.maxQueue ?? defaults.maxQueue,
    maxModuleBytes: parts.maxModuleBytes ?? defaults.maxModuleBytes,
    maxCompileCost: parts.maxCompileCost ?? defaults.maxCompileCost,
    maxOutputBytes: parts.maxOutputBytes ?? defaults.maxOutputBytes,
    maxHostCalls: parts.maxHostCalls ?? defaults.maxHostCalls,
    maxRequests: parts.maxRequests ?? defaults.maxRequests,
    maxTableEntries: parts.memory?.maxTableEntries ?? defaults.maxTableEntries,
    allowGc: parts.allowGc ?? defaults.allowGc,
    metering,
    fuel,
    cache: parts.cache ?? defaults.cache,
    concurrency: parts.concurrency ?? defaults.concurrency,
    hibernate: parts.hibernate ?? defaults.hibernate,
    circuitBreaker: parts.circuitBreaker === undefined ? defaults.circuitBreaker : parts.circuitBreaker || null,
    afterHostFailure: parts.afterHostFailure ?? defaults.afterHostFailure,
    followRedirects: parts.followRedirects ?? defaults.followRedirects,
    allowHttpResponseHeaders: parts.allowHttpResponseHeaders ?? defaults.allowHttpResponseHeaders,
    onRequest: parts.onRequest ?? defaults.onRequest,
    vars: parts.vars ?? defaults.vars,
    onVars: parts.onVars ?? defaults.onVars,
    logLevel: parts.logLevel ?? (onLog === null ? 'off' : 'info'),
    hostModuleUrl: parts.hostModule ?? defaults.hostModuleUrl,
    stuckAfterMs: parts.stuckAfterMs === undefined ? defaults.stuckAfterMs : parts.stuckAfterMs,
    onLog,
    onProgress: parts.onProgress ?? defaults.onProgress,
    signal: parts.signal ?? defaults.signal,
    wasi: { ...defaults.wasi, ...parts.wasi, ...(parts.files === undefined ? {} : { directories: parts.files }) },
  };
});

/** Parses options. @throws PluginError `invalid-argument`; its `issues` list the first 100 faults */
export function parseOptions(given: PluginOptions): PluginSettings {
  const settings = parseOptionsAs(optionsShape, given);
  const profile = profileOf(given);
  const { loadTimeouts } = settings;
  return {
    ...settings,
    profile,
    loadTimeouts: profile?.startingMs == null ? loadTimeouts : { ...loadTimeouts, startingMs: profile.startingMs },
  };
}

function eachStep(limitMs: number): LoadTimeouts {
  return { readingMs: limitMs, compilingMs: limitMs, startingMs: limitMs };
}

function orInfinity(limit: Shape<number>): Shape<number> {
  return { form: limit.form, read: (value, place) => (value === Infinity ? Infinity : limit.read(value, place)) };
}

function orFalse<T>(shape: Shape<T>): Shape<T | false> {
  return { form: shape.form, read: (value, place) => (value === false ? false : shape.read(value, place)) };
}

function logSink(sink: Logger | undefined, onLog: PluginOptions['onLog']): ((record: LogRecord) => void) | null {
  if (sink === undefined) return onLog ?? null;
  return (record) => {
    try {
      onLog?.(record);
    } finally {
      sink[record.level](`[${record.plugin}] ${record.message}`);
    }
  };
}

function isLogger(value: unknown): value is Logger {
  if (typeof value !== 'object' || value === null) return false;
  const methods = value as Partial<Record<string, unknown>>;
  return guestLogLevels.every((level) => typeof methods[level] === 'function');
}

function isVars(value: unknown): value is ReadonlyMap<string, Uint8Array> {
  if (!(value instanceof Map)) return false;
  return [...value].every(([key, bytes]) => typeof key === 'string' && bytes instanceof Uint8Array);
}
