import { refuse } from './errno.js';
import type { DirectoryNode, TreeNode } from './tree.js';

const maxPathBytes = 4_096;
const maxNameBytes = 255;
/** As on Linux: a path that goes through more is a loop. */
const maxSymlinks = 40;

/** Where a path leads. */
export interface Place {
  readonly node: TreeNode | null;
  /** The directory that holds the entry; null when the path names a directory by `.` or `..`, and then there is a node. */
  readonly parent: DirectoryNode | null;
  readonly name: string;
  /** The path ends in a slash: what it names is a directory, or is to be one. */
  readonly asDirectory: boolean;
}

/**
 * What a symlink at the path's very end stands for: `follow`, what it leads to; `stay`, itself, unless a slash comes after;
 * `entry`, itself always, as it is the entry that matters.
 */
export type LastSymlink = 'follow' | 'stay' | 'entry';

/**
 * Walks `path` from `start`, and never above it: neither by `..`, nor by a leading slash, nor through a symlink.
 */
export function resolve(start: DirectoryNode, path: string, last: LastSymlink): Place {
  checkPath(path);
  const trail: DirectoryNode[] = [start];
  // The names still to go, last first.
  const ahead = namesOf(path);
  let asDirectory = path.endsWith('/');
  let symlinks = 0;
  for (;;) {
    const here = trail.at(-1) ?? start;
    const name = ahead.pop();
    if (name === undefined) return { node: here, parent: null, name: '.', asDirectory: true };
    if (name === '.') continue;
    if (name === '..') {
      if (trail.length === 1) refuse('notcapable');
      trail.pop();
      continue;
    }
    if (here.removed) refuse('noent');
    const node = here.entries.get(name)?.node ?? null;
    const isLast = ahead.length === 0;
    if (node?.kind === 'symlink' && (!isLast || follows(last, asDirectory))) {
      symlinks += 1;
      if (symlinks > maxSymlinks) refuse('loop');
      checkPath(node.target);
      if (isLast) asDirectory ||= node.target.endsWith('/');
      ahead.push(...namesOf(node.target));
      continue;
    }
    if (isLast) {
      if (asDirectory && node !== null && node.kind !== 'directory') refuse('notdir');
      return { node, parent: here, name, asDirectory };
    }
    if (node === null) refuse('noent');
    if (node.kind !== 'directory') refuse('notdir');
    trail.push(node);
  }
}

function follows(last: LastSymlink, asDirectory: boolean): boolean {
  return last === 'follow' || (last === 'stay' && asDirectory);
}

function checkPath(path: string): void {
  if (path === '') refuse('noent');
  if (path.startsWith('/')) refuse('notcapable');
  if (path.includes('\0')) refuse('inval');
  if (isLonger(path, maxPathBytes)) refuse('nametoolong');
}

/** The names in `path`, last first. */
function namesOf(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '');
  if (names.some((name) => isLonger(name, maxNameBytes))) refuse('nametoolong');
  return names.toReversed();
}

const encoder = new TextEncoder();

function isLonger(text: string, maxBytes: number): boolean {
  // A UTF-16 unit is three bytes at most.
  return text.length * 3 > maxBytes && (text.length > maxBytes || encoder.encode(text).length > maxBytes);
}
