import { refuse } from './errno.js';
import type { DirectoryNode, TreeNode } from './tree.js';

const maxPathBytes = 4_096;
const maxNameBytes = 255;
/** A path through more symbolic links is a loop, as on Linux. */
const maxSymlinks = 40;

/** The result of resolving a path. */
export interface Place {
  readonly node: TreeNode | null;
  /** The directory that contains the entry. Null if the path ends in `.` or `..`: `node` is then that directory. */
  readonly parent: DirectoryNode | null;
  readonly name: string;
  /** Whether the path ends in a slash, `.` or `..`, so that it can name only a directory. */
  readonly asDirectory: boolean;
}

/**
 * How to treat a symbolic link at the end of the path. `follow`: resolve it. `stay`: return it, unless a slash follows. `entry`: always
 * return it.
 */
export type LastSymlink = 'follow' | 'stay' | 'entry';

/**
 * Resolves `path` from `start`. It never leaves `start`: not by `..`, a leading slash or a symbolic link.
 */
export function resolve(start: DirectoryNode, path: string, last: LastSymlink): Place {
  checkPath(path);
  const trail: DirectoryNode[] = [start];
  // The remaining names, last first.
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

/** Returns the names in `path`, last first. */
function namesOf(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '');
  if (names.some((name) => isLonger(name, maxNameBytes))) refuse('nametoolong');
  return names.toReversed();
}

const encoder = new TextEncoder();

function isLonger(text: string, maxBytes: number): boolean {
  // A UTF-16 unit takes at most three bytes in UTF-8.
  return text.length * 3 > maxBytes && (text.length > maxBytes || encoder.encode(text).length > maxBytes);
}
