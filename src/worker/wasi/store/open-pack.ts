import { PluginError } from '../../../contract/errors.js';
import {
  dataFile,
  journalFiles,
  newerJournal,
  packFolder,
  type ReadJournal,
} from '../../../contract/storage/stored-journal.js';
import { storedHome, storedName } from '../../../contract/storage/stored-name.js';
import type { ChunkStore } from '../contents.js';
import { isNamed } from '../dom-error.js';
import { Pack, type SyncFile } from './pack.js';

/**
 * How many times, and at which interval, opening is retried. The page holds the lock of the directory, so a worker that has the files
 * open was terminated. Browsers let a terminated guest go on for seconds.
 */
const retries = 300;
const retryMs = 25;

/** How often a snapshot is taken again because the directory was changed in the meantime. */
const snapshotRetries = 20;

/** While this file exists, the files of an earlier version are being moved into the pack. */
const importMark = 'importing';

/** @throws PluginError `files-failed` if this page has no origin private file system */
export async function openStoredFolder(id: string, storage: StorageManager | null): Promise<FileSystemDirectoryHandle> {
  if (storage === null || !('getDirectory' in storage)) {
    throw new PluginError('files-failed', {
      message: `Cannot store directory "${id}": this page has no origin private file system`,
      fix: 'Use a secure page (https or localhost) and a browser with an origin private file system, or keep the files in memory.',
    });
  }
  const home = await (await storage.getDirectory()).getDirectoryHandle(storedHome, { create: true });
  return home.getDirectoryHandle(storedName(id), { create: true });
}

/** Opens the pack of a stored directory. Returns null if another worker, of this page or another, has it open. */
export async function openPack(folder: FileSystemDirectoryHandle): Promise<Pack | null> {
  const inside = await folder.getDirectoryHandle(packFolder, { create: true });
  const opened: (SyncFile & { close(): void })[] = [];
  try {
    for (const name of [...journalFiles, dataFile]) {
      const file = await inside.getFileHandle(name, { create: true });
      opened.push(await openSync(file));
    }
    const [first, second, data] = opened;
    if (first === undefined || second === undefined || data === undefined) return null;
    return new Pack({ data, journals: [first, second] });
  } catch (thrown) {
    for (const file of opened) file.close();
    if (isLocked(thrown)) return null;
    throw thrown;
  }
}

/** Runs `load`, which stores the plain files of an earlier version in the pack, if there are any. Then removes them with `clear`. */
export async function importPlain(
  folder: FileSystemDirectoryHandle,
  isNew: boolean,
  load: () => Promise<void>,
  clear: () => Promise<void>,
): Promise<void> {
  const inside = await folder.getDirectoryHandle(packFolder);
  if (isNew) {
    if (!(await hasPlainFiles(folder))) return;
    await inside.getFileHandle(importMark, { create: true });
    await load();
  } else if (!(await hasEntry(inside, importMark))) {
    return;
  }
  await clear();
  await inside.removeEntry(importMark);
}

/** What a directory held at one point in time. */
export interface PackSnapshot {
  readonly nodes: ReadJournal['nodes'];
  readonly chunks: ChunkStore;
}

/** Reads a pack without opening it for writing. Returns null if there is none: nothing is stored, or only plain files. */
export async function readPack(folder: FileSystemDirectoryHandle): Promise<PackSnapshot | null> {
  for (let left = snapshotRetries; ; left -= 1) {
    try {
      const before = await readNewer(folder);
      const data = await readBytes(folder, dataFile);
      const after = await readNewer(folder);
      if (before === null && after === null) return null;
      // Without a commit in the meantime, no range that this journal refers to was written again.
      if (before !== null && after?.sequence === before.sequence)
        return { nodes: before.nodes, chunks: inMemory(data) };
    } catch (thrown) {
      // The file was changed while it was read.
      if (!isNamed(thrown, 'NotReadableError') || left === 0) throw thrown;
    }
    if (left === 0) throw new PluginError('files-failed', { message: 'The directory changes too often to be read' });
    await pause(retryMs);
  }
}

async function readNewer(folder: FileSystemDirectoryHandle): Promise<ReadJournal | null> {
  return newerJournal(await Promise.all(journalFiles.map((name) => readBytes(folder, name))));
}

async function readBytes(folder: FileSystemDirectoryHandle, name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const inside = await folder.getDirectoryHandle(packFolder);
    return new Uint8Array(await (await (await inside.getFileHandle(name)).getFile()).arrayBuffer());
  } catch (thrown) {
    if (isNamed(thrown, 'NotFoundError')) return new Uint8Array(0);
    throw thrown;
  }
}

function inMemory(data: Uint8Array<ArrayBuffer>): ChunkStore {
  return {
    load: (_chunk, { at, length }) => data.subarray(at, at + length),
    release: () => {},
    reserve: () => false,
  };
}

async function hasPlainFiles(folder: FileSystemDirectoryHandle): Promise<boolean> {
  for await (const name of folder.keys()) if (name !== packFolder) return true;
  return false;
}

async function hasEntry(folder: FileSystemDirectoryHandle, wanted: string): Promise<boolean> {
  for await (const name of folder.keys()) if (name === wanted) return true;
  return false;
}

type SyncHandle = SyncFile & { close(): void };

/** Only workers have sync access handles; there is one for a file at a time. */
async function openSync(handle: FileSystemFileHandle): Promise<SyncHandle> {
  const file = handle as FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> };
  for (let left = retries; ; left -= 1) {
    try {
      return await file.createSyncAccessHandle();
    } catch (thrown) {
      if (!isLocked(thrown) || left === 0) throw thrown;
      await pause(retryMs);
    }
  }
}

function isLocked(thrown: unknown): boolean {
  return isNamed(thrown, 'NoModificationAllowedError');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
