import { guestLogLevels, type LogLevel } from '../../contract/abi.js';
import { PluginError } from '../../contract/errors.js';
import type { DirectoryBacking } from '../../contract/wasi.js';

/** Arguments, environment and streams of a plug-in that imports WASI preview 1. */
export interface WasiOptions {
  /** The program's arguments, starting with its own name. @default the plug-in's name alone */
  args?: readonly string[];
  /** Environment variables. @default none */
  env?: Readonly<Record<string, string>>;
  /** The content of standard input. @default empty */
  stdin?: string | BufferSource;
  /** The log level of lines on standard output; 'off' drops them. @default 'off' */
  stdout?: LogLevel;
  /** The log level of lines on standard error; 'off' drops them. @default 'off' */
  stderr?: LogLevel;
  /** Resolution of the plug-in's clocks, in milliseconds. A finer one helps timing attacks. @default 1 */
  clockResolutionMs?: number;
}

/** A directory for a plug-in: where its files are, and how much it may hold. */
export type DirectoryOptions = (MemoryDirectory | StoredDirectory | PickedDirectory) & {
  /** Denies the plug-in every change in the directory. @default false */
  readOnly?: boolean;
  /** Largest total size of all files, in bytes. @default 67_108_864 (64 MiB) */
  maxBytes?: number;
  /** Largest number of files, directories and links together. @default 10_000 */
  maxEntries?: number;
};

/** A directory in memory, which starts with these files and lasts as long as the plug-in's instance. */
export interface MemoryDirectory {
  /** File contents by path in the directory; a path that ends in a slash is an empty directory. */
  memory: Readonly<Record<string, string | BufferSource | Blob>>;
}

/** A directory in the origin private file system, which outlives the page. */
export interface StoredDirectory {
  /** The directory's name. Plug-ins with the same name share the directory. */
  opfs: string;
}

/** A directory that the user picked. The page must have been granted access to it. */
export interface PickedDirectory {
  handle: FileSystemDirectoryHandle;
}

/** The options `wasi` and `files`, parsed and complete. Each directory's key is its host path in `allowedPaths`, or its guest path. */
export interface WasiSettings {
  readonly args: readonly string[] | null;
  readonly env: readonly string[];
  readonly stdin: Uint8Array<ArrayBuffer>;
  readonly stdout: LogLevel;
  readonly stderr: LogLevel;
  readonly clockResolutionMs: number;
  readonly directories: ReadonlyMap<string, DirectorySettings>;
}

export interface DirectorySettings {
  readonly readOnly: boolean;
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly backing: DirectoryBacking;
}

const defaultMaxBytes = 67_108_864;
const defaultMaxEntries = 10_000;
const encoder = new TextEncoder();

/** @throws PluginError `invalid-argument`, for the first that is not what it should be */
export function parseWasi(
  wasi: WasiOptions | undefined,
  files: Readonly<Record<string, DirectoryOptions>> | undefined,
): WasiSettings {
  const { args, env = {}, stdin, stdout, stderr, clockResolutionMs = 1, ...rest } = object('wasi', wasi ?? {});
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) {
    throw wrong(`wasi.${unknown}`, 'one of args, env, stdin, stdout, stderr, clockResolutionMs', 'an unknown option');
  }
  if (args !== undefined && !Array.isArray(args)) throw wrong('wasi.args', 'a list of texts', typeof args);
  if (typeof clockResolutionMs !== 'number' || !(clockResolutionMs >= 0.001)) {
    throw wrong('wasi.clockResolutionMs', 'milliseconds, a number from 0.001', String(clockResolutionMs));
  }
  return {
    args: args === undefined ? null : args.map((arg: unknown, index) => text(`wasi.args[${index}]`, arg)),
    env: Object.entries(object('wasi.env', env)).map(([name, value]) => variable(name, value)),
    stdin: stdin === undefined ? new Uint8Array(0) : bytes('wasi.stdin', stdin),
    stdout: level('wasi.stdout', stdout),
    stderr: level('wasi.stderr', stderr),
    clockResolutionMs,
    directories: new Map(
      Object.entries(object('files', files ?? {})).map(([path, options]) => [path, directory(path, options)]),
    ),
  };
}

function directory(path: string, options: DirectoryOptions): DirectorySettings {
  const where = `files["${path}"]`;
  if (path === '' || path.includes('\0')) throw wrong(where, 'a path', 'an empty path, or one with a NUL');
  const given = object(where, options) as DirectoryOptions &
    Partial<MemoryDirectory & StoredDirectory & PickedDirectory>;
  const { readOnly = false, maxBytes = defaultMaxBytes, maxEntries = defaultMaxEntries } = given;
  if (typeof readOnly !== 'boolean') throw wrong(`${where}.readOnly`, 'a boolean', typeof readOnly);
  return {
    readOnly,
    maxBytes: count(`${where}.maxBytes`, maxBytes),
    maxEntries: count(`${where}.maxEntries`, maxEntries),
    backing: backing(where, given),
  };
}

function backing(
  where: string,
  { memory, opfs, handle }: Partial<MemoryDirectory & StoredDirectory & PickedDirectory>,
): DirectoryBacking {
  if (memory !== undefined) {
    const files = Object.entries(object(`${where}.memory`, memory)).map(([path, content]) => {
      return [path, content instanceof Blob ? content : bytes(`${where}.memory["${path}"]`, content)] as const;
    });
    return { kind: 'memory', files };
  }
  if (opfs !== undefined) {
    if (text(`${where}.opfs`, opfs) === '') throw wrong(`${where}.opfs`, 'a name', 'an empty text');
    return { kind: 'opfs', id: opfs };
  }
  if (typeof handle === 'object' && handle !== null && handle.kind === 'directory') return { kind: 'handle', handle };
  throw wrong(where, 'memory, opfs or handle', 'none of them');
}

function variable(name: string, value: unknown): string {
  if (name === '' || /[=\0]/.test(name)) throw wrong('wasi.env', 'names without "=" and NUL', JSON.stringify(name));
  return `${name}=${text(`wasi.env["${name}"]`, value)}`;
}

function object<Value extends object>(where: string, value: Value): Value {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw wrong(where, 'an object', value === null ? 'null' : typeof value);
}

function text(where: string, value: unknown): string {
  if (typeof value !== 'string') throw wrong(where, 'text', typeof value);
  if (value.includes('\0')) throw wrong(where, 'text without NUL', 'a text with one');
  return value;
}

function count(where: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(where, 'a whole number from 0', String(value));
}

function level(where: string, value: unknown): LogLevel {
  if (value === undefined) return 'off';
  if (value === 'off' || (guestLogLevels as readonly unknown[]).includes(value)) return value as LogLevel;
  throw wrong(where, `off, ${guestLogLevels.join(', ')}`, String(value));
}

/** A copy: what the app does with its own afterwards changes nothing. */
function bytes(where: string, value: unknown): Uint8Array<ArrayBuffer> {
  if (typeof value === 'string') return encoder.encode(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  if (value instanceof ArrayBuffer) return new Uint8Array(value).slice();
  throw wrong(where, 'text, bytes or a Blob', value === null ? 'null' : typeof value);
}

function wrong(where: string, expected: string, actual: string): PluginError {
  return new PluginError('invalid-argument', {
    message: `${where}: expected ${expected}, found ${actual}`,
    where,
    expected,
    actual,
  });
}
