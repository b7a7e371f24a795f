import type { LogLevel } from '../../contract/abi.js';
import type { DirectoryBacking, OutputSetup } from '../../contract/wasi.js';

/** Arguments, environment and streams of a plug-in that imports WASI preview 1. */
export interface WasiOptions {
  /** The program's arguments, starting with its own name. @default the plug-in's name alone */
  args?: readonly string[];
  /** Environment variables. @default none */
  env?: Readonly<Record<string, string>>;
  /** The content of standard input. @default empty */
  stdin?: string | BufferSource;
  /** Where what the plug-in prints goes. @default 'log', at level 'info' */
  stdout?: OutputTarget;
  /** Where what it writes to standard error goes. @default 'log', at level 'warn' */
  stderr?: OutputTarget;
  /** Resolution of the plug-in's clocks, in milliseconds. A finer one helps timing attacks. @default 1 */
  clockResolutionMs?: number;
}

/**
 * Where what a plug-in prints on a stream goes:
 * - `log`, or a log level: to the log, line by line. A line of more than 16 KiB is cut between two characters: see `continues` of a
 *   `LogRecord`. No line is lost to the rate limit of the log.
 * - `off`: nowhere.
 * - `output`: what a call prints is its output, unless the plug-in sets one with `output_set`. More than `maxOutputBytes` fails the call.
 *
 * Up to 64 MiB of each stream may be on their way to the page. A plug-in that cannot wait for the page then finds the stream full (ENOSPC), and a
 * `quota` event names `/dev/stdout` or `/dev/stderr`.
 */
export type OutputTarget = 'log' | 'output' | LogLevel;

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
  readonly stdout: OutputSetup;
  readonly stderr: OutputSetup;
  readonly clockResolutionMs: number;
  readonly directories: ReadonlyMap<string, DirectorySettings>;
}

export interface DirectorySettings {
  readonly readOnly: boolean;
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly backing: DirectoryBacking;
}
