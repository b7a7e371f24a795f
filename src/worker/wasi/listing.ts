import { type DirectoryNode, firstOrder } from './tree.js';
import { fileTypeOf } from './stat.js';

const entryBytes = 24;
const encoder = new TextEncoder();

interface Listed {
  readonly name: string;
  readonly inode: number;
  readonly type: number;
  /** The cookie of the next entry. */
  readonly next: number;
}

/**
 * Writes entries from `cookie` on into `buffer`, truncating the last one if it does not fit. Returns the number of bytes used; fewer
 * than the buffer has means that the listing is complete.
 */
export function listDirectory(directory: DirectoryNode, buffer: Uint8Array, cookie: bigint): number {
  let used = 0;
  for (const { name, inode, type, next } of entriesFrom(directory, Number(BigInt.asUintN(53, cookie)))) {
    const encoded = encoder.encode(name);
    const entry = new Uint8Array(entryBytes + encoded.length);
    const view = new DataView(entry.buffer);
    view.setBigUint64(0, BigInt(next), true);
    view.setBigUint64(8, BigInt(inode), true);
    view.setUint32(16, encoded.length, true);
    view.setUint8(20, type);
    entry.set(encoded, entryBytes);
    const room = buffer.length - used;
    buffer.set(entry.subarray(0, room), used);
    used += Math.min(room, entry.length);
    if (room <= entry.length) break;
  }
  return used;
}

function* entriesFrom(directory: DirectoryNode, first: number): Generator<Listed> {
  const type = fileTypeOf(directory);
  const { inode } = directory;
  if (first === 0) yield { name: '.', inode, type, next: 1 };
  if (first <= 1) yield { name: '..', inode: directory.parent?.inode ?? inode, type, next: firstOrder };
  // Entries are in the order in which they were added, which is also the order of their cookies.
  for (const [name, { node, order }] of directory.entries) {
    if (order >= first) yield { name, inode: node.inode, type: fileTypeOf(node), next: order + 1 };
  }
}
