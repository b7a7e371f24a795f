import { refuse } from './errno.js';
import type { Place } from './resolve.js';
import type { DirectoryNode, TreeNode } from './tree.js';

/** What the plug-in and the app do with entries of directories. Each function refuses with an errno and then has changed nothing. */

/** Returns the parent and name of an entry to create; refuses with `exist` if the entry exists. */
export function vacant({ node, parent, name }: Place): { readonly parent: DirectoryNode; readonly name: string } {
  if (node !== null || parent === null) refuse('exist');
  return { parent, name };
}

export function link(node: Exclude<TreeNode, DirectoryNode>, place: Place): void {
  const { parent, name } = vacant(place);
  if (place.asDirectory) refuse('noent');
  if (node.volume !== parent.volume) refuse('xdev');
  parent.volume.mustBeWritable();
  parent.volume.add(parent, name, node);
}

export function symlink(target: string, place: Place): void {
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

export function rename(from: Place, to: Place): void {
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
