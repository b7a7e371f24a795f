import { isNamed } from '../dom-error.js';
import type { DirectoryNode, FileNode, TreeNode, Volume } from '../tree.js';
import { walk } from '../walk.js';

/**
 * Called when a file was changed outside of the plug-in since it was last read or written here, and the plug-in changed it too. `path` has what
 * was written outside; `keptAs` has what the plug-in wrote, and is null if it removed the file.
 */
export type OnConflict = (path: string, keptAs: string | null) => void;

interface Known {
  readonly node: TreeNode;
  readonly version: number;
  /** What the file was when it was last read or written here; null for a directory. */
  readonly seen: Seen | null;
}

/** By what a change outside is detected. */
interface Seen {
  readonly size: number;
  readonly lastModified: number;
}

interface PlainParts {
  /** An entry of the root that is not part of the directory. */
  readonly except?: string | null;
  readonly onConflict?: OnConflict;
}

/** Plain files in a directory handle. They are read completely when an instance starts; changes are written back at the end of each call. */
export class PlainDirectory {
  readonly #root: FileSystemDirectoryHandle;
  readonly #except: string | null;
  readonly #onConflict: OnConflict;
  /** The stored entries, by path. */
  readonly #present = new Map<string, Known>();

  constructor(root: FileSystemDirectoryHandle, { except = null, onConflict = (): void => {} }: PlainParts) {
    this.#root = root;
    this.#except = except;
    this.#onConflict = onConflict;
  }

  async load(volume: Volume): Promise<void> {
    await this.#loadInto(volume, volume.root, this.#root, '');
    volume.touched = false;
  }

  /**
   * Makes the directory equal to `volume`, except for what was changed outside: it is kept, and read into `volume`. What was renamed is
   * stored under its new name before the old one is removed. After a failure, storing is tried again at the end of the next call.
   */
  async store(volume: Volume): Promise<void> {
    volume.touched = false;
    try {
      const wanted = new Map(walk(volume.root));
      const gone = Array.from(this.#present).filter(([path, { node }]) => wanted.get(path)?.kind !== node.kind);
      // What is in a directory is removed before the directory.
      gone.reverse();
      for (const [path] of gone) if (wanted.has(path)) await this.#remove(volume, path);
      await this.#storeInto(volume.root, this.#root, '');
      for (const [path] of gone) if (!wanted.has(path)) await this.#remove(volume, path);
    } catch (thrown) {
      volume.touched = true;
      throw thrown;
    }
  }

  /** Removes everything, because it is stored elsewhere. */
  async clear(): Promise<void> {
    const names: string[] = [];
    for await (const name of this.#root.keys()) if (name !== this.#except) names.push(name);
    for (const name of names) await this.#root.removeEntry(name, { recursive: true });
  }

  async #loadInto(
    volume: Volume,
    directory: DirectoryNode,
    handle: FileSystemDirectoryHandle,
    prefix: string,
  ): Promise<void> {
    for await (const [name, child] of handle.entries()) {
      const path = prefix + name;
      if (path === this.#except) continue;
      if (child.kind === 'directory') {
        const node = volume.makeDirectory();
        volume.add(directory, name, node);
        this.#present.set(path, { node, version: 0, seen: null });
        await this.#loadInto(volume, node, child, `${path}/`);
      } else {
        await this.#loadFile(volume, { parent: directory, name, path }, await child.getFile());
      }
    }
  }

  async #loadFile(volume: Volume, { parent, name, path }: FilePlace, file: File): Promise<void> {
    // Checked before reading: a file may be larger than the available memory.
    volume.mustHold(file.size);
    const node = volume.makeFile(new Uint8Array(await file.arrayBuffer()));
    volume.add(parent, name, node);
    node.times.modified = BigInt(Math.trunc(file.lastModified)) * 1_000_000n;
    const { size, lastModified } = file;
    this.#present.set(path, { node, version: node.version, seen: { size, lastModified } });
  }

  /** Removes an entry. What was changed or added outside is kept. */
  async #remove(volume: Volume, path: string): Promise<void> {
    const known = this.#present.get(path);
    const names = path.split('/');
    const name = names.pop() ?? '';
    let directory = this.#root;
    try {
      for (const step of names) directory = await directory.getDirectoryHandle(step);
      const file = known?.seen == null ? null : await fileOf(directory, name);
      if (file !== null && !isSame(file, known?.seen)) {
        this.#onConflict(path, null);
        this.#present.delete(path);
        await this.#readBack(volume, path, file);
        return;
      }
      await directory.removeEntry(name);
    } catch (thrown) {
      // It is gone already, or a directory holds something that the plug-in does not know.
      if (!isNamed(thrown, 'NotFoundError') && !isNamed(thrown, 'InvalidModificationError')) throw thrown;
    }
    this.#present.delete(path);
  }

  async #storeInto(directory: DirectoryNode, handle: FileSystemDirectoryHandle, prefix: string): Promise<void> {
    for (const [name, { node }] of Array.from(directory.entries)) {
      const path = prefix + name;
      if (node.kind === 'directory') {
        const below = await handle.getDirectoryHandle(name, { create: true });
        this.#present.set(path, { node, version: 0, seen: null });
        await this.#storeInto(node, below, `${path}/`);
      } else if (node.kind === 'file') {
        const known = this.#present.get(path);
        if (known?.node === node && known.version === node.version) continue;
        await this.#storeFile(handle, { parent: directory, name, path }, node);
      }
    }
  }

  /** Writes a file, unless it was changed outside: then under another name. */
  async #storeFile(handle: FileSystemDirectoryHandle, place: FilePlace, node: FileNode): Promise<void> {
    const { parent, name, path } = place;
    const { version } = node;
    const seen = this.#present.get(path)?.seen;
    const isUnchanged = async (): Promise<boolean> => {
      const present = await fileOf(handle, name);
      return present === null || isSame(present, seen);
    };
    const written = (await isUnchanged()) ? await writeFile(handle, name, node, isUnchanged) : null;
    if (written !== null) {
      this.#present.set(path, { node, version, seen: written });
      return;
    }
    const copy = await freeName(handle, parent, name);
    const copyPath = path.slice(0, path.length - name.length) + copy;
    const copied = await writeFile(handle, copy, node, () => Promise.resolve(true));
    node.volume.move({ parent, name }, { parent, name: copy });
    this.#present.set(copyPath, { node, version, seen: copied });
    this.#present.delete(path);
    this.#onConflict(path, copyPath);
    const outside = await fileOf(handle, name);
    if (outside !== null) await this.#readBack(node.volume, path, outside);
  }

  /** Reads what was written outside, if there is a place for it. */
  async #readBack(volume: Volume, path: string, file: File): Promise<void> {
    let parent: TreeNode | undefined = volume.root;
    const names = path.split('/');
    const name = names.pop() ?? '';
    for (const step of names) parent = parent?.kind === 'directory' ? parent.entries.get(step)?.node : undefined;
    if (parent?.kind !== 'directory' || parent.entries.has(name)) return;
    try {
      await this.#loadFile(volume, { parent, name, path }, file);
    } catch {
      // It does not fit, or was removed in the meantime. The plug-in finds it when it is opened again.
    }
  }
}

interface FilePlace {
  readonly parent: DirectoryNode;
  readonly name: string;
  readonly path: string;
}

/** Returns a file as it is now; null if there is none. */
async function fileOf(directory: FileSystemDirectoryHandle, name: string): Promise<File | null> {
  try {
    return await (await directory.getFileHandle(name)).getFile();
  } catch (thrown) {
    if (isNamed(thrown, 'NotFoundError')) return null;
    throw thrown;
  }
}

function isSame(file: File, seen: Seen | null | undefined): boolean {
  return seen != null && file.size === seen.size && file.lastModified === seen.lastModified;
}

/** Returns a name that is free in the directory, also for the plug-in: `name (conflict 1).txt`. */
async function freeName(handle: FileSystemDirectoryHandle, { entries }: DirectoryNode, name: string): Promise<string> {
  const dot = name.lastIndexOf('.');
  const [stem, end] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  for (let number = 1; ; number += 1) {
    const free = `${stem} (conflict ${number})${end}`;
    if (!entries.has(free) && (await fileOf(handle, free)) === null) return free;
  }
}

/**
 * Replaces a file when all of its content is written: the browser writes to a temporary file first. Returns what the file then is, or null if
 * `mayReplace` says no.
 */
async function writeFile(
  directory: FileSystemDirectoryHandle,
  name: string,
  { contents }: FileNode,
  mayReplace: () => Promise<boolean>,
): Promise<Seen | null> {
  const isNew = (await fileOf(directory, name)) === null;
  const handle = await directory.getFileHandle(name, { create: true });
  const writable = await handle.createWritable();
  for (const piece of contents.pieces()) await writable.write(piece);
  if (!isNew && !(await mayReplace())) {
    await writable.abort();
    return null;
  }
  await writable.close();
  const { size, lastModified } = await handle.getFile();
  return { size, lastModified };
}
