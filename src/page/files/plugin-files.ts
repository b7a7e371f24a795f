import { lazyChunk } from '../base/lazy-chunk.js';
import { PluginError } from '../../contract/errors.js';
import type { DirectorySetup, FileEdit, FileEntry, FileReport, FilesReply, FilesRequest } from '../../contract/wasi.js';
import { abortedError } from '../base/aborted.js';
import { type FileContent, readContent } from './file-content.js';
import { FileWatcher } from './file-watcher.js';
import { isInside, locateMount } from './mounts.js';
import type { ZipOptions } from './zip-progress.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** What a plug-in's files use of the plug-in. */
export interface FilesPlugin {
  readonly name: string;
  readonly directories: readonly DirectorySetup[];
  /** Sends a file request to the plug-in's worker. It queues like a call. */
  request(request: FilesRequest): Promise<FilesReply>;
  /** Whether a request would wait for a call that runs, or for an instance that starts. */
  isBusy(): boolean;
}

/** For importing a zip archive. */
export interface ZipImportOptions extends ZipOptions {
  /** Largest number of unpacked bytes. @default 268_435_456 (256 MiB) */
  readonly maxBytes?: number;
}

/** A part of a file that is read at once. */
const streamBytes = 1_048_576;

/**
 * A plug-in's files, as they are between calls. Paths are guest paths, as the plug-in uses them. While a call runs, reading and listing stored
 * directories (`{ opfs }`) returns what was committed last; everything else waits for the end of the call. A lazy chunk.
 */
export class PluginFiles {
  readonly #plugin: FilesPlugin;
  readonly #watchers = new Set<FileWatcher>();
  /** The number of edits that have not ended. While there are some, nothing is read past them. */
  #edits = 0;

  /** For `Plugin.files`. */
  constructor(plugin: FilesPlugin) {
    this.#plugin = plugin;
  }

  /**
   * Lists every file, directory and link below a directory; a directory comes before its content.
   *
   * @param directory @default '/', every directory of the plug-in
   * @throws PluginError `files-failed` if there is no such directory
   */
  async list(directory = '/'): Promise<readonly FileReport[]> {
    return (await this.#entries(directory)).map(toReport);
  }

  /** Describes a file, directory or link, without following it. Returns null if there is nothing of that name. */
  async stat(path: string): Promise<FileReport | null> {
    const committed = await this.#committed(path);
    if (committed !== null) {
      const { statCommitted } = await lazyChunk(() => import('./committed-files.js'));
      const entry = statCommitted(committed.directory, path, committed.inside);
      return entry === null ? null : toReport(entry);
    }
    const [entry] = await this.#list({ do: 'stat', path });
    return entry === undefined ? null : toReport(entry);
  }

  /**
   * Reads a file. Links are followed.
   * @throws PluginError `files-failed` if the file does not exist
   */
  async read(path: string): Promise<Bytes> {
    const committed = await this.#committed(path);
    if (committed !== null) {
      const { readCommitted } = await lazyChunk(() => import('./committed-files.js'));
      const content = await readCommitted(committed.directory, committed.inside);
      if (content !== null) return content;
    }
    return (await this.#read(path, 0, null)).content;
  }

  /** Reads a file as UTF-8 text. Invalid bytes become U+FFFD. @throws PluginError `files-failed` */
  async text(path: string): Promise<string> {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await this.read(path));
  }

  /** Reads a file into a `Blob`. @throws PluginError `files-failed` */
  async blob(path: string): Promise<Blob> {
    return new Blob([await this.read(path)]);
  }

  /**
   * Returns a file as a stream of bytes, which reads at most 1 MiB at once. It fails with `files-failed` if the file does not exist, or is
   * changed before its end is read.
   */
  stream(path: string): ReadableStream<Bytes> {
    const pieces = this.#pieces(path);
    return new ReadableStream<Bytes>({
      pull: async (controller) => {
        const { done, value } = await pieces.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void (await pieces.return(undefined)),
    });
  }

  /**
   * Creates or replaces a file or link, and creates its parent directories. A path that ends in a slash creates a directory. The file is as it
   * was until all of the content has been read.
   *
   * @throws PluginError `invalid-argument` if the content is of another type; `files-failed` if the path is in none of the plug-in's
   * directories, the content cannot be read, or does not fit
   */
  async write(path: string, content: FileContent): Promise<void> {
    const pieces = await readContent(content, path, this.#maxBytes(path));
    await this.#edit([{ do: 'write', path, pieces, modifiedAt: null }]);
  }

  /**
   * Removes a file, link or directory.
   *
   * @param options `recursive`: also a directory that is not empty, with its content
   * @throws PluginError `files-failed` if there is nothing of that name
   */
  async remove(path: string, { recursive = false }: { readonly recursive?: boolean } = {}): Promise<void> {
    await this.#edit([{ do: 'remove', path, recursive }]);
  }

  /**
   * Renames or moves a file, link or directory, and creates the parent directories of its new name. It replaces a file, a link or an empty
   * directory of that name.
   *
   * @throws PluginError `files-failed` if there is nothing of that name, or the new name is in another directory of the option `files`
   */
  async rename(from: string, to: string): Promise<void> {
    await this.#edit([{ do: 'rename', path: from, to }]);
  }

  /**
   * Creates a directory and its parent directories. A directory that exists is kept.
   * @throws PluginError `files-failed` if there is a file of that name
   */
  async makeDirectory(path: string): Promise<void> {
    await this.#edit([{ do: 'directory', path, modifiedAt: null }]);
  }

  /**
   * Reports changes below a directory, by the plug-in or the app, until it is closed.
   *
   * @param directory @default '/', every directory of the plug-in
   * @throws PluginError `files-failed` if there is no such directory
   * @example (await files.watch('/notes')).addEventListener('change', ({ detail }) => console.log(detail));
   */
  async watch(directory = '/'): Promise<FileWatcher> {
    const look = (): Promise<readonly FileEntry[]> => this.#list({ do: 'list', below: directory });
    const watcher = new FileWatcher(await look(), look, (closed) => this.#watchers.delete(closed));
    this.#watchers.add(watcher);
    return watcher;
  }

  /**
   * Packs all files, directories and links below a directory into a zip archive, with their times. Hard links become files of their own.
   *
   * @param directory @default '/', every directory of the plug-in
   * @throws PluginError `files-failed` if there is no such directory; `aborted`
   */
  async exportZip(directory = '/', options: ZipOptions = {}): Promise<Blob> {
    const { exportFiles } = await lazyChunk(() => import('./transfer-zip.js'));
    return exportFiles(
      {
        directories: this.#plugin.directories,
        list: () => this.#entries(directory),
        pieces: (path) => this.#pieces(path),
      },
      directory,
      options,
    );
  }

  /**
   * Unpacks a zip archive into a directory, replacing existing files. Everything in the archive is written, or nothing.
   *
   * @param directory @default '/': into the directories that an archive of all directories names
   * @throws PluginError `files-failed` if it is not a zip archive, or does not fit; `aborted`; `invalid-argument`
   */
  async importZip(zip: Exclude<FileContent, string>, directory = '/', options: ZipImportOptions = {}): Promise<void> {
    const { signal = null } = options;
    const pieces = zip instanceof Blob ? [zip] : await readContent(zip, 'zip', Number.POSITIVE_INFINITY, signal);
    const { importFiles } = await lazyChunk(() => import('./transfer-zip.js'));
    const edits = await importFiles(new Blob(pieces), directory, this.#plugin.directories, options);
    if (signal?.aborted === true) throw abortedError('The import', signal);
    await this.#edit(edits);
  }

  /** Called after a call of the plug-in. For `Plugin`. */
  settled(): void {
    for (const watcher of this.#watchers) void watcher.update();
  }

  async #edit(edits: readonly FileEdit[]): Promise<void> {
    this.#edits += 1;
    try {
      const { done } = await this.#plugin.request({ do: 'edit', edits });
      if (done !== 'edit') throw noDirectories(this.#plugin.name);
    } finally {
      this.#edits -= 1;
    }
    this.settled();
  }

  async #entries(directory: string): Promise<readonly FileEntry[]> {
    const { directories } = this.#plugin;
    const below = directories.filter(({ guestPath }) => isInside(guestPath, directory));
    // A directory inside of one is rare, and waits.
    if (below.length > 0 && this.#readsCommitted(below)) {
      const { listCommitted, openCommitted } = await lazyChunk(() => import('./committed-files.js'));
      const opened = await Promise.all(below.map((one) => openCommitted(one).catch(() => null)));
      const found = opened.filter((one) => one !== null);
      if (found.length === below.length) return found.flatMap(listCommitted);
    }
    return this.#list({ do: 'list', below: directory });
  }

  /** Returns the stored directory of a path if it has to be read past a running call. */
  async #committed(path: string) {
    const found = locateMount(this.#plugin.directories, path);
    if (found === null || !this.#readsCommitted([found.mount])) return null;
    const { openCommitted } = await lazyChunk(() => import('./committed-files.js'));
    const directory = await openCommitted(found.mount).catch(() => null);
    return directory === null ? null : { directory, inside: found.inside };
  }

  #readsCommitted(directories: readonly DirectorySetup[]): boolean {
    return this.#edits === 0 && this.#plugin.isBusy() && directories.every(({ backing }) => backing.kind === 'opfs');
  }

  async #list(request: FilesRequest): Promise<readonly FileEntry[]> {
    const reply = await this.#plugin.request(request);
    return reply.done === 'list' ? reply.files : [];
  }

  async #read(path: string, from: number, length: number | null) {
    const reply = await this.#plugin.request({ do: 'read', path, from, length });
    if (reply.done !== 'read') throw noDirectories(this.#plugin.name);
    return reply;
  }

  async *#pieces(path: string): AsyncGenerator<Bytes, undefined, undefined> {
    if ((await this.#committed(path)) !== null) {
      yield await this.read(path);
      return undefined;
    }
    const first = await this.#read(path, 0, streamBytes);
    for (let { content } = first, at = 0; content.length > 0;) {
      yield content;
      at += content.length;
      if (at >= first.sizeBytes) return undefined;
      const next = await this.#read(path, at, streamBytes);
      if (next.revision !== first.revision) throw changedWhileRead(path);
      ({ content } = next);
    }
    return undefined;
  }

  #maxBytes(path: string): number {
    return locateMount(this.#plugin.directories, path)?.mount.maxBytes ?? 0;
  }
}

function toReport({ path, kind, sizeBytes, modifiedAt, changed, target }: FileEntry): FileReport {
  return { path, kind, sizeBytes, modifiedAt, changed, target };
}

function noDirectories(plugin: string): PluginError {
  return new PluginError('files-failed', {
    message: `${plugin} has no directories: expected a plug-in that imports WASI`,
    where: plugin,
  });
}

function changedWhileRead(path: string): PluginError {
  return new PluginError('files-failed', {
    message: `"${path}" was changed while it was read`,
    where: path,
    fix: 'Read it again, between calls of the plug-in.',
  });
}
