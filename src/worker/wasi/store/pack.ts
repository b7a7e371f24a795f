import { PluginError } from '../../../contract/errors.js';
import {
  encodeCommit,
  type Extent,
  newerJournal,
  type ReadJournal,
  rootInode,
  storedChunkBytes,
  type StoredNode,
} from '../../../contract/storage/stored-journal.js';
import { Changes, wholeSteps } from './changes.js';
import type { Chunk, ChunkStore } from '../contents.js';
import { Space } from './space.js';
import type { DirectoryNode, FileNode, KnownNode, TreeNode, Volume } from '../tree.js';

/** What is used of a `FileSystemSyncAccessHandle`. */
export interface SyncFile {
  getSize(): number;
  read(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
}

export interface PackFiles {
  readonly data: SyncFile;
  readonly journals: readonly [SyncFile, SyncFile];
}

/** Stored chunks that stay in memory, so that they are not read again. */
const maxCachedBytes = 33_554_432;
/** The largest number of bytes that are written at once. */
const maxWriteBytes = 4_194_304;
/** The least by which the data file grows: growing it takes as long as writing. */
const minGrowth = 262_144;
/** The journal is written anew when it is longer than this, and than twice the whole directory. */
const minJournalBytes = 262_144;
/** Less free space than this stays in the data file. */
const minFreeBytes = 4_194_304;
/** The most that one commit moves to make the data file smaller. */
const maxMovedBytes = 16_777_216;

/**
 * A stored directory: one data file with the chunks of all files, and two journals of which one is valid. A commit writes changed chunks
 * where nothing is stored, then appends one record to the journal. What is not in a complete record was never stored.
 */
export class Pack implements ChunkStore {
  readonly changes: Changes = new Changes();
  /** Whether nothing has been committed yet. */
  isNew: boolean;
  readonly #data: SyncFile;
  readonly #journals: readonly [SyncFile, SyncFile];
  #stored: ReadJournal['nodes'];
  #which: number;
  #sequence: number;
  #journalEnd: number;
  #wholeBytes = 0;
  #space: Space;
  /** The size of the data file. */
  #dataSize: number;
  /** Bytes of changed chunks for which there is room at the end of the data file. */
  #reserved = 0;
  #minFreeBytes = minFreeBytes;
  readonly #cached = new Set<Chunk>();
  #cachedBytes = 0;

  constructor({ data, journals }: PackFiles) {
    const found = newerJournal(journals.map(readAll));
    this.#data = data;
    this.#journals = journals;
    this.#stored = found?.nodes ?? new Map();
    this.isNew = found === null;
    this.#which = found?.which ?? 0;
    this.#sequence = found?.sequence ?? 0;
    this.#journalEnd = found?.end ?? 0;
    this.#space = new Space(usedExtents(this.#stored));
    this.#dataSize = data.getSize();
    // The last commit may not have been flushed. Only then may the other journal go.
    journals[this.#which]?.flush();
    for (const [which, journal] of journals.entries()) shorten(journal, which === this.#which ? this.#journalEnd : 0);
  }

  /** Adds all that is stored to an empty volume. */
  fill(volume: Volume): void {
    fillVolume(volume, this.#stored);
    this.#stored = new Map();
    this.changes.clear();
  }

  load(chunk: Chunk, extent: Extent): Uint8Array<ArrayBuffer> | null {
    const bytes = new Uint8Array(extent.length);
    if (this.#data.read(bytes, { at: extent.at }) < extent.length) return null;
    this.#cache(chunk, extent.length);
    return bytes;
  }

  release(extent: Extent): void {
    this.#space.release(extent);
  }

  reserve(bytes: number): boolean {
    const missing = this.#space.end + this.#reserved + bytes - this.#dataSize;
    if (missing > 0) {
      const size = this.#dataSize + Math.max(missing, minGrowth);
      try {
        this.#data.truncate(size);
      } catch {
        return false;
      }
      this.#dataSize = size;
    }
    this.#reserved += bytes;
    return true;
  }

  /** Stores all changes of the volume, or none. */
  commit(volume: Volume): void {
    if (this.changes.isEmpty) return;
    if (this.#writeChunks() > 0) this.#data.flush();
    if (this.isNew || this.#journalEnd > Math.max(minJournalBytes, 2 * this.#wholeBytes)) this.#replaceJournal(volume);
    else this.#append();
    this.isNew = false;
    this.changes.clear();
    this.#reserved = 0;
    this.#space.settle();
  }

  /** Returns unused space of the data file to the browser, after a commit. */
  compact(volume: Volume): void {
    const { end, freeBytes } = this.#space;
    if (freeBytes > Math.max(this.#minFreeBytes, end / 2)) {
      this.#moveDown(volume);
      this.commit(volume);
      // Free ranges may be too small for any chunk. Then it is not tried again until there is more free space.
      this.#minFreeBytes = this.#space.end < end ? minFreeBytes : 2 * freeBytes;
    }
    if (this.#dataSize - this.#space.end <= minFreeBytes) return;
    this.#dataSize = this.#space.end;
    this.#data.truncate(this.#dataSize);
  }

  /** Writes the changed chunks, many at once. Returns their number. */
  #writeChunks(): number {
    let batch: (readonly [chunk: Chunk, bytes: Uint8Array<ArrayBuffer>])[] = [];
    let batchBytes = 0;
    let limit = 0;
    let count = 0;
    const write = (): void => {
      if (batchBytes > 0) this.#writeBatch(batch, batchBytes);
      [batch, batchBytes] = [[], 0];
    };
    for (const { contents } of this.changes.files()) {
      for (const index of contents.changed) {
        const chunk = contents.chunk(index);
        if (chunk === undefined) continue;
        count += 1;
        const bytes = contents.toStore(index, chunk);
        if (chunk.extent !== null || bytes.length === 0) continue;
        if (batchBytes + bytes.length > limit) write();
        if (batchBytes === 0) limit = this.#batchLimit(bytes.length);
        batch.push([chunk, bytes]);
        batchBytes += bytes.length;
      }
    }
    write();
    return count;
  }

  /** Returns how long a batch that starts with `length` bytes may be, so that it fits in a free range if the first chunk does. */
  #batchLimit(length: number): number {
    const { largestFree } = this.#space;
    return largestFree >= length ? Math.min(maxWriteBytes, largestFree) : maxWriteBytes;
  }

  #writeBatch(batch: readonly (readonly [Chunk, Uint8Array<ArrayBuffer>])[], length: number): void {
    const all = new Uint8Array(length);
    const start = this.#space.allocate(length);
    let at = 0;
    for (const [, bytes] of batch) {
      all.set(bytes, at);
      at += bytes.length;
    }
    try {
      writeAt(this.#data, all, start);
    } catch (thrown) {
      this.#space.release({ at: start, length });
      throw thrown;
    }
    this.#dataSize = Math.max(this.#dataSize, start + length);
    at = start;
    for (const [chunk, bytes] of batch) {
      chunk.extent = { at, length: bytes.length };
      at += bytes.length;
      this.#cache(chunk, bytes.length);
    }
  }

  #append(): void {
    const journal = this.#journals[this.#which] ?? this.#journals[0];
    const record = encodeCommit(this.#sequence + 1, this.changes.steps());
    try {
      writeAt(journal, record, this.#journalEnd);
      journal.flush();
    } catch (thrown) {
      journal.truncate(this.#journalEnd);
      throw thrown;
    }
    this.#sequence += 1;
    this.#journalEnd += record.length;
  }

  /** Writes the whole directory to the other journal, which is valid once it is complete. */
  #replaceJournal(volume: Volume): void {
    const [before, which] = [this.#which, 1 - this.#which];
    const journal = this.#journals[which] ?? this.#journals[1];
    const record = encodeCommit(this.#sequence + 1, wholeSteps(volume.root));
    journal.truncate(0);
    writeAt(journal, record, 0);
    journal.flush();
    this.#sequence += 1;
    this.#which = which;
    this.#journalEnd = record.length;
    this.#wholeBytes = record.length;
    this.#journals[before]?.truncate(0);
  }

  /** Marks chunks at the end of the data file as changed, so that the next commit stores them in free space before. */
  #moveDown(volume: Volume): void {
    const stored: { readonly file: FileNode; readonly index: number; readonly extent: Extent }[] = [];
    for (const file of filesBelow(volume.root)) {
      for (const [index, { extent }] of file.contents.chunks())
        if (extent !== null) stored.push({ file, index, extent });
    }
    stored.sort((one, other) => other.extent.at - one.extent.at);
    let moved = 0;
    for (const { file, index, extent } of stored) {
      moved += extent.length;
      if (moved > maxMovedBytes) return;
      file.contents.rewrite(index);
      this.changes.node(file);
    }
  }

  #cache(chunk: Chunk, length: number): void {
    if (this.#cached.has(chunk)) return;
    this.#cached.add(chunk);
    this.#cachedBytes += length;
    for (const oldest of this.#cached) {
      if (this.#cachedBytes <= maxCachedBytes) return;
      this.#cached.delete(oldest);
      this.#cachedBytes -= oldest.extent?.length ?? storedChunkBytes;
      if (oldest.extent !== null) oldest.bytes = null;
    }
  }
}

function readAll(file: SyncFile): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(file.getSize());
  return bytes.subarray(0, file.read(bytes, { at: 0 }));
}

function shorten(file: SyncFile, size: number): void {
  if (file.getSize() > size) file.truncate(size);
}

/** @throws PluginError if not everything was written */
function writeAt(file: SyncFile, bytes: Uint8Array<ArrayBuffer>, at: number): void {
  const written = file.write(bytes, { at });
  if (written === bytes.length) return;
  throw new PluginError('files-failed', {
    message: `The disk is full: ${written} of ${bytes.length} bytes were written`,
  });
}

/** Yields the nodes that can be reached from the root, once each. */
function* reachable(nodes: ReadonlyMap<number, StoredNode>): Generator<StoredNode> {
  const seen = new Set([rootInode]);
  for (const inode of seen) {
    const node = nodes.get(inode);
    if (node === undefined) continue;
    yield node;
    for (const child of node.entries.values()) seen.add(child);
  }
}

function usedExtents(nodes: ReadonlyMap<number, StoredNode>): Extent[] {
  return Array.from(reachable(nodes)).flatMap(({ kind, chunks }) => (kind === 'file' ? [...chunks.values()] : []));
}

/** Adds stored nodes to an empty volume. */
export function fillVolume(volume: Volume, nodes: ReadonlyMap<number, StoredNode>): void {
  // A new node must not have the number of one that was removed: the journal still knows that one's chunks.
  for (const inode of nodes.keys()) volume.skipInodes(inode);
  const made = new Map<number, TreeNode>([[rootInode, volume.root]]);
  const stored = Array.from(reachable(nodes));
  for (const node of stored) if (node.inode !== rootInode) made.set(node.inode, restored(volume, node));
  for (const { inode, entries } of stored) {
    const directory = made.get(inode);
    if (directory?.kind !== 'directory') continue;
    for (const [name, child] of entries) {
      const node = made.get(child);
      if (node !== undefined) volume.add(directory, name, node);
    }
  }
  // Adding entries changed the times.
  for (const { inode, times } of stored) Object.assign(made.get(inode)?.times ?? {}, toTimes(times));
}

function restored(volume: Volume, node: StoredNode): TreeNode {
  const known: KnownNode = { inode: node.inode, times: toTimes(node.times) };
  switch (node.kind) {
    case 'directory':
      return volume.makeDirectory(known);
    case 'symlink':
      return volume.makeSymlink(node.target, known);
    case 'file':
      return volume.makeStoredFile(node.sizeBytes, node.chunks, known);
  }
}

function toTimes([accessed, modified, changed]: StoredNode['times']): KnownNode['times'] {
  return { accessed: BigInt(accessed), modified: BigInt(modified), changed: BigInt(changed) };
}

function* filesBelow(directory: DirectoryNode): Generator<FileNode> {
  for (const { node } of directory.entries.values()) {
    if (node.kind === 'file') yield node;
    else if (node.kind === 'directory') yield* filesBelow(node);
  }
}
