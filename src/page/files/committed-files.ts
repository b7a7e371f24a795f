import { PluginError } from '../../contract/errors.js';
import {
  dataFile,
  packFolder,
  type ReadJournal,
  rootInode,
  storedChunkBytes,
  type StoredNode,
} from '../../contract/storage/stored-journal.js';
import { storedHome, storedName } from '../../contract/storage/stored-name.js';
import type { DirectorySetup, FileEntry } from '../../contract/wasi.js';
import { entriesBelow, readNewer } from './stored-pack.js';

/**
 * The files of stored directories as of the last commit, read by the page while a call of the plug-in runs: its worker cannot answer then.
 */

/** How often a file is read again because a commit was made in the meantime. */
const retries = 5;
/** As on Linux. */
const maxSymlinks = 40;

/** A stored directory at one point in time. */
export interface CommittedDirectory {
  readonly guestPath: string;
  readonly folder: FileSystemDirectoryHandle;
  readonly journal: ReadJournal;
}

/** Returns null if the directory is of an earlier version, or nothing was committed yet. */
export async function openCommitted({ guestPath, backing }: DirectorySetup): Promise<CommittedDirectory | null> {
  if (backing.kind !== 'opfs') return null;
  const home = await (await navigator.storage.getDirectory()).getDirectoryHandle(storedHome);
  const folder = await home.getDirectoryHandle(storedName(backing.id));
  const journal = await readNewer(folder);
  return journal === null ? null : { guestPath, folder, journal };
}

export function listCommitted({ guestPath, journal }: CommittedDirectory): FileEntry[] {
  const prefix = guestPath.endsWith('/') ? guestPath : `${guestPath}/`;
  return Array.from(entriesBelow(journal.nodes, rootInode, prefix, new Set()), ({ path, node }) => entryOf(path, node));
}

/** Returns an entry, or null if there is none. A link is not followed. */
export function statCommitted({ journal }: CommittedDirectory, path: string, inside: string): FileEntry | null {
  const node = find(journal.nodes, inside, false);
  return node === null ? null : entryOf(path, node);
}

/** Reads a file. Returns null if there is none. */
export async function readCommitted(
  directory: CommittedDirectory,
  inside: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  let { journal } = directory;
  for (let left = retries; left > 0; left -= 1) {
    const node = find(journal.nodes, inside, true);
    if (node?.kind !== 'file') return null;
    const bytes = await contentOf(directory.folder, node).catch(() => null);
    const after = await readNewer(directory.folder);
    // Without a commit in the meantime, nothing was written where this file is.
    if (bytes !== null && after?.sequence === journal.sequence) return bytes;
    if (after === null) return null;
    journal = after;
  }
  throw new PluginError('files-failed', {
    message: `"${inside}" changes too often to be read while the plug-in runs`,
    where: inside,
    fix: 'Read it after the call.',
  });
}

async function contentOf(folder: FileSystemDirectoryHandle, node: StoredNode): Promise<Uint8Array<ArrayBuffer>> {
  const inside = await folder.getDirectoryHandle(packFolder);
  const data = await (await inside.getFileHandle(dataFile)).getFile();
  const bytes = new Uint8Array(node.sizeBytes);
  for (const [index, { at, length }] of node.chunks) {
    const start = index * storedChunkBytes;
    const chunk = new Uint8Array(await data.slice(at, at + Math.min(length, node.sizeBytes - start)).arrayBuffer());
    bytes.set(chunk, start);
  }
  return bytes;
}

function entryOf(path: string, node: StoredNode): FileEntry {
  const modified = BigInt(node.times[1]);
  return {
    path,
    kind: node.kind,
    sizeBytes: node.kind === 'file' ? node.sizeBytes : 0,
    modifiedAt: Number(modified / 1_000_000n),
    changed: false,
    target: node.kind === 'symlink' ? node.target : null,
    revision: `${node.inode} ${modified}`,
  };
}

/** Resolves a path as the worker does (worker/wasi/resolve.ts). Returns null if there is nothing. */
function find(nodes: ReadJournal['nodes'], path: string, follow: boolean): StoredNode | null {
  const trail = [rootInode];
  const ahead = path.split('/').toReversed();
  for (let symlinks = 0; ;) {
    const here = nodes.get(trail.at(-1) ?? rootInode);
    const name = ahead.pop();
    if (here === undefined || name === undefined) return here ?? null;
    if (name === '' || name === '.') continue;
    if (here.kind !== 'directory') return null;
    if (name === '..') {
      if (trail.length === 1) return null;
      trail.pop();
      continue;
    }
    const node = nodes.get(here.entries.get(name) ?? 0);
    if (node === undefined) return null;
    if (node.kind === 'symlink' && (ahead.length > 0 || follow)) {
      symlinks += 1;
      if (symlinks > maxSymlinks || node.target.startsWith('/')) return null;
      ahead.push(...node.target.split('/').toReversed());
    } else {
      trail.push(node.inode);
    }
  }
}
