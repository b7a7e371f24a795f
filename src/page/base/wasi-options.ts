import type { LogLevel } from '../../contract/abi.js';
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
