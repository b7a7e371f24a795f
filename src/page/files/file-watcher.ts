import type { FileEntry } from '../../contract/wasi.js';
import type { TypedTargetClass } from '../base/typed-target.js';

/** The detail of a `change` event. */
export interface FileChange {
  readonly path: string;
  readonly change: 'created' | 'changed' | 'removed';
}

/** The events of a {@link FileWatcher}, by type. */
export interface FileWatcherEvents {
  readonly change: CustomEvent<readonly FileChange[]>;
}

const FileWatcherTarget: TypedTargetClass<FileWatcherEvents> = EventTarget;

/**
 * Reports changes of a directory. Dispatches `change` (a CustomEvent with {@link FileChange}s) after a call of the plug-in, or an
 * operation of the app, that changed something. A renamed file is removed and created.
 */
export class FileWatcher extends FileWatcherTarget {
  readonly #look: () => Promise<readonly FileEntry[]>;
  readonly #onClose: (watcher: FileWatcher) => void;
  #known: ReadonlyMap<string, FileEntry>;
  #closed = false;
  #looking = false;
  /** Whether something happened since the last look began. */
  #isStale = false;

  /** For `PluginFiles.watch`. */
  constructor(
    known: readonly FileEntry[],
    look: () => Promise<readonly FileEntry[]>,
    onClose: (watcher: FileWatcher) => void,
  ) {
    super();
    this.#known = byPath(known);
    this.#look = look;
    this.#onClose = onClose;
  }

  /** Ends watching. */
  close(): void {
    this.#closed = true;
    this.#onClose(this);
  }

  /** Compares the files with those of the last look, and dispatches what changed. For `PluginFiles`. */
  async update(): Promise<void> {
    this.#isStale = true;
    if (this.#looking) return;
    this.#looking = true;
    try {
      while (this.#isStale && !this.#closed) {
        this.#isStale = false;
        this.#report(byPath(await this.#look()));
      }
    } catch {
      // The plug-in was closed, or its files could not be listed now; the next call of the plug-in looks again.
    } finally {
      this.#looking = false;
    }
  }

  #report(found: ReadonlyMap<string, FileEntry>): void {
    const before = this.#known;
    this.#known = found;
    const detail: FileChange[] = [];
    for (const path of before.keys()) if (!found.has(path)) detail.push({ path, change: 'removed' });
    for (const [path, entry] of found) {
      const known = before.get(path);
      if (known === undefined) detail.push({ path, change: 'created' });
      else if (known.revision !== entry.revision && entry.kind !== 'directory')
        detail.push({ path, change: 'changed' });
    }
    if (detail.length > 0 && !this.#closed) this.dispatchEvent(new CustomEvent('change', { detail }));
  }
}

function byPath(entries: readonly FileEntry[]): ReadonlyMap<string, FileEntry> {
  return new Map(entries.map((entry) => [entry.path, entry]));
}
