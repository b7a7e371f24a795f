import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { packFolder } from '../../contract/storage/stored-journal.js';
import { storedHome, storedName } from '../../contract/storage/stored-name.js';
import { listPack, type PackEntry, removeFromPack } from '../../page/files/stored-pack.js';
import { filesOwner } from './record.js';

/** A file that a plug-in stores. */
export interface StoredFile {
  /** The path inside the plug-in. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** Retries for a file that a terminated worker still holds open: browsers let a terminated guest go on for seconds. */
const retries = 200;
const retryMs = 25;

/** Lists the files of an installation in the origin's private file system. This module is a lazy chunk. */
export async function listFiles(owner: string): Promise<readonly StoredFile[]> {
  const found: StoredFile[] = [];
  for (const [guestPath, directory] of await directoriesOf(owner)) {
    const packed = await listPack(directory);
    if (packed === null) await collect(directory, guestPath, found);
    else found.push(...packed.filter(({ node }) => node.kind === 'file').map((entry) => packedFile(entry, guestPath)));
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Removes one file, or all. A missing file is no error. @throws PluginError `files-failed` */
export async function removeFiles(owner: string, path: string | null): Promise<void> {
  try {
    if (path === null) await removeAll((name) => name.startsWith(storedName(owner)));
    else await removeOne(owner, path);
  } catch (cause) {
    if (isMissing(cause)) return;
    throw new PluginError('files-failed', {
      message: `${path ?? 'The stored files'} could not be removed: ${describeThrown(cause)}`,
      where: path ?? owner,
      fix: 'Close other tabs in which the plug-in runs, then try again.',
      cause,
    });
  }
}

/** Removes the files of installations that no longer exist. */
export async function sweepFiles(library: string, installations: ReadonlySet<string>): Promise<void> {
  const kept = Array.from(installations, (installation) => storedName(filesOwner(library, installation)));
  const isStale = (name: string): boolean =>
    name.startsWith(storedName(filesOwner(library, ''))) && !kept.some((prefix) => name.startsWith(prefix));
  await removeAll(isStale).catch(() => {}); // The next sweep retries.
}

async function directoriesOf(owner: string): Promise<[guestPath: string, directory: FileSystemDirectoryHandle][]> {
  const home = await openHome();
  const found: [string, FileSystemDirectoryHandle][] = [];
  if (home === null) return found;
  for await (const [name, handle] of home.entries()) {
    if (handle.kind !== 'directory' || !name.startsWith(storedName(owner))) continue;
    found.push([decodeURIComponent(name.slice(storedName(owner).length)), handle]);
  }
  return found;
}

/** Returns null if no files were ever stored, or the browser has no private file system. */
async function openHome(): Promise<FileSystemDirectoryHandle | null> {
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle(storedHome);
  } catch {
    return null;
  }
}

function packedFile({ path, node }: PackEntry, guestPath: string): StoredFile {
  const modifiedAt = Number(BigInt(node.times[1]) / 1_000_000n);
  return { path: below(guestPath, path), sizeBytes: node.sizeBytes, modifiedAt };
}

function below(directory: string, path: string): string {
  return directory.endsWith('/') ? directory + path : `${directory}/${path}`;
}

/** Lists plain files, which an earlier version stored. A plug-in imports them into its pack when it runs. */
async function collect(directory: FileSystemDirectoryHandle, path: string, found: StoredFile[]): Promise<void> {
  for await (const [name, handle] of directory.entries()) {
    const childPath = below(path, name);
    if (name === packFolder) continue;
    if (handle.kind === 'directory') {
      await collect(handle, childPath, found);
    } else {
      const { size, lastModified } = await handle.getFile();
      found.push({ path: childPath, sizeBytes: size, modifiedAt: lastModified });
    }
  }
}

async function removeOne(owner: string, path: string): Promise<void> {
  for (const [guestPath, root] of await directoriesOf(owner)) {
    const prefix = below(guestPath, '');
    if (!path.startsWith(prefix)) continue;
    if ((await listPack(root)) !== null) {
      await withRetries(() => removeFromPack(root, path.slice(prefix.length)));
      continue;
    }
    const steps = path.slice(prefix.length).split('/');
    const name = steps.pop() ?? '';
    let directory = root;
    for (const step of steps) directory = await directory.getDirectoryHandle(step);
    await withRetries(() => directory.removeEntry(name));
  }
}

async function removeAll(isRemoved: (name: string) => boolean): Promise<void> {
  const home = await openHome();
  if (home === null) return;
  const names: string[] = [];
  for await (const name of home.keys()) if (isRemoved(name)) names.push(name);
  for (const name of names) await withRetries(() => home.removeEntry(name, { recursive: true }));
}

/** Retries a removal: a worker that was just terminated may still hold the file open. */
async function withRetries(remove: () => Promise<void>): Promise<void> {
  for (let left = retries; ; left -= 1) {
    try {
      return await remove();
    } catch (thrown) {
      if (isMissing(thrown)) return;
      if (left === 0) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'NotFoundError';
}
