import type { FileEntry, FilesReply, FilesRequest } from '../../../contract/wasi.js';
import { applyEdits } from './edits.js';
import { locate, lookUp, missing, within } from './locate.js';
import type { DirectoryNode, TreeNode } from '../tree.js';
import type { MountedVolume } from '../volumes.js';
import { walk } from '../walk.js';

/**
 * Serves a request of the app about the plug-in's files. It is a lazy chunk (`files.js`) of its own. No class of `wasi.js` is used by value
 * here: it would be another one.
 *
 * @throws PluginError `files-failed`
 */
export function serveFiles(volumes: readonly MountedVolume[], request: FilesRequest): FilesReply {
  switch (request.do) {
    case 'list':
      return { done: 'list', files: list(volumes, request.below) };
    case 'stat':
      return { done: 'list', files: stat(volumes, request.path) };
    case 'read':
      return read(volumes, request);
    case 'edit':
      applyEdits(volumes, request.edits);
      return { done: 'edit' };
  }
}

function list(volumes: readonly MountedVolume[], below: string): FileEntry[] {
  const found = volumes
    .filter(({ guestPath }) => below === '/' || within(guestPath, '').startsWith(within(below, '')))
    .map((mounted) => entriesBelow(mounted, mounted.volume.root, mounted.guestPath, ''));
  const at = locate(volumes, below);
  if (at !== null && at.inside !== '' && below !== '/') {
    const node = lookUp(at, 'follow');
    if (node?.kind === 'directory') found.push(entriesBelow(at.mounted, node, below, within(at.inside, '')));
    else if (found.length === 0) throw missing(volumes, below, 'directory', node);
  } else if (found.length === 0 && below !== '/') {
    throw missing(volumes, below, 'directory', null);
  }
  return found.flat();
}

function entriesBelow(mounted: MountedVolume, directory: DirectoryNode, path: string, inside: string): FileEntry[] {
  return Array.from(walk(directory), ([name, node]) => entryOf(mounted, within(path, name), inside + name, node));
}

function stat(volumes: readonly MountedVolume[], path: string): FileEntry[] {
  const at = locate(volumes, path);
  const node = at === null ? null : lookUp(at, 'entry');
  return at === null || node === null ? [] : [entryOf(at.mounted, path, at.inside, node)];
}

function entryOf({ initial, volume }: MountedVolume, path: string, inside: string, node: TreeNode): FileEntry {
  const before = initial.get(inside);
  const version = node.kind === 'file' ? node.version : 0;
  const isRoot = node === volume.root;
  return {
    path,
    kind: node.kind,
    sizeBytes: node.kind === 'file' ? node.contents.size : 0,
    modifiedAt: Number(node.times.modified / 1_000_000n),
    changed: !isRoot && (before?.node !== node || before.version !== version),
    target: node.kind === 'symlink' ? node.target : null,
    revision: revisionOf(node),
  };
}

function revisionOf(node: TreeNode): string {
  return `${node.inode} ${node.kind === 'file' ? node.version : 0} ${node.times.modified}`;
}

function read(
  volumes: readonly MountedVolume[],
  { path, from, length }: Extract<FilesRequest, { do: 'read' }>,
): FilesReply {
  const at = locate(volumes, path);
  const node = at === null ? null : lookUp(at, 'follow');
  if (node?.kind !== 'file') throw missing(volumes, path, 'file', node);
  const { contents } = node;
  const left = Math.max(0, contents.size - from);
  const content = new Uint8Array(length === null ? left : Math.min(left, length));
  contents.read(content, from);
  return { done: 'read', content, sizeBytes: contents.size, revision: revisionOf(node) };
}
