import type { LogLevel } from '../../contract/abi.js';
import type { DirectoryBacking, OutputSetup, WhenShared } from '../../contract/wasi.js';

/** Arguments, environment and streams of a plug-in that imports WASI preview 1. */
export interface WasiOptions {
  /** The program's arguments, starting with its own name. @default the plug-in's name alone */
  args?: readonly string[];
  /** Environment variables. @default none */
  env?: Readonly<Record<string, string>>;
  /** What the plug-in reads from standard input. @default empty */
  stdin?: InputSource;
  /** Where what the plug-in prints goes. @default 'log', at level 'info' */
  stdout?: OutputTarget;
  /** Where what it writes to standard error goes. @default 'log', at level 'warn' */
  stderr?: OutputTarget;
  /** Resolution of the plug-in's clocks, in milliseconds. A finer one helps timing attacks. @default 1 */
  clockResolutionMs?: number;
}

/** What one call changes of these options. For plug-ins that import WASI preview 1. */
export interface ProgramOptions {
  /** The program's arguments, starting with its own name, in this call. */
  readonly args?: readonly string[];
  /** Environment variables in this call, instead of those of the plug-in. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the plug-in reads from standard input in this call. @default the input, for `_start`; else that of the plug-in */
  readonly stdin?: InputSource;
}

/**
 * What a plug-in reads from standard input: text, bytes, a file, a stream of bytes or text, or a function that is called whenever the
 * plug-in reads and nothing is left. It returns text or bytes, or null at the end, or a promise of them. Where a plug-in cannot wait for the page, files and
 * streams of up to 64 MiB are read before the call, and functions are refused with `cannot-wait`.
 */
export type InputSource = string | BufferSource | Blob | ReadableStream<string | BufferSource> | InputFunction;

/** @param signal aborted when the call ends */
export type InputFunction = (signal: AbortSignal) => InputChunk | Promise<InputChunk>;

export type InputChunk = string | BufferSource | null | undefined;

/** Receives bytes that a plug-in printed. If it returns a promise, the plug-in waits for it before it prints much more. */
export type OutputFunction = (bytes: Uint8Array<ArrayBuffer>) => unknown;

/**
 * Where what a plug-in prints on a stream goes:
 * - `log`, or a log level: to the log, line by line. A line of more than 16 KiB is cut between two characters: see `continues` of a
 *   `LogRecord`. No line is lost to the rate limit of the log.
 * - `off`: nowhere.
 * - `output`: what a call prints is its output, unless the plug-in sets one with `output_set`. More than `maxOutputBytes` fails the call.
 * - a function, or a `WritableStream` of bytes: there, in order and complete before the call's promise settles. If it throws, rejects or
 *   is not writable, the call fails with `host-function`. A stream is not closed, and is locked only while bytes are written.
 *
 * A plug-in that can wait for the page waits while more than 4 MiB are on their way. One that cannot finds the stream full (ENOSPC) after
 * 64 MiB in one call, and a `quota` event names `/dev/stdout` or `/dev/stderr`.
 */
export type OutputTarget = 'log' | 'output' | LogLevel | OutputFunction | WritableStream<Uint8Array<ArrayBuffer>>;

/** Where bytes are written on the page. */
export type OutputSink = Exclude<OutputTarget, string>;

/** Where bytes are read on the page. */
export type PageInput = Exclude<InputSource, string | BufferSource>;

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
  /**
   * What happens if another plug-in, on this page or in another tab, has the directory open for writing: creation fails with `files-in-use`,
   * waits until it is closed, or opens the directory as it is now, without `readOnly: false`. @default 'fail'
   */
  whenShared?: WhenShared;
}

/** A directory that the user picked. The page must have been granted access to it. */
export interface PickedDirectory {
  handle: FileSystemDirectoryHandle;
}

/** The options `wasi` and `files`, parsed and complete. Each directory's key is its host path in `allowedPaths`, or its guest path. */
export interface WasiSettings {
  readonly args: readonly string[] | null;
  readonly env: readonly string[];
  readonly stdin: Uint8Array<ArrayBuffer> | PageInput;
  readonly stdout: OutputSetup | OutputSink;
  readonly stderr: OutputSetup | OutputSink;
  readonly clockResolutionMs: number;
  readonly directories: ReadonlyMap<string, DirectorySettings>;
}

export interface DirectorySettings {
  readonly readOnly: boolean;
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly backing: DirectoryBacking;
}
