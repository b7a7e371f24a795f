import type { DirectoryNode, FileNode, TreeNode, Volume } from '../tree.js';
import { walk } from '../walk.js';

/** Plain files in a directory handle. They are read completely when an instance starts; changes are written back at the end of each call. */
export class PlainDirectory {
  readonly #root: FileSystemDirectoryHandle;
  /** An entry of the root that is not part of the directory. */
  readonly #except: string | null;
  /** The stored entries, by path. */
  #present = new Map<string, { readonly node: TreeNode; readonly version: number }>();

  constructor(root: FileSystemDirectoryHandle, except: string | null = null) {
    this.#root = root;
    this.#except = except;
  }

  async load(volume: Volume): Promise<void> {
    await this.#loadInto(volume, volume.root, this.#root, '');
    volume.touched = false;
  }

  /**
   * Makes the directory equal to `volume`. What was renamed is stored under its new name before the old one is removed. After a failure,
   * storing is tried again at the end of the next call.
   */
  async store(volume: Volume): Promise<void> {
    volume.touched = false;
    try {
      const wanted = new Map(walk(volume.root));
      const gone = Array.from(this.#present).filter(([path, { node }]) => wanted.get(path)?.kind !== node.kind);
      for (const [path] of gone) if (wanted.has(path)) await this.#remove(path);
      await this.#storeInto(volume.root, this.#root, '');
      for (const [path] of gone) if (!wanted.has(path)) await this.#remove(path);
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
        this.#present.set(path, { node, version: 0 });
        await this.#loadInto(volume, node, child, `${path}/`);
      } else {
        const file = await child.getFile();
        // Checked before reading: a file may be larger than the available memory.
        volume.mustHold(file.size);
        const node = volume.makeFile(new Uint8Array(await file.arrayBuffer()));
        volume.add(directory, name, node);
        node.times.modified = BigInt(Math.trunc(file.lastModified)) * 1_000_000n;
        this.#present.set(path, { node, version: node.version });
      }
    }
  }

  async #remove(path: string): Promise<void> {
    // It was removed together with its directory.
    if (!this.#present.has(path)) return;
    const names = path.split('/');
    const name = names.pop() ?? '';
    let directory = this.#root;
    for (const step of names) directory = await directory.getDirectoryHandle(step);
    await directory.removeEntry(name, { recursive: true });
    for (const known of this.#present.keys()) {
      if (known === path || known.startsWith(`${path}/`)) this.#present.delete(known);
    }
  }

  async #storeInto(directory: DirectoryNode, handle: FileSystemDirectoryHandle, prefix: string): Promise<void> {
    for (const [name, { node }] of directory.entries) {
      const path = prefix + name;
      if (node.kind === 'directory') {
        const below = await handle.getDirectoryHandle(name, { create: true });
        this.#present.set(path, { node, version: 0 });
        await this.#storeInto(node, below, `${path}/`);
      } else if (node.kind === 'file') {
        const known = this.#present.get(path);
        if (known?.node === node && known.version === node.version) continue;
        const { version } = node;
        await writeFile(await handle.getFileHandle(name, { create: true }), node);
        this.#present.set(path, { node, version });
      }
    }
  }
}

/** Replaces the content of a file when all of it is written: the browser writes to a copy first. */
async function writeFile(handle: FileSystemFileHandle, { contents }: FileNode): Promise<void> {
  const writable = await handle.createWritable();
  for (const piece of contents.pieces()) await writable.write(piece);
  await writable.close();
}
