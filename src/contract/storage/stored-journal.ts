import { crc32, joined } from '../bytes.js';

/**
 * The format of a stored directory, `{ opfs }`. Workers write it (worker/wasi/store/pack.ts); pages read it to list what is stored.
 * worker/wasi/store/README.md explains it.
 */

/** The folder in a stored directory that holds its files. What is beside it was stored by an earlier version, as plain files. */
export const packFolder = '.tenon-pack-1';
export const dataFile = 'data';
export const journalFiles = ['journal-0', 'journal-1'] as const;

/** File contents are stored in chunks of this size, the last one shorter. */
export const storedChunkBytes = 262_144;

/** The inode of the directory itself. */
export const rootInode = 1;

export type StoredKind = 'file' | 'directory' | 'symlink';

/** Nanoseconds since the epoch, as decimal numbers, which JSON can hold. */
type StoredTimes = readonly [accessed: string, modified: string, changed: string];

/** One step of a commit, as it stands in the journal. */
export type JournalStep =
  /** Creates a node, or replaces its metadata. `detail` is a file's size or a symbolic link's target. */
  | readonly ['node', inode: number, kind: StoredKind, times: StoredTimes, detail: number | string]
  /** Sets where chunks of a file are: index, position and length of each. Length 0: the chunk is all zeros, or removed. */
  | readonly ['chunks', inode: number, places: readonly number[]]
  /** Sets or removes (inode 0) an entry of a directory. */
  | readonly ['entry', directory: number, name: string, inode: number];

/** A range of the data file. */
export interface Extent {
  readonly at: number;
  readonly length: number;
}

/** A file, directory or link of a stored directory. */
export interface StoredNode {
  readonly inode: number;
  kind: StoredKind;
  times: StoredTimes;
  sizeBytes: number;
  target: string;
  readonly chunks: Map<number, Extent>;
  readonly entries: Map<string, number>;
}

/** A journal as it is after its last complete commit. */
export interface ReadJournal {
  readonly nodes: ReadonlyMap<number, StoredNode>;
  /** The number of the last commit. Of two journals, the one with the larger number is valid. */
  readonly sequence: number;
  /** The number of bytes up to the end of that commit. */
  readonly end: number;
}

const magic = 0x314a_6e54;
const headerBytes = 16;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Returns a commit record: magic number, sequence number, length and CRC-32 of the steps, and the steps as JSON. */
export function encodeCommit(sequence: number, steps: readonly JournalStep[]): Uint8Array<ArrayBuffer> {
  const payload = encoder.encode(JSON.stringify(steps));
  const header = new DataView(new ArrayBuffer(headerBytes));
  header.setUint32(0, magic, true);
  header.setUint32(4, sequence, true);
  header.setUint32(8, payload.length, true);
  header.setUint32(12, crc32(payload), true);
  return joined([new Uint8Array(header.buffer), payload], headerBytes + payload.length);
}

/** Reads the commits up to the first one that is incomplete. Returns null if not even the first one is complete. */
export function readJournal(bytes: Uint8Array<ArrayBuffer>): ReadJournal | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nodes = new Map<number, StoredNode>();
  let last: number | null = null;
  let end = 0;
  while (end + headerBytes <= bytes.length && view.getUint32(end, true) === magic) {
    const sequence = view.getUint32(end + 4, true);
    const payload = bytes.subarray(end + headerBytes, end + headerBytes + view.getUint32(end + 8, true));
    if (last !== null && sequence !== last + 1) break;
    if (payload.length !== view.getUint32(end + 8, true) || crc32(payload) !== view.getUint32(end + 12, true)) break;
    for (const step of JSON.parse(decoder.decode(payload)) as readonly JournalStep[]) apply(nodes, step);
    last = sequence;
    end += headerBytes + payload.length;
  }
  return last === null ? null : { nodes, sequence: last, end };
}

/** Of a store's two journals, returns the valid one, and which it is. Null if nothing was stored yet. */
export function newerJournal(
  journals: readonly Uint8Array<ArrayBuffer>[],
): (ReadJournal & { readonly which: number }) | null {
  const found = journals.flatMap((bytes, which) => {
    const journal = readJournal(bytes);
    return journal === null ? [] : [{ ...journal, which }];
  });
  return found.sort((one, other) => other.sequence - one.sequence)[0] ?? null;
}

function apply(nodes: Map<number, StoredNode>, step: JournalStep): void {
  const known = nodes.get(step[1]);
  switch (step[0]) {
    case 'node': {
      const [, inode, kind, times, detail] = step;
      const node = known ?? { ...blankNode, inode, chunks: new Map(), entries: new Map() };
      Object.assign(node, { kind, times }, typeof detail === 'string' ? { target: detail } : { sizeBytes: detail });
      nodes.set(inode, node);
      return;
    }
    case 'chunks':
      setChunks(known?.chunks, step[2]);
      return;
    case 'entry': {
      const [, , name, inode] = step;
      // Removed first, so that a replaced entry is listed last, as in the running plug-in.
      known?.entries.delete(name);
      if (inode !== 0) known?.entries.set(name, inode);
    }
  }
}

function setChunks(chunks: Map<number, Extent> | undefined, places: readonly number[]): void {
  for (let next = 0; next + 2 < places.length; next += 3) {
    const [index = 0, at = 0, length = 0] = places.slice(next, next + 3);
    if (length === 0) chunks?.delete(index);
    else chunks?.set(index, { at, length });
  }
}

const blankNode = { kind: 'file' as StoredKind, times: ['0', '0', '0'] as StoredTimes, sizeBytes: 0, target: '' };
