import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { storedHome, storedName } from '../../contract/wasi.js';
import { filesOwner } from '../permissions/rights.js';

/** One file that a plug-in keeps. */
export interface StoredFile {
  /** As the plug-in knows it. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** How often, and how far apart, a file that a worker had open a moment ago is tried again. */
const patience = 20;
const retryMs = 25;

/** What an installation keeps in the origin's private file system. A part of its own, that loads when it is asked for. */
export async function listFiles(owner: string): Promise<readonly StoredFile[]> {
  const found: StoredFile[] = [];
  for (const [guestPath, directory] of await directoriesOf(owner)) await collect(directory, guestPath, found);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Removes one file, or all; what is not there is fine. @throws PluginError `files-failed` */
export async function removeFiles(owner: string, path: string | null): Promise<void> {
  try {
    if (path === null) await removeAll((name) => name.startsWith(storedName(owner)));
    else await removeOne(owner, path);
  } catch (cause) {
    if (isMissing(cause)) return;
    throw new PluginError('files-failed', {
      message: `${path ?? 'The files'} could not be removed: ${describeThrown(cause)}`,
      where: path ?? owner,
      fix: 'Close other tabs in which the plug-in runs, then try again.',
      cause,
    });
  }
}

/** Removes what a library's plug-ins left that are not installed any more. */
export async function sweepFiles(library: string, installations: ReadonlySet<string>): Promise<void> {
  const kept = Array.from(installations, (installation) => storedName(filesOwner(library, installation)));
  const isStale = (name: string): boolean =>
    name.startsWith(storedName(filesOwner(library, ''))) && !kept.some((prefix) => name.startsWith(prefix));
  await removeAll(isStale).catch(() => {}); // The next sweep is soon enough.
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

/** Null where nothing was ever kept, or nothing can be. */
async function openHome(): Promise<FileSystemDirectoryHandle | null> {
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle(storedHome);
  } catch {
    return null;
  }
}

async function collect(directory: FileSystemDirectoryHandle, path: string, found: StoredFile[]): Promise<void> {
  for await (const [name, handle] of directory.entries()) {
    const below = path.endsWith('/') ? path + name : `${path}/${name}`;
    if (handle.kind === 'directory') {
      await collect(handle, below, found);
    } else {
      const { size, lastModified } = await handle.getFile();
      found.push({ path: below, sizeBytes: size, modifiedAt: lastModified });
    }
  }
}

async function removeOne(owner: string, path: string): Promise<void> {
  for (const [guestPath, root] of await directoriesOf(owner)) {
    const prefix = guestPath.endsWith('/') ? guestPath : `${guestPath}/`;
    if (!path.startsWith(prefix)) continue;
    const steps = path.slice(prefix.length).split('/');
    const name = steps.pop() ?? '';
    let directory = root;
    for (const step of steps) directory = await directory.getDirectoryHandle(step);
    await patiently(() => directory.removeEntry(name));
  }
}

async function removeAll(isDoomed: (name: string) => boolean): Promise<void> {
  const home = await openHome();
  if (home === null) return;
  const doomed: string[] = [];
  for await (const name of home.keys()) if (isDoomed(name)) doomed.push(name);
  for (const name of doomed) await patiently(() => home.removeEntry(name, { recursive: true }));
}

/** A worker that was ended just now may still hold a file open. */
async function patiently(remove: () => Promise<void>): Promise<void> {
  for (let left = patience; ; left -= 1) {
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
