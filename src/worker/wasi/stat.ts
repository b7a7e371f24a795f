import type { Clocks } from './clocks.js';
import type { Descriptor } from './descriptors.js';
import { refuse } from './errno.js';
import type { Binding } from './functions.js';
import type { TreeNode } from './tree.js';

/** https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#filetype */
const fileTypes = { terminal: 2, directory: 3, file: 4, symlink: 7 };

/** https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fstflags */
const timeFlags = { accessed: 1, accessedNow: 2, modified: 4, modifiedNow: 8 };

export function fileTypeOf(thing: TreeNode | Descriptor): number {
  switch (thing.kind) {
    case 'file':
      return fileTypes.file;
    case 'directory':
      return fileTypes.directory;
    case 'symlink':
      return fileTypes.symlink;
    case 'input':
    case 'output':
      return fileTypes.terminal;
  }
}

const encoder = new TextEncoder();

function sizeOf(node: TreeNode): number {
  if (node.kind === 'file') return node.contents.size;
  return node.kind === 'symlink' ? encoder.encode(node.target).length : 0;
}

/** Writes a `filestat`; for a stream all zeros but its type. */
export function writeFilestat({ memory, layout }: Binding, at: number, node: TreeNode | null, type: number): void {
  const { links, linksBytes, size, bytes } = layout.filestat;
  const whole = memory.bytes(at, bytes);
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  whole.fill(0);
  view.setUint8(16, type);
  if (node === null) return;
  view.setBigUint64(0, BigInt(node.volume.device), true);
  view.setBigUint64(8, BigInt(node.inode), true);
  if (linksBytes === 8) view.setBigUint64(links, BigInt(node.links), true);
  else view.setUint32(links, node.links, true);
  view.setBigUint64(size, BigInt(sizeOf(node)), true);
  view.setBigUint64(size + 8, node.times.accessed, true);
  view.setBigUint64(size + 16, node.times.modified, true);
  view.setBigUint64(size + 24, node.times.changed, true);
}

/** Sets the times that `flags` select, to the given time or to now. */
export function setTimes(node: TreeNode, clocks: Clocks, accessed: bigint, modified: bigint, flags: number): void {
  const both = (one: number, other: number): boolean => (flags & one) !== 0 && (flags & other) !== 0;
  if (
    both(timeFlags.accessed, timeFlags.accessedNow) ||
    both(timeFlags.modified, timeFlags.modifiedNow) ||
    flags > 15
  ) {
    refuse('inval');
  }
  node.volume.mustBeWritable();
  const now = clocks.realtime();
  if ((flags & timeFlags.accessed) !== 0) node.times.accessed = BigInt.asUintN(64, accessed);
  if ((flags & timeFlags.accessedNow) !== 0) node.times.accessed = now;
  if ((flags & timeFlags.modified) !== 0) node.times.modified = BigInt.asUintN(64, modified);
  if ((flags & timeFlags.modifiedNow) !== 0) node.times.modified = now;
  node.times.changed = now;
  node.volume.touch(node);
}
