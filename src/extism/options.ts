import type { LogLevel as CoreLogLevel } from '../contract/abi.js';
import type { Semantics } from '../contract/policy.js';
import type { LogRecord, PluginOptions } from '../page/base/options.js';
import type { DirectoryOptions } from '../page/base/wasi-options.js';
import { withoutMark } from './failure.js';
import type { LogFloor, LogLevel } from './call-context.js';
import { coreMemory, textsOf } from './manifest.js';
import type { ExtismPluginOptions } from './types.js';

/** The differences of the JS SDK from the reference that apply inside the worker. */
export const sdkSemantics: Semantics = /* @__PURE__ */ Object.freeze({
  returnCode: 'ignore',
  noOutput: 'null',
  memoryScope: 'kernel',
  varCost: 'value',
  takenHandles: 'keep',
  init: 'js-sdk',
  unknownFields: 'ignore',
});

const noLimitBytes = Number.MAX_SAFE_INTEGER;
/** The SDK has no limit; a larger output ends the page in some engines. */
const mostOutputBytes = 1_073_741_824;
/** The shortest time limit of a start: on a busy machine, starting the worker takes part of it. */
export const leastStartingMs = 1_000;

/** Converts the SDK's options, except host functions, to options of Tenon's core. */
export function coreOptions(options: ExtismPluginOptions, paths: unknown, floor: LogFloor): PluginOptions {
  const { config, memory, timeoutMs, useWasi, allowHttpResponseHeaders } = options;
  const prints = useWasi === true && options.enableWasiOutput === true;
  return {
    ...(config ? { config: textsOf(config) } : {}),
    memory: { maxHttpResponseBytes: noLimitBytes, maxVarBytes: noLimitBytes, ...coreMemory(memory ?? {}) } as object,
    ...(timeoutMs ? { timeoutMs } : {}),
    ...(allowHttpResponseHeaders ? { allowHttpResponseHeaders: true } : {}),
    // After a redirect, a response from a host that is not allowed still does not reach the plug-in.
    followRedirects: true,
    circuitBreaker: false,
    afterHostFailure: 'keep',
    maxQueue: 1_000_000,
    maxOutputBytes: mostOutputBytes,
    logLevel: coreLevel(floor.level, prints),
    onLog: logSink(options, floor),
    ...(useWasi === true ? { files: directories(paths), wasi: streams(prints) } : {}),
  };
}

/** Returns the core's log level. Output streams are sent as log lines, so they need a level other than `off`. */
function coreLevel(level: LogLevel, prints: boolean): CoreLogLevel {
  if (level !== 'silent') return level;
  return prints ? 'error' : 'off';
}

function streams(prints: boolean): NonNullable<PluginOptions['wasi']> {
  const target = prints ? 'error' : 'off';
  return { stdout: target, stderr: target };
}

/** Maps each path to an empty directory, because a browser has no host paths. */
function directories(paths: unknown): Record<string, DirectoryOptions> {
  if (typeof paths !== 'object' || paths === null) return {};
  return Object.fromEntries(
    Object.entries(paths).map(([guestPath, hostPath]) => [
      guestPath,
      { memory: {}, readOnly: String(hostPath).startsWith('ro:') },
    ]),
  );
}

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

function logSink({ logger = console }: ExtismPluginOptions, floor: LogFloor): (record: LogRecord) => void {
  const created = floor.level;
  return ({ level, message, stream }) => {
    if (stream !== undefined) {
      if (stream === 'stdout') console.log(message);
      else console.error(message);
      return;
    }
    const now = floor.level;
    const isRuntimes = created === 'silent' && message.startsWith('var memory limit exceeded');
    if (isRuntimes || levels.indexOf(level) >= levels.indexOf(now)) logger[level](withoutMark(message));
  };
}
