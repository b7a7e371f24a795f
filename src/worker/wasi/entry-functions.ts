import { refuse } from './errno.js';
import type { Binding, WasiFunctions } from './functions.js';
import { need, rights } from './rights.js';
import { type Place, resolve } from './resolve.js';
import type { DirectoryNode, TreeNode } from './tree.js';

const flagFollow = 1;

/** What makes, renames and removes entries of directories. */
export function entryFunctions({ program, memory }: Binding): WasiFunctions {
  /** Where the entry named by a path is or is to be. */
  const placeOf = (fd: number, right: number, path: number, length: number): Place => {
    const directory = program.descriptors.directory(fd);
    need(directory, right);
    return resolve(directory.node, memory.text(path, length), 'entry');
  };
  return {
    path_create_directory: (fd: number, path: number, length: number) => {
      const { parent, name } = vacant(placeOf(fd, rights.pathCreateDirectory, path, length));
      parent.volume.mustBeWritable();
      parent.volume.add(parent, name, parent.volume.makeDirectory());
    },
    path_link: (
      oldFd: number,
      lookup: number,
      oldPath: number,
      oldLength: number,
      newFd: number,
      newPath: number,
      newLength: number,
    ) => {
      const source = program.descriptors.directory(oldFd);
      need(source, rights.pathLinkSource);
      const follow = (lookup & flagFollow) !== 0 ? 'follow' : 'stay';
      const { node } = resolve(source.node, memory.text(oldPath, oldLength), follow);
      if (node === null) refuse('noent');
      if (node.kind === 'directory') refuse('perm');
      link(node, placeOf(newFd, rights.pathLinkTarget, newPath, newLength));
    },
    path_symlink: (oldPath: number, oldLength: number, fd: number, newPath: number, newLength: number) => {
      const target = memory.text(oldPath, oldLength);
      const place = placeOf(fd, rights.pathSymlink, newPath, newLength);
      symlink(target, place);
    },
    path_unlink_file: (fd: number, path: number, length: number) => {
      const { node, parent, name } = placeOf(fd, rights.pathUnlinkFile, path, length);
      if (node === null) refuse('noent');
      if (node.kind === 'directory' || parent === null) refuse('isdir');
      parent.volume.mustBeWritable();
      parent.volume.remove(parent, name);
    },
    path_remove_directory: (fd: number, path: number, length: number) => {
      const { node, parent, name } = placeOf(fd, rights.pathRemoveDirectory, path, length);
      if (node === null) refuse('noent');
      if (node.kind !== 'directory') refuse('notdir');
      if (parent === null) refuse('inval');
      parent.volume.mustBeWritable();
      if (node.entries.size > 0) refuse('notempty');
      parent.volume.remove(parent, name);
    },
    path_rename: (fd: number, path: number, length: number, newFd: number, newPath: number, newLength: number) => {
      const from = placeOf(fd, rights.pathRenameSource, path, length);
      rename(from, placeOf(newFd, rights.pathRenameTarget, newPath, newLength));
    },
  };
}

/** A place where nothing is yet. */
function vacant({ node, parent, name }: Place): { readonly parent: DirectoryNode; readonly name: string } {
  if (node !== null || parent === null) refuse('exist');
  return { parent, name };
}

function link(node: Exclude<TreeNode, DirectoryNode>, place: Place): void {
  const { parent, name } = vacant(place);
  if (place.asDirectory) refuse('noent');
  if (node.volume !== parent.volume) refuse('xdev');
  parent.volume.mustBeWritable();
  parent.volume.add(parent, name, node);
}

function symlink(target: string, place: Place): void {
  const { parent, name } = vacant(place);
  if (target === '' || place.asDirectory) refuse('noent');
  if (target.startsWith('/')) refuse('notcapable');
  if (target.includes('\0')) refuse('inval');
  if (target.length > 4_096) refuse('nametoolong');
  const { volume } = parent;
  volume.mustBeWritable();
  if (!volume.limits.symlinks) refuse('notsup');
  volume.add(parent, name, volume.makeSymlink(target));
}

function rename(from: Place, to: Place): void {
  const { node } = from;
  if (node === null) refuse('noent');
  if (from.parent === null || to.parent === null) refuse('inval');
  if (from.parent.volume !== to.parent.volume) refuse('xdev');
  const { volume } = from.parent;
  volume.mustBeWritable();
  if (to.node === node) return;
  if (node.kind === 'directory') {
    if (isWithin(to.parent, node)) refuse('inval');
    if (to.node !== null && to.node.kind !== 'directory') refuse('notdir');
    if (to.node?.kind === 'directory' && to.node.entries.size > 0) refuse('notempty');
  } else {
    if (to.node?.kind === 'directory') refuse('isdir');
    if (to.asDirectory) refuse('notdir');
  }
  volume.move({ parent: from.parent, name: from.name }, { parent: to.parent, name: to.name });
}

function isWithin(directory: DirectoryNode, ancestor: DirectoryNode): boolean {
  for (let at: DirectoryNode | null = directory; at !== null; at = at.parent) {
    if (at === ancestor) return true;
  }
  return false;
}
