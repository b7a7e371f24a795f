import { guestLogLevels, type LogLevel } from '../../contract/abi.js';
import type { DirectoryBacking, WhenShared } from '../../contract/wasi.js';
import { kindOf, quote } from '../../manifest/issues.js';
import { integer, list, map, refine, type Shape, text } from '../../manifest/shape.js';
import { defaultSettings } from '../base/options.js';
import type { DirectorySettings, OutputSink, OutputTarget, PageInput, WasiSettings } from '../base/wasi-options.js';
import { boolean, choice, options, valueThat } from './option-shapes.js';

const defaultMaxBytes = 67_108_864;
const defaultMaxEntries = 10_000;
const maxItems = 10_000;
const encoder = new TextEncoder();
const defaults = defaultSettings.wasi;

export const logLevel: Shape<LogLevel> = choice(['off', ...guestLogLevels]);

const argument = text('text without NUL', (value) => !value.includes('\0'));

/** Reads bytes as a copy: what the app does with its own afterwards changes nothing. */
const bytes: Shape<Uint8Array<ArrayBuffer>> = {
  form: { leaf: {} },
  read(value, place) {
    if (typeof value === 'string') return encoder.encode(value);
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
    return value instanceof ArrayBuffer
      ? new Uint8Array(value).slice()
      : place.expected('text or bytes', kindOf(value));
  },
};

const content: Shape<Uint8Array<ArrayBuffer> | Blob> = {
  form: bytes.form,
  read: (value, place) => (value instanceof Blob ? value : bytes.read(value, place)),
};

const environment: Shape<readonly string[]> = refine(
  map(argument, (name, place) => {
    if (name === '' || /[=\0]/.test(name)) place.fault('expected a name that is not empty, without "=" and NUL');
  }),
  (variables) => Array.from(variables, ([name, value]) => `${name}=${value}`),
);

const outputName = choice(['log', 'output', 'off', ...guestLogLevels]);

const outputTarget: Shape<OutputTarget> = {
  form: outputName.form,
  read: (value, place) => (isSink(value) ? value : outputName.read(value, place)),
};

function isSink(value: unknown): value is OutputSink {
  return typeof value === 'function' || isUnlocked(value, 'getWriter');
}

const inputSource: Shape<Uint8Array<ArrayBuffer> | PageInput> = {
  form: bytes.form,
  read: (value, place) => (isPageInput(value) ? value : bytes.read(value, place)),
};

function isPageInput(value: unknown): value is PageInput {
  return typeof value === 'function' || value instanceof Blob || isUnlocked(value, 'getReader');
}

/** Whether `value` is a stream, also one of another realm, that nothing else uses. */
function isUnlocked(value: unknown, method: string): boolean {
  if (typeof value !== 'object' || value === null || !('locked' in value) || value.locked !== false) return false;
  return typeof (value as Partial<Record<string, unknown>>)[method] === 'function';
}

function toSetup(target: OutputTarget = 'log', logged: WasiSettings['stdout']): WasiSettings['stdout'] {
  return target === 'log' ? logged : target;
}

/** What a call changes for its program, parsed; null: nothing. */
export interface ProgramSettings {
  readonly args: readonly string[] | null;
  readonly env: readonly string[] | null;
  readonly stdin: WasiSettings['stdin'] | null;
}

/** Reads the options of a call that change its program. */
export const programShape: Shape<ProgramSettings> = options(
  { args: list(argument, 0, maxItems), env: environment, stdin: inputSource },
  ({ args = null, env = null, stdin = null }) => ({ args, env, stdin }),
);

/** Reads the option `wasi`. */
export const wasiShape: Shape<Omit<WasiSettings, 'directories'>> = options(
  {
    args: list(argument, 0, maxItems),
    env: environment,
    stdin: inputSource,
    stdout: outputTarget,
    stderr: outputTarget,
    clockResolutionMs: valueThat(
      'milliseconds, a number from 0.001',
      (value): value is number => typeof value === 'number' && value >= 0.001,
    ),
  },
  (parts) => ({
    args: parts.args ?? defaults.args,
    env: parts.env ?? defaults.env,
    stdin: parts.stdin ?? defaults.stdin,
    stdout: toSetup(parts.stdout, defaults.stdout),
    stderr: toSetup(parts.stderr, defaults.stderr),
    clockResolutionMs: parts.clockResolutionMs ?? defaults.clockResolutionMs,
  }),
);

const directory: Shape<DirectorySettings> = options(
  {
    readOnly: boolean,
    maxBytes: integer(0),
    maxEntries: integer(0),
    memory: map(content),
    opfs: text('a name', (value) => value !== '' && !value.includes('\0')),
    whenShared: choice(['fail', 'wait', 'read-only']),
    handle: valueThat('a FileSystemDirectoryHandle', isDirectoryHandle),
  },
  (
    { readOnly = false, maxBytes = defaultMaxBytes, maxEntries = defaultMaxEntries, memory, opfs, whenShared, handle },
    place,
  ) => {
    const backing = backingOf(memory, opfs, whenShared, handle);
    if (backing !== null) return { readOnly, maxBytes, maxEntries, backing };
    return place.expected('memory, opfs or handle', 'none of them');
  },
);

function backingOf(
  memory: ReadonlyMap<string, Uint8Array<ArrayBuffer> | Blob> | undefined,
  opfs: string | undefined,
  whenShared: WhenShared | undefined,
  handle: FileSystemDirectoryHandle | undefined,
): DirectoryBacking | null {
  if (memory !== undefined) return { kind: 'memory', files: [...memory] };
  if (opfs !== undefined) return { kind: 'opfs', id: opfs, whenShared: whenShared ?? null };
  return handle === undefined ? null : { kind: 'handle', handle };
}

function isDirectoryHandle(value: unknown): value is FileSystemDirectoryHandle {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'directory';
}

/** Reads the option `files`. */
export const directoriesShape: Shape<ReadonlyMap<string, DirectorySettings>> = map(directory, (path, place) => {
  if (path === '' || path.includes('\0')) place.expected('a path that is not empty, without NUL', quote(path));
});
