import { joined } from '../../../contract/bytes.js';
import { PluginError } from '../../../contract/errors.js';
import type { FileEdit } from '../../../contract/wasi.js';
import { rename, symlink } from '../entries.js';
import { errno, refuse } from '../errno.js';
import { errnoOf, locate, type Located } from './locate.js';
import { makeDirectories, putEntry, putFile } from './put-entry.js';
import { resolve } from '../resolve.js';
import { Savepoint } from './savepoint.js';
import type { DirectoryNode, TreeNode, Volume } from '../tree.js';
import type { MountedVolume } from '../volumes.js';

/** Makes all edits, in order, or none. @throws PluginError `files-failed` */
export function applyEdits(volumes: readonly MountedVolume[], edits: readonly FileEdit[]): void {
  let last = edits[0];
  const places: Located[] = [];
  const apply = (): void => {
    const times: (readonly [TreeNode, number])[] = [];
    for (const [index, edit] of edits.entries()) {
      const place = places[index];
      if (place === undefined) continue;
      last = edit;
      const node = applyOne(volumes, place, edit);
      if (node !== null && 'modifiedAt' in edit && edit.modifiedAt !== null) times.push([node, edit.modifiedAt]);
    }
    // Only now: adding an entry changes the time of its directory.
    for (const [node, modifiedAt] of times)
      node.volume.setModified(node, BigInt(Math.round(modifiedAt * 1_000)) * 1_000n);
  };
  try {
    for (const edit of edits) {
      last = edit;
      places.push(placeOf(volumes, edit.path, edit));
    }
    nest(Array.from(new Set(places.map(({ mounted }) => mounted.volume))), apply);
  } catch (thrown) {
    throw cannotEdit(thrown, last);
  }
}

/** Makes a change of several volumes as a whole. */
function nest([volume, ...others]: readonly Volume[], change: () => void): void {
  if (volume === undefined) {
    change();
    return;
  }
  volume.atomically(new Savepoint(), () => nest(others, change));
}

function applyOne(volumes: readonly MountedVolume[], { mounted, inside }: Located, edit: FileEdit): TreeNode | null {
  const { volume } = mounted;
  switch (edit.do) {
    case 'write':
      return putFile(volume, inside, joinPieces(edit.pieces));
    case 'directory':
      return makeDirectories(volume, inside);
    case 'symlink':
      return putEntry(volume, inside, (parent, name) =>
        symlink(edit.target, { node: null, parent, name, asDirectory: false }),
      );
    case 'remove':
      remove(volume, inside, edit.recursive);
      return null;
    case 'rename': {
      const to = placeOf(volumes, edit.to, edit);
      const end = to.inside.lastIndexOf('/');
      if (end > 0) makeDirectories(to.mounted.volume, to.inside.slice(0, end));
      rename(resolve(volume.root, inside, 'entry'), resolve(to.mounted.volume.root, to.inside, 'entry'));
      return null;
    }
  }
}

function joinPieces(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const [first = new Uint8Array(0), ...others] = pieces;
  if (others.length === 0) return first;
  return joined(
    pieces,
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
}

function remove(volume: Volume, path: string, recursive: boolean): void {
  const { node, parent, name } = resolve(volume.root, path, 'entry');
  if (node === null) refuse('noent');
  if (parent === null) refuse('inval');
  if (node.kind === 'directory' && !recursive && node.entries.size > 0) refuse('notempty');
  removeTree(volume, parent, name, node);
}

function removeTree(volume: Volume, parent: DirectoryNode, name: string, node: TreeNode): void {
  if (node.kind === 'directory') {
    for (const [inner, { node: child }] of node.entries) removeTree(volume, node, inner, child);
  }
  volume.remove(parent, name);
}

function placeOf(volumes: readonly MountedVolume[], path: string, edit: FileEdit): Located {
  const place = locate(volumes, path);
  const expected = `a path in one of: ${volumes.map(({ guestPath }) => guestPath).join(', ')}`;
  if (place === null) {
    throw new PluginError('files-failed', {
      message: `Cannot ${verbs[edit.do]} "${path}": it is outside the plug-in's directories`,
      where: path,
      expected,
    });
  }
  if (!place.mounted.acceptsEdits) refuse('rofs');
  if (place.inside === '' && edit.do !== 'directory') {
    const message = `Cannot ${verbs[edit.do]} "${path}": it is the plug-in's directory itself`;
    throw new PluginError('files-failed', { message, where: path, expected });
  }
  return place;
}

const verbs: Readonly<Record<FileEdit['do'], string>> = {
  write: 'write',
  directory: 'create directory',
  symlink: 'create link',
  remove: 'remove',
  rename: 'rename',
};

const reasons: Readonly<Record<number, string>> = {
  [errno.dquot]: 'the directory is full',
  [errno.nospc]: 'the disk is full',
  [errno.noent]: 'there is nothing of that name',
  [errno.notempty]: 'the directory is not empty; pass { recursive: true } to remove it with its content',
  [errno.isdir]: 'there is a directory of the new name',
  [errno.notdir]: 'there is no directory where the path needs one',
  [errno.xdev]: 'the new name is in another directory of the plug-in; write the file there and remove it here',
  [errno.inval]: 'a directory cannot be moved into itself, or the path is not valid',
  [errno.rofs]: 'the directory is read-only',
  [errno.notsup]: 'this directory cannot hold symbolic links',
  [errno.io]: 'it could not be stored',
};

function cannotEdit(thrown: unknown, edit: FileEdit | undefined): unknown {
  const found = errnoOf(thrown);
  if (found === null || edit === undefined) return thrown;
  const why = reasons[found] ?? 'it is not a valid path';
  return new PluginError('files-failed', {
    message: `Cannot ${verbs[edit.do]} "${edit.path}": ${why}`,
    where: edit.path,
    details: { errno: found },
  });
}
