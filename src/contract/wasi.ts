import type { LogLevel } from './abi.js';

/** What a plug-in that imports WASI preview 1 is given; goes to the worker with the request to start. */
export interface WasiSetup {
  /** Absolute URL of `wasi.js`. */
  readonly url: string;
  /** Absolute URL of `store.js`, for directories that are not in memory. */
  readonly storeUrl: string;
  /** The program's own name first. */
  readonly args: readonly string[];
  /** Each `NAME=value`. */
  readonly env: readonly string[];
  readonly stdin: InputSetup;
  readonly stdout: OutputSetup;
  readonly stderr: OutputSetup;
  readonly clockResolutionMs: number;
  readonly directories: readonly DirectorySetup[];
}

export type StreamName = 'stdout' | 'stderr';

/**
 * Where what the program prints goes: to the log, as lines at a level (`off`: nowhere), into the output of the call, or to the page, as bytes.
 */
export type OutputSetup = LogLevel | 'output' | 'page';

/** What the program reads: these bytes, or what the page answers when it is asked. */
export type InputSetup = Uint8Array | 'page';

/** What one call changes of the set-up; null: nothing. */
export interface CallProgram {
  readonly args: readonly string[] | null;
  readonly env: readonly string[] | null;
  /** `input`: the input of the call. */
  readonly stdin: InputSetup | 'input' | null;
}

/** A directory of the plug-in's, and what is behind it. */
export interface DirectorySetup {
  readonly guestPath: string;
  readonly readOnly: boolean;
  /** Of all files together. */
  readonly maxBytes: number;
  /** Files, directories and links together. */
  readonly maxEntries: number;
  readonly backing: DirectoryBacking;
}

/** What happens when a plug-in opens a stored directory for writing that another plug-in has open. */
export type WhenShared = 'fail' | 'wait' | 'read-only';

export type DirectoryBacking =
  | {
      readonly kind: 'memory';
      readonly files: readonly (readonly [path: string, content: Uint8Array<ArrayBuffer> | Blob])[];
    }
  /** A directory of that name among those that this library keeps in the origin's private file system. */
  | { readonly kind: 'opfs'; readonly id: string; readonly whenShared: WhenShared | null }
  | { readonly kind: 'handle'; readonly handle: FileSystemDirectoryHandle };

/** A file, directory or link of the plug-in's, as it is now. */
export interface FileReport {
  /** As the plug-in knows it, its directory's guest path included. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  /** Not what the directory held when the instance started. */
  readonly changed: boolean;
}

/** What the page asks of an instance's files, between calls. */
export type FilesRequest =
  | { readonly do: 'list' }
  | { readonly do: 'read'; readonly path: string }
  /** Makes the directories on the way, and ends at the first file that does not fit. */
  | { readonly do: 'write'; readonly files: readonly (readonly [path: string, content: Uint8Array<ArrayBuffer>])[] };

export type FilesReply =
  | { readonly done: 'list'; readonly files: readonly FileReport[] }
  | { readonly done: 'read'; readonly content: Uint8Array<ArrayBuffer> }
  | { readonly done: 'write' };

/** A directory's quota was exceeded: the plug-in received an errno, and the host receives one report per call. */
export interface QuotaReport {
  readonly guestPath: string;
  readonly limit: 'bytes' | 'entries';
  readonly max: number;
}
