import { PluginError } from '../../contract/errors.js';
import type { FileReport, FilesReply, FilesRequest } from '../../contract/wasi.js';
import { errno, Refusal } from './errno.js';
import { resolve } from './resolve.js';
import { type TreeNode, walk } from './tree.js';
import { type MountedVolume, putFile, versionOf } from './volumes.js';

/** Serves a request of the app about the plug-in's files. */
export function serveFiles(volumes: readonly MountedVolume[], request: FilesRequest): FilesReply {
  switch (request.do) {
    case 'list':
      return { done: 'list', files: volumes.flatMap(listVolume) };
    case 'read':
      return { done: 'read', content: readFile(volumes, request.path) };
    case 'write':
      writeFiles(volumes, request.files);
      return { done: 'write' };
  }
}

function listVolume({ guestPath, volume, initial }: MountedVolume): FileReport[] {
  return Array.from(walk(volume.root), ([path, node]) => {
    const before = initial.get(path);
    return {
      path: joined(guestPath, path),
      kind: node.kind,
      sizeBytes: node.kind === 'file' ? node.contents.size : 0,
      modifiedAt: Number(node.times.modified / 1_000_000n),
      changed: before?.node !== node || before.version !== versionOf(node),
    };
  });
}

function readFile(volumes: readonly MountedVolume[], path: string): Uint8Array<ArrayBuffer> {
  const found = locate(volumes, path);
  const node = found === null ? null : lookUp(found.mounted, found.inside);
  if (node?.kind === 'file') return node.contents.bytes();
  throw new PluginError('files-failed', {
    message: `The plug-in has no file "${path}"`,
    where: path,
    expected: `a file in one of: ${volumes.map(({ guestPath }) => guestPath).join(', ')}`,
    actual: node === null ? 'nothing of that name' : `a ${node.kind}`,
  });
}

function writeFiles(
  volumes: readonly MountedVolume[],
  files: readonly (readonly [path: string, content: Uint8Array<ArrayBuffer>])[],
): void {
  for (const [path, content] of files) {
    const found = locate(volumes, path);
    if (found === null) {
      throw new PluginError('files-failed', {
        message: `Cannot write "${path}": it is outside the plug-in's directories`,
        where: path,
        expected: `a path in one of: ${volumes.map(({ guestPath }) => guestPath).join(', ')}`,
      });
    }
    try {
      putFile(found.mounted.volume, found.inside, content);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      const why = thrown.errno === errno.dquot ? 'the directory is full' : 'it is not a valid path';
      throw new PluginError('files-failed', { message: `Cannot write "${path}": ${why}`, where: path });
    }
  }
}

/** Returns the directory with the longest guest path that contains `path`, as WASI libraries choose it. */
function locate(
  volumes: readonly MountedVolume[],
  path: string,
): { readonly mounted: MountedVolume; readonly inside: string } | null {
  const holding = volumes.flatMap((mounted) => {
    const prefix = joined(mounted.guestPath, '');
    return path.startsWith(prefix) ? [{ mounted, inside: path.slice(prefix.length) }] : [];
  });
  return holding.sort((one, other) => one.inside.length - other.inside.length)[0] ?? null;
}

function lookUp({ volume }: MountedVolume, path: string): TreeNode | null {
  try {
    return resolve(volume.root, path, 'follow').node;
  } catch (thrown) {
    if (thrown instanceof Refusal) return null;
    throw thrown;
  }
}

function joined(guestPath: string, path: string): string {
  return guestPath.endsWith('/') ? guestPath + path : `${guestPath}/${path}`;
}
