import { PluginError } from '../../../contract/errors.js';
import { refuse } from '../errno.js';
import { resolve } from '../resolve.js';
import type { DirectoryNode, TreeNode, Volume } from '../tree.js';

/**
 * Creates a file and its parent directories, replacing a file or link of that name. Takes ownership of `bytes`. A path that ends in a slash
 * creates a directory only.
 */
export function putFile(volume: Volume, path: string, bytes: Uint8Array<ArrayBuffer>): TreeNode {
  if (path.endsWith('/')) return makeDirectories(volume, path);
  return putEntry(volume, path, (parent, name) => volume.add(parent, name, volume.makeFile(bytes)));
}

/** Adds an entry with `add`, and its parent directories. A file or link of that name is removed before. Returns the node. */
export function putEntry(volume: Volume, path: string, add: (parent: DirectoryNode, name: string) => void): TreeNode {
  const end = path.lastIndexOf('/') + 1;
  const directory = makeDirectories(volume, path.slice(0, end));
  const name = path.slice(end);
  if (name === '' || name === '.') throw notAPlace(path);
  const present = resolve(directory, name, 'entry').node;
  if (present?.kind === 'directory') throw notAPlace(path);
  if (present !== null) volume.remove(directory, name);
  add(directory, name);
  return resolve(directory, name, 'entry').node ?? refuse('noent');
}

/** Returns the directory of that path, which is created with its parents if it does not exist. */
export function makeDirectories(volume: Volume, path: string): DirectoryNode {
  let directory: DirectoryNode = volume.root;
  for (const step of path.split('/').filter((name) => name !== '' && name !== '.')) {
    let next = resolve(directory, step, 'entry').node;
    if (next?.kind === 'symlink') next = resolve(directory, step, 'follow').node ?? next;
    if (next === null) {
      next = volume.makeDirectory();
      volume.add(directory, step, next);
    }
    if (next.kind !== 'directory') throw notAPlace(path);
    directory = next;
  }
  return directory;
}

function notAPlace(path: string): PluginError {
  return new PluginError('files-failed', {
    message: `Cannot create file "${path}": it names a directory, or one of its parents is not a directory`,
    where: path,
  });
}
