import type { LogLevel } from './abi.js';

/** What a plug-in that imports WASI preview 1 is given; goes to the worker with the request to start. */
export interface WasiSetup {
  /** Absolute URL of `wasi.js`. */
  readonly url: string;
  /** Absolute URL of `store.js`, for directories that are not in memory. */
  readonly storeUrl: string;
  /** Absolute URL of `files.js`, for the app's access to files. */
  readonly filesUrl: string;
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

export type FileKind = 'file' | 'directory' | 'symlink';

/** A file, directory or link of the plug-in's, as it is now. */
export interface FileReport {
  /** As the plug-in knows it, its directory's guest path included. */
  readonly path: string;
  readonly kind: FileKind;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  /** Not what the directory held when the instance started. */
  readonly changed: boolean;
  /** Where a symbolic link leads; null for other kinds. */
  readonly target: string | null;
}

export interface FileEntry extends FileReport {
  /** Differs after each change of the file. */
  readonly revision: string;
}

/** What the page asks of an instance's files, between calls. */
export type FilesRequest =
  /** Everything below a directory; `/` is all directories. */
  | { readonly do: 'list'; readonly below: string }
  /** One entry, or none. A link is not followed. */
  | { readonly do: 'stat'; readonly path: string }
  /** At most `length` bytes of a file; null: to its end. */
  | { readonly do: 'read'; readonly path: string; readonly from: number; readonly length: number | null }
  /** All of the edits, in order, or none. */
  | { readonly do: 'edit'; readonly edits: readonly FileEdit[] };

/** One change of the app's. Parent directories are created. */
export type FileEdit =
  /** Creates or replaces a file. `modifiedAt` null: now. */
  | {
      readonly do: 'write';
      readonly path: string;
      readonly pieces: readonly Uint8Array<ArrayBuffer>[];
      readonly modifiedAt: number | null;
    }
  | { readonly do: 'directory'; readonly path: string; readonly modifiedAt: number | null }
  | { readonly do: 'symlink'; readonly path: string; readonly target: string; readonly modifiedAt: number | null }
  | { readonly do: 'remove'; readonly path: string; readonly recursive: boolean }
  | { readonly do: 'rename'; readonly path: string; readonly to: string };

export type FilesReply =
  | { readonly done: 'list'; readonly files: readonly FileEntry[] }
  | {
      readonly done: 'read';
      readonly content: Uint8Array<ArrayBuffer>;
      readonly sizeBytes: number;
      readonly revision: string;
    }
  | { readonly done: 'edit' };

/**
 * A file of a picked directory was changed outside of the plug-in since the plug-in last read or wrote it, and the plug-in changed it too. Both
 * versions are kept.
 */
export interface FilesConflict {
  readonly guestPath: string;
  /** The file, with what was written outside. */
  readonly path: string;
  /** The file with what the plug-in wrote; null if the plug-in removed the file. */
  readonly keptAs: string | null;
}

/** A directory's quota was exceeded: the plug-in received an errno, and the host receives one report per call. */
export interface QuotaReport {
  readonly guestPath: string;
  readonly limit: 'bytes' | 'entries';
  readonly max: number;
}
