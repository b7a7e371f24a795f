import { type GuestLogLevel, guestLogLevels } from '../../contract/abi.js';
import { errorFromWire } from '../../contract/error-wire.js';
import type { PluginError } from '../../contract/errors.js';
import type { ModuleReport } from '../../contract/module-report.js';
import type { Discarded, HelloReply, LoadReply, LogLine, StartReply } from '../../contract/protocol.js';
import type { VarChange } from '../../contract/var-change.js';
import type { Sha256Hex } from '../../contract/units.js';
import type { FilesConflict, QuotaReport } from '../../contract/wasi.js';
import { asBytes, asNumber, asRecord, asText, malformed, unwrap } from '../base/parse-message.js';

/**
 * Parses what a worker sends. A worker is hostile: a message that does not follow the protocol fails the plug-in that sent it, and
 * nothing else.
 */

/** The result of a call. The page commits `vars` even if `error` is not null. */
export interface CallEnd {
  readonly output: Uint8Array<ArrayBuffer> | null;
  readonly error: PluginError | null;
  readonly vars: readonly VarChange[] | null;
  readonly guestMs: number;
  /** Units of work that metered code did. */
  readonly fuel: number;
  /** Why the worker discarded the instance after the call; false if it kept it. */
  readonly discarded: Discarded;
  /** Bytes of the memories that the worker can see: the kernel's, and those that modules export. */
  readonly memoryBytes: number;
}

export function parseCallReply(reply: unknown): CallEnd {
  if (!Array.isArray(reply) || reply.length !== 7) throw malformed('the reply to a call', 'an array of 7 values');
  const [output, guestMs, vars, error, fuel, discarded, memoryBytes] = reply as readonly unknown[];
  return {
    output: output === null || error !== null ? null : asBytes(output, 'output'),
    guestMs: asNumber(guestMs, 'guestMs'),
    vars: vars === null ? null : parseVars(vars),
    error: error === null ? null : errorFromWire(error),
    fuel: asNumber(fuel, 'fuel'),
    discarded: discarded === 'stopped' || discarded === 'host-failure' ? discarded : false,
    memoryBytes: asNumber(memoryBytes, 'memoryBytes'),
  };
}

export function parseStartReply(reply: unknown): StartReply {
  const value = asRecord(unwrap(reply), 'the reply to start');
  return { vars: parseVars(value['vars']), memoryBytes: asNumber(value['memoryBytes'], 'memoryBytes') };
}

export function parseHelloReply(reply: unknown): HelloReply {
  const { script } = asRecord(unwrap(reply), 'the reply to hello');
  return { script: asText(script, 'script') };
}

/** Parses the answer to a request that returns nothing. */
export function parseDone(reply: unknown): void {
  unwrap(reply);
}

export function parseLoadReply(reply: unknown): LoadReply {
  const value = asRecord(unwrap(reply), 'the reply to load');
  if (value['kind'] === 'manifest') return { kind: 'manifest', bytes: asBytes(value['bytes'], 'bytes') };
  const { module, from, original } = value;
  if (module !== null && !(module instanceof WebAssembly.Module)) throw malformed('module', 'a WebAssembly.Module');
  if (from !== 'network' && from !== 'cache' && from !== 'memory') throw malformed('from', 'network, cache or memory');
  const timings = asRecord(value['timings'], 'timings');
  const sha256 = asText(value['sha256'], 'sha256');
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw malformed('sha256', '64 hexadecimal digits');
  return {
    kind: 'module',
    module,
    sha256: sha256 as Sha256Hex,
    // A loader never runs a guest, so its report is trusted.
    report: value['report'] === null ? null : (asRecord(value['report'], 'report') as unknown as ModuleReport),
    from,
    original: original instanceof Blob ? original : null,
    timings: {
      readMs: asNumber(timings['readMs'], 'readMs'),
      compileMs: asNumber(timings['compileMs'], 'compileMs'),
    },
  };
}

/** A parsed event of a worker. */
export type ParsedEvent =
  | ({ readonly kind: 'quota' } & QuotaReport)
  | ({ readonly kind: 'files-conflict' } & FilesConflict)
  | { readonly kind: 'log'; readonly lines: readonly LogLine[]; readonly dropped: number }
  | {
      readonly kind: 'progress';
      readonly loadId: number;
      readonly phase: 'reading' | 'compiling';
      readonly bytes: number;
      readonly totalBytes: number | null;
    };

/** Parses an event. Returns null if it does not follow the protocol: it is ignored, because there is no call that could fail. */
export function parseEvent(data: unknown): ParsedEvent | null {
  try {
    const event = asRecord(data, 'an event');
    if (event['tenon'] === 'log') {
      if (!Array.isArray(event['lines'])) return null;
      return { kind: 'log', lines: event['lines'].map(parseLine), dropped: asNumber(event['dropped'], 'dropped') };
    }
    if (event['tenon'] === 'quota') {
      return {
        kind: 'quota',
        guestPath: asText(event['guestPath'], 'guestPath'),
        limit: event['limit'] === 'entries' ? 'entries' : 'bytes',
        max: asNumber(event['max'], 'max'),
      };
    }
    if (event['tenon'] === 'files-conflict') {
      return {
        kind: 'files-conflict',
        guestPath: asText(event['guestPath'], 'guestPath'),
        path: asText(event['path'], 'path'),
        keptAs: event['keptAs'] === null ? null : asText(event['keptAs'], 'keptAs'),
      };
    }
    if (event['tenon'] !== 'progress') return null;
    return {
      kind: 'progress',
      loadId: asNumber(event['loadId'], 'loadId'),
      phase: event['phase'] === 'compiling' ? 'compiling' : 'reading',
      bytes: asNumber(event['bytes'], 'bytes'),
      totalBytes: event['totalBytes'] === null ? null : asNumber(event['totalBytes'], 'totalBytes'),
    };
  } catch {
    return null;
  }
}

function parseLine(line: unknown): LogLine {
  const record = asRecord(line, 'a log line');
  const level = record['level'];
  if (!isLogLevel(level)) throw malformed('level', 'a log level');
  const { stream, continues } = record;
  return {
    level,
    message: asText(record['message'], 'message'),
    at: asNumber(record['at'], 'at'),
    ...(stream === 'stdout' || stream === 'stderr' ? { stream } : {}),
    ...(continues === true ? { continues } : {}),
  };
}

export function parseVars(vars: unknown): VarChange[] {
  if (!Array.isArray(vars)) throw malformed('vars', 'an array');
  return vars.map((change: unknown): VarChange => {
    if (!Array.isArray(change) || change.length !== 2) throw malformed('vars', 'an array of [key, value] pairs');
    const [key, value] = change as unknown[];
    return [asText(key, 'key'), value === null ? null : asBytes(value, 'value')];
  });
}

function isLogLevel(value: unknown): value is GuestLogLevel {
  return (guestLogLevels as readonly unknown[]).includes(value);
}
