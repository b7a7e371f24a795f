import { PluginError } from '../../../contract/errors.js';
import { type LastSymlink, resolve } from '../resolve.js';
import type { TreeNode } from '../tree.js';
import type { MountedVolume } from '../volumes.js';

/** Where a path of the app's leads. */
export interface Located {
  readonly mounted: MountedVolume;
  /** The path in the directory; empty for the directory itself. */
  readonly inside: string;
}

/** Returns the directory with the longest guest path that contains `path`, as WASI libraries choose it. */
export function locate(volumes: readonly MountedVolume[], path: string): Located | null {
  const holding = volumes.flatMap((mounted) => {
    const prefix = within(mounted.guestPath, '');
    if (path === mounted.guestPath || `${path}/` === prefix) return [{ mounted, inside: '' }];
    return path.startsWith(prefix) ? [{ mounted, inside: path.slice(prefix.length) }] : [];
  });
  return holding.sort((one, other) => one.inside.length - other.inside.length)[0] ?? null;
}

/** Returns what is there, or null. */
export function lookUp({ mounted, inside }: Located, last: LastSymlink): TreeNode | null {
  const { root } = mounted.volume;
  if (inside === '') return root;
  try {
    return resolve(root, inside, last).node;
  } catch (thrown) {
    if (errnoOf(thrown) !== null) return null;
    throw thrown;
  }
}

/** Returns the errno of what code of this chunk or of `wasi.js` refused; each has a class of its own for that. */
export function errnoOf(thrown: unknown): number | null {
  return typeof thrown === 'object' && thrown !== null && 'errno' in thrown ? Number(thrown.errno) : null;
}

/** Returns the path of what is in a directory. */
export function within(directory: string, path: string): string {
  return directory.endsWith('/') ? directory + path : `${directory}/${path}`;
}

export function missing(
  volumes: readonly MountedVolume[],
  path: string,
  kind: 'file' | 'directory',
  found: TreeNode | null,
): PluginError {
  return new PluginError('files-failed', {
    message: `The plug-in has no ${kind} "${path}"`,
    where: path,
    expected: `a ${kind} in one of: ${volumes.map(({ guestPath }) => guestPath).join(', ')}`,
    actual: found === null ? 'nothing of that name' : `a ${found.kind}`,
  });
}
