import type { DirectoryDescriptor } from './descriptors.js';
import { refuse } from './errno.js';
import type { Binding, Program, WasiFunctions } from './functions.js';
import type { GuestMemory } from './guest-memory.js';
import { directoryRights, fileRights, need, rights, toRights } from './rights.js';
import { type Place, resolve } from './resolve.js';
import { fileTypeOf, setTimes, writeFilestat } from './stat.js';
import { link, rename, symlink, vacant } from './entries.js';
import type { DirectoryNode, FileNode, TreeNode } from './tree.js';

const flagFollow = 1;
const allFlags = 31;

/** https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#oflags */
const openFlags = { create: 1, directory: 2, exclusive: 4, truncate: 8 };

/** Returns the functions that take a path (`path_*`). */
export function pathFunctions(binding: Binding): WasiFunctions {
  const { program, memory } = binding;
  const { descriptors, clocks } = program;
  const find = (fd: number, right: number, lookup: number, path: number, length: number): TreeNode => {
    const directory = descriptors.directory(fd);
    need(directory, right);
    const text = memory.text(path, length);
    return resolve(directory.node, text, (lookup & flagFollow) === 0 ? 'stay' : 'follow').node ?? refuse('noent');
  };
  return {
    path_open: (
      fd: number,
      lookup: number,
      path: number,
      length: number,
      asked: number,
      base: bigint,
      inheriting: bigint,
      flags: number,
      result: number,
    ) => {
      memory.setU32(result, 0);
      const wanted = {
        path: memory.text(path, length),
        follow: (lookup & flagFollow) !== 0,
        asked,
        rights: toRights(base),
        inheriting: toRights(inheriting),
        flags,
      };
      memory.setU32(result, openPath(program, fd, wanted));
    },
    path_filestat_get: (fd: number, lookup: number, path: number, length: number, result: number) => {
      const node = find(fd, rights.pathFilestatGet, lookup, path, length);
      writeFilestat(binding, result, node, fileTypeOf(node));
    },
    path_filestat_set_times: (
      fd: number,
      lookup: number,
      path: number,
      length: number,
      accessed: bigint,
      modified: bigint,
      flags: number,
    ) => setTimes(find(fd, rights.pathFilestatSetTimes, lookup, path, length), clocks, accessed, modified, flags),
    path_readlink: (fd: number, path: number, length: number, buffer: number, size: number, used: number) => {
      const node = find(fd, rights.pathReadlink, 0, path, length);
      if (node.kind !== 'symlink') refuse('inval');
      writeCut(memory, buffer, size, used, node.target);
    },
    ...entryFunctions(binding),
  };
}

interface Wanted {
  readonly path: string;
  readonly follow: boolean;
  readonly asked: number;
  readonly rights: number;
  readonly inheriting: number;
  readonly flags: number;
}

function openPath(program: Program, fd: number, wanted: Wanted): number {
  const { descriptors } = program;
  const directory = descriptors.directory(fd);
  const node = nodeToOpen(directory, wanted);
  descriptors.mustHaveRoom();
  const { flags, inheriting } = wanted;
  if (node.kind === 'directory') {
    const held = wanted.rights & directoryRights;
    return descriptors.open({ kind: 'directory', node, preopened: null, rights: held, inheriting, flags });
  }
  if ((wanted.asked & openFlags.truncate) !== 0) node.volume.resize(node, 0);
  const held = wanted.rights & fileRights;
  return descriptors.open({ kind: 'file', node, position: 0, rights: held, inheriting: 0, flags });
}

/** Returns the file or directory to open; creates the file if asked to. */
function nodeToOpen(directory: DirectoryDescriptor, wanted: Wanted): Exclude<TreeNode, { kind: 'symlink' }> {
  const has = (flag: number): boolean => (wanted.asked & flag) !== 0;
  need(directory, rights.pathOpen);
  if (has(openFlags.create)) need(directory, rights.pathCreateFile);
  if (has(openFlags.truncate)) need(directory, rights.pathFilestatSetSize);
  if ((wanted.rights & ~directory.inheriting) !== 0 || (wanted.inheriting & ~directory.inheriting) !== 0) {
    refuse('notcapable');
  }
  if (wanted.asked > 15 || wanted.asked < 0 || wanted.flags > allFlags || wanted.flags < 0) refuse('inval');
  if (has(openFlags.create) && has(openFlags.directory)) refuse('inval');
  const exclusive = has(openFlags.create) && has(openFlags.exclusive);
  const place = resolve(directory.node, wanted.path, exclusive ? 'entry' : wanted.follow ? 'follow' : 'stay');
  const { node, parent } = place;
  if (node === null) {
    if (!has(openFlags.create) || parent === null) refuse('noent');
    if (place.asDirectory) refuse('isdir');
    return createFile(parent, place.name);
  }
  if (exclusive) refuse('exist');
  if (node.kind === 'symlink') refuse('loop');
  const toWrite = (wanted.rights & rights.fdWrite) !== 0 || has(openFlags.truncate);
  if (node.kind === 'directory') {
    if (toWrite || has(openFlags.create)) refuse('isdir');
    return node;
  }
  if (has(openFlags.directory)) refuse('notdir');
  if (toWrite) node.volume.mustBeWritable();
  return node;
}

function createFile(parent: DirectoryNode, name: string): FileNode {
  const { volume } = parent;
  volume.mustBeWritable();
  const file = volume.makeFile();
  volume.add(parent, name, file);
  return file;
}

const encoder = new TextEncoder();

/** Writes `text`, truncated to `size` bytes, and the number of bytes written. */
function writeCut(memory: GuestMemory, buffer: number, size: number, used: number, text: string): void {
  const target = memory.bytes(buffer, size);
  const encoded = encoder.encode(text).subarray(0, target.length);
  target.set(encoded);
  memory.setU32(used, encoded.length);
}

/** Returns the functions that create, rename and remove directory entries. */
function entryFunctions({ program, memory }: Binding): WasiFunctions {
  /** Returns the place of the directory entry that a path names, whether or not it exists. */
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
