import { PluginError } from '../../contract/errors.js';
import { type DirectoryBacking, storedHome, storedName } from '../../contract/wasi.js';
import { type DirectoryNode, type FileNode, type TreeNode, type Volume, walk } from './tree.js';

/** How many times, and at which interval, opening a file is retried while another worker has it open. */
const lockRetries = 20;
const lockRetryMs = 25;

/** A stored directory. It is read completely when an instance starts; changes are written back at the end of each call. */
export class StoredDirectory {
  readonly #root: FileSystemDirectoryHandle;
  /** The stored entries, by path. */
  #present = new Map<string, { readonly node: TreeNode; readonly version: number }>();

  constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  async load(volume: Volume): Promise<void> {
    await this.#loadInto(volume, volume.root, this.#root, '');
    volume.touched = false;
  }

  /** Makes the stored directory equal to `volume`. After a failure, storing is tried again at the end of the next call. */
  async store(volume: Volume): Promise<void> {
    volume.touched = false;
    try {
      const wanted = new Map(walk(volume.root));
      for (const [path, { node }] of this.#present) {
        if (wanted.get(path)?.kind !== node.kind) await this.#remove(path);
      }
      await this.#storeInto(volume.root, this.#root, '');
    } catch (thrown) {
      volume.touched = true;
      throw thrown;
    }
  }

  async #loadInto(
    volume: Volume,
    directory: DirectoryNode,
    handle: FileSystemDirectoryHandle,
    prefix: string,
  ): Promise<void> {
    for await (const [name, child] of handle.entries()) {
      const path = prefix + name;
      if (child.kind === 'directory') {
        const node = volume.makeDirectory();
        volume.add(directory, name, node);
        this.#present.set(path, { node, version: 0 });
        await this.#loadInto(volume, node, child, `${path}/`);
      } else {
        const file = await child.getFile();
        // Checked before reading: a file may be larger than the available memory.
        volume.mustHold(file.size);
        const node = volume.makeFile(await readFile(child, file));
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

/** @throws PluginError `files-failed` if this page has no origin private file system */
export async function openStored(
  backing: Exclude<DirectoryBacking, { kind: 'memory' }>,
  storage: StorageManager | null,
): Promise<StoredDirectory> {
  if (backing.kind === 'handle') return new StoredDirectory(backing.handle);
  if (storage === null || !('getDirectory' in storage)) {
    throw new PluginError('files-failed', {
      message: `Cannot store directory "${backing.id}": this page has no origin private file system`,
      fix: 'Use a secure page (https or localhost) and a browser with an origin private file system, or keep the files in memory.',
    });
  }
  const home = await (await storage.getDirectory()).getDirectoryHandle(storedHome, { create: true });
  return new StoredDirectory(await home.getDirectoryHandle(storedName(backing.id), { create: true }));
}

/** Writes a file: in the origin private file system with a sync access handle, which is faster. Directories that a user picked have none. */
async function writeFile(handle: FileSystemFileHandle, { contents }: FileNode): Promise<void> {
  const access = await syncAccess(handle, 'readwrite');
  if (access !== null) {
    try {
      let position = 0;
      for (const piece of contents.pieces()) {
        access.write(piece, { at: position });
        position += piece.length;
      }
      access.truncate(contents.size);
      access.flush();
    } finally {
      access.close();
    }
    return;
  }
  const writable = await handle.createWritable();
  for (const piece of contents.pieces()) await writable.write(piece);
  await writable.close();
}

/** The part of a sync access handle that is used here. Only workers have it, for files of the private file system. */
interface SyncAccess {
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  read(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

type AccessMode = 'readwrite' | 'read-only';

async function syncAccess(handle: FileSystemFileHandle, mode: AccessMode): Promise<SyncAccess | null> {
  const file = handle as { createSyncAccessHandle?: (options: { mode: AccessMode }) => Promise<SyncAccess> };
  for (let retries = lockRetries; ; retries -= 1) {
    try {
      return (await file.createSyncAccessHandle?.({ mode })) ?? null;
    } catch (thrown) {
      if (!(thrown instanceof DOMException)) throw thrown;
      if (thrown.name === 'InvalidStateError' || mode === 'read-only') return null;
      // Another worker has it open, most likely one that is ending and will release its lock.
      if (thrown.name !== 'NoModificationAllowedError' || retries === 0) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, lockRetryMs));
    }
  }
}

/** Reads a file with a sync access handle if it has one: in Firefox six times as fast as with `File`. */
async function readFile(handle: FileSystemFileHandle, file: File): Promise<Uint8Array<ArrayBuffer>> {
  const access = await syncAccess(handle, 'read-only');
  if (access === null) return new Uint8Array(await file.arrayBuffer());
  try {
    const bytes = new Uint8Array(file.size);
    return bytes.subarray(0, access.read(bytes, { at: 0 }));
  } finally {
    access.close();
  }
}
