import {
  encodeCommit,
  journalFiles,
  type JournalStep,
  newerJournal,
  packFolder,
  type ReadJournal,
  rootInode,
  type StoredNode,
} from '../../contract/storage/stored-journal.js';

/** Access of a page to the pack of a stored directory that no plug-in needs to have open. */

/** An entry of a stored directory. */
export interface PackEntry {
  readonly path: string;
  readonly node: StoredNode;
  /** The directory that contains it, and its name there. */
  readonly parent: number;
  readonly name: string;
}

/** Lists every entry. Returns null if the directory has no pack: it is empty, or holds plain files of an earlier version. */
export async function listPack(folder: FileSystemDirectoryHandle): Promise<PackEntry[] | null> {
  const journal = await readNewer(folder);
  return journal === null ? null : Array.from(entriesBelow(journal.nodes, rootInode, '', new Set()));
}

/**
 * Removes an entry that is not a directory; an entry that is missing is no error. The file is replaced as a whole, so a page that ends
 * leaves it as it was.
 *
 * @throws DOMException `NoModificationAllowedError` if a plug-in has the directory open
 */
export async function removeFromPack(folder: FileSystemDirectoryHandle, path: string): Promise<void> {
  const journal = await readNewer(folder);
  if (journal === null) return;
  const found = Array.from(entriesBelow(journal.nodes, rootInode, '', new Set())).find((entry) => entry.path === path);
  if (found === undefined || found.node.kind === 'directory') return;
  const step: JournalStep = ['entry', found.parent, found.name, 0];
  const handle = await journalHandle(folder, journal.which);
  const writable = await handle.createWritable({ keepExistingData: true });
  await writable.write({ type: 'write', position: journal.end, data: encodeCommit(journal.sequence + 1, [step]) });
  await writable.close();
}

/** Reads the journal that is valid. Returns null if there is none. */
export async function readNewer(
  folder: FileSystemDirectoryHandle,
): Promise<(ReadJournal & { readonly which: number }) | null> {
  try {
    const read = async (which: number): Promise<Uint8Array<ArrayBuffer>> =>
      new Uint8Array(await (await (await journalHandle(folder, which)).getFile()).arrayBuffer());
    return newerJournal(await Promise.all([read(0), read(1)]));
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return null;
    throw thrown;
  }
}

async function journalHandle(folder: FileSystemDirectoryHandle, which: number): Promise<FileSystemFileHandle> {
  const inside = await folder.getDirectoryHandle(packFolder);
  return inside.getFileHandle(journalFiles[which] ?? journalFiles[0]);
}

/** Yields every entry below a directory. */
export function* entriesBelow(
  nodes: ReadJournal['nodes'],
  parent: number,
  prefix: string,
  seen: Set<number>,
): Generator<PackEntry> {
  if (seen.has(parent)) return;
  seen.add(parent);
  for (const [name, inode] of nodes.get(parent)?.entries ?? []) {
    const node = nodes.get(inode);
    if (node === undefined) continue;
    yield { path: prefix + name, node, parent, name };
    if (node.kind === 'directory') yield* entriesBelow(nodes, inode, `${prefix}${name}/`, seen);
  }
}
