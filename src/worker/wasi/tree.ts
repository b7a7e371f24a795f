import type { Extent } from '../../contract/storage/stored-journal.js';
import { type ChunkStore, FileContents } from './contents.js';
import { refuse } from './errno.js';

/** Nanoseconds since the epoch. */
export interface Times {
  accessed: bigint;
  modified: bigint;
  changed: bigint;
}

interface NodeBase {
  readonly volume: Volume;
  readonly inode: number;
  readonly times: Times;
  /** The number of directory entries for this file. */
  links: number;
}

/** A node that is read from a store keeps its inode and times. */
export interface KnownNode {
  readonly inode: number;
  readonly times: Times;
}

export interface FileNode extends NodeBase {
  readonly kind: 'file';
  readonly contents: FileContents;
  /** The number of open descriptors; the bytes are kept while there are any. */
  opens: number;
  /** Increases when the bytes change. */
  version: number;
}

export interface DirectoryNode extends NodeBase {
  readonly kind: 'directory';
  readonly entries: Map<string, Entry>;
  /** Null for the root and for a removed directory. */
  parent: DirectoryNode | null;
  removed: boolean;
  /** The `order` of the next entry that is added. */
  nextOrder: number;
}

export interface SymlinkNode extends NodeBase {
  readonly kind: 'symlink';
  readonly target: string;
}

export type TreeNode = FileNode | DirectoryNode | SymlinkNode;

interface Entry {
  readonly node: TreeNode;
  /** Increases from entry to entry, so that a position in a listing stays valid when entries are added or removed. */
  readonly order: number;
}

/** Records what changes in a stored directory. */
export interface ChangeRecord {
  /** Contents or metadata of a node. */
  node(node: TreeNode): void;
  /** An entry was set, or removed (null). */
  entry(directory: DirectoryNode, name: string, node: TreeNode | null): void;
}

/** Keeps nodes as they are before they change (access/savepoint.ts). */
export interface NodeSaver {
  /** Called before a node or its entries change. */
  save(node: TreeNode): void;
  /** Undoes all changes since then, and records that. */
  restore(changes: ChangeRecord | null): void;
}

/** The storage of a directory that is stored in a pack. */
export interface VolumeStore {
  readonly chunks: ChunkStore;
  /** Null for a directory that is only read. */
  readonly changes: ChangeRecord | null;
}

export interface VolumeLimits {
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly readOnly: boolean;
  /** False if the stored directory cannot hold symbolic links. */
  readonly symlinks: boolean;
}

/** The `order` of a directory's first entry. In listings, 0 and 1 are `.` and `..`. */
export const firstOrder = 2;

/** One preopened directory and its contents, in memory and under a quota. */
export class Volume {
  readonly device: number;
  readonly limits: VolumeLimits;
  readonly root: DirectoryNode;
  /** Whether anything has changed since it was last set to false. */
  touched = false;
  /** Makes everything that has changed durable. */
  sync: () => void = () => {};
  readonly #now: () => bigint;
  readonly #onQuota: (limit: 'bytes' | 'entries', max: number) => void;
  readonly #chunks: ChunkStore | null;
  readonly #changes: ChangeRecord | null;
  #usedBytes = 0;
  #usedEntries = 0;
  #lastInode = 0;
  /** During `atomically`, the files whose last entry was removed. Their contents are kept, and no quota applies. */
  #removed: Set<FileNode> | null = null;
  #saver: NodeSaver | null = null;

  constructor(parts: {
    readonly device: number;
    readonly limits: VolumeLimits;
    readonly now: () => bigint;
    readonly onQuota: (limit: 'bytes' | 'entries', max: number) => void;
    readonly store?: VolumeStore | null;
  }) {
    this.device = parts.device;
    this.limits = parts.limits;
    this.#now = parts.now;
    this.#onQuota = parts.onQuota;
    this.#chunks = parts.store?.chunks ?? null;
    this.#changes = parts.store?.changes ?? null;
    this.root = this.makeDirectory();
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get usedEntries(): number {
    return this.#usedEntries;
  }

  now(): bigint {
    return this.#now();
  }

  /** Refuses with `rofs` if the volume is read-only. Then only the app changes it, as a whole. */
  mustBeWritable(): void {
    if (this.limits.readOnly && this.#removed === null) refuse('rofs');
  }

  /** Makes new nodes have larger inode numbers than `last`. */
  skipInodes(last: number): void {
    this.#lastInode = Math.max(this.#lastInode, last);
  }

  makeDirectory(known?: KnownNode): DirectoryNode {
    return {
      ...this.#base(known),
      kind: 'directory',
      entries: new Map(),
      parent: null,
      removed: false,
      nextOrder: firstOrder,
    };
  }

  /** Takes ownership of `initial`. */
  makeFile(initial?: Uint8Array<ArrayBuffer>): FileNode {
    if (initial !== undefined) this.#takeBytes(initial.length);
    return { ...this.#base(), kind: 'file', contents: new FileContents(initial, this.#chunks), opens: 0, version: 0 };
  }

  /** Returns the node of a stored file. Its contents stay where they are. */
  makeStoredFile(size: number, extents: ReadonlyMap<number, Extent>, known: KnownNode): FileNode {
    this.#takeBytes(size);
    const contents = FileContents.stored(this.#chunks, size, extents);
    return { ...this.#base(known), kind: 'file', contents, opens: 0, version: 0 };
  }

  makeSymlink(target: string, known?: KnownNode): SymlinkNode {
    return { ...this.#base(known), kind: 'symlink', target };
  }

  /** Adds an entry; refuses if the volume is full or the directory was removed. */
  add(parent: DirectoryNode, name: string, node: TreeNode): void {
    if (parent.removed) refuse('noent');
    const { maxEntries } = this.limits;
    this.#usedEntries += 1;
    if (this.#removed === null && this.#usedEntries > maxEntries) {
      this.#usedEntries -= 1;
      this.#exceeds('entries', maxEntries);
    }
    this.#put(parent, name, node);
  }

  remove(parent: DirectoryNode, name: string): void {
    const node = parent.entries.get(name)?.node;
    if (node === undefined) return;
    this.#save(parent, node);
    parent.entries.delete(name);
    this.#usedEntries -= 1;
    node.links -= 1;
    this.#changes?.entry(parent, name, null);
    if (node.kind === 'directory') {
      node.removed = true;
      node.parent = null;
    }
    this.#mark(parent, node);
    this.#freeIfUnused(node);
  }

  /** Moves an entry, replacing one with the new name. */
  move(from: { parent: DirectoryNode; name: string }, to: { parent: DirectoryNode; name: string }): void {
    const node = from.parent.entries.get(from.name)?.node;
    if (node === undefined) return;
    if (to.parent.removed) refuse('noent');
    this.remove(to.parent, to.name);
    this.#save(from.parent, node);
    from.parent.entries.delete(from.name);
    this.#changes?.entry(from.parent, from.name, null);
    node.links -= 1;
    this.#mark(from.parent, node);
    this.#put(to.parent, to.name, node);
  }

  /**
   * Makes changes as a whole, and durable: if `change` throws, or what it did exceeds the quota or cannot be stored, everything is as it was.
   * `change` may add, move and remove entries, and must not change the contents of files that exist.
   */
  atomically(saver: NodeSaver, change: () => void): void {
    this.#saver = saver;
    const [usedBytes, usedEntries] = [this.#usedBytes, this.#usedEntries];
    const removed = new Set<FileNode>();
    this.#removed = removed;
    try {
      change();
      this.#mustFit(removed);
      this.sync();
    } catch (thrown) {
      this.#removed = this.#saver = null;
      saver.restore(this.#changes);
      [this.#usedBytes, this.#usedEntries] = [usedBytes, usedEntries];
      throw thrown;
    }
    this.#removed = this.#saver = null;
    for (const node of removed) this.#freeIfUnused(node);
  }

  /** Sets when a node was modified, in nanoseconds since the epoch. */
  setModified(node: TreeNode, modified: bigint): void {
    this.#saver?.save(node);
    node.times.modified = modified;
    this.touch(node);
  }

  /** Records that metadata of a node has changed. */
  touch(node: TreeNode): void {
    this.#changes?.node(node);
    this.touched = true;
  }

  write(node: FileNode, bytes: Uint8Array, position: number): void {
    node.contents.write(bytes, position);
    this.#wrote(node);
  }

  /** Refuses with `dquot` if another file of `size` bytes would exceed the quota. */
  mustHold(size: number): void {
    if (this.#usedBytes + size > this.limits.maxBytes) this.#takeBytes(size);
  }

  /** Reserves quota for a file of `size` bytes before it is written. */
  reserve(node: FileNode, size: number): void {
    this.mustBeWritable();
    if (size > node.contents.size) this.#takeBytes(size - node.contents.size);
  }

  resize(node: FileNode, size: number): void {
    this.reserve(node, size);
    if (size < node.contents.size) node.contents.prepare(size, 0);
    if (size < node.contents.size) this.#usedBytes -= node.contents.size - size;
    node.contents.resize(size);
    this.#wrote(node);
  }

  open(node: FileNode): void {
    node.opens += 1;
  }

  close(node: FileNode): void {
    node.opens -= 1;
    this.#freeIfUnused(node);
  }

  #base(known?: KnownNode): NodeBase {
    const inode = known?.inode ?? this.#lastInode + 1;
    this.#lastInode = Math.max(this.#lastInode, inode);
    const now = this.#now();
    const times = known?.times ?? { accessed: now, modified: now, changed: now };
    return { volume: this, inode, times, links: 0 };
  }

  #put(parent: DirectoryNode, name: string, node: TreeNode): void {
    this.#save(parent, node);
    parent.entries.set(name, { node, order: parent.nextOrder });
    this.#changes?.entry(parent, name, node);
    parent.nextOrder += 1;
    node.links += 1;
    if (node.kind === 'directory') node.parent = parent;
    this.#mark(parent, node);
  }

  #save(parent: DirectoryNode, node: TreeNode): void {
    this.#saver?.save(parent);
    this.#saver?.save(node);
  }

  #mark(parent: DirectoryNode, node: TreeNode): void {
    const now = this.#now();
    parent.times.modified = now;
    parent.times.changed = now;
    node.times.changed = now;
    this.touch(parent);
    this.touch(node);
  }

  #wrote(node: FileNode): void {
    const now = this.#now();
    node.times.modified = now;
    node.times.changed = now;
    node.version += 1;
    this.touch(node);
  }

  #takeBytes(count: number): void {
    const { maxBytes } = this.limits;
    if (this.#removed === null && this.#usedBytes + count > maxBytes) this.#exceeds('bytes', maxBytes);
    this.#usedBytes += count;
  }

  #mustFit(removed: ReadonlySet<FileNode>): void {
    const { maxBytes, maxEntries } = this.limits;
    let bytes = this.#usedBytes;
    for (const node of removed) if (isUnused(node)) bytes -= node.contents.size;
    if (bytes > maxBytes) this.#exceeds('bytes', maxBytes);
    if (this.#usedEntries > maxEntries) this.#exceeds('entries', maxEntries);
  }

  #exceeds(limit: 'bytes' | 'entries', max: number): never {
    this.#onQuota(limit, max);
    refuse('dquot');
  }

  #freeIfUnused(node: TreeNode): void {
    if (node.kind !== 'file' || !isUnused(node)) return;
    if (this.#removed !== null) {
      this.#removed.add(node);
      return;
    }
    this.#usedBytes -= node.contents.size;
    node.contents.resize(0);
  }
}

function isUnused(node: FileNode): boolean {
  return node.links === 0 && node.opens === 0;
}
