import type { DirectorySetup } from '../../contract/wasi.js';

/** Guest paths, as the page compares them. The worker resolves what is below them (worker/wasi/access/locate.ts). */

/** Returns the directory with the longest guest path that contains `path`, and the path in it. */
export function locateMount(
  directories: readonly DirectorySetup[],
  path: string,
): { readonly mount: DirectorySetup; readonly inside: string } | null {
  const holding = directories.flatMap((mount) => {
    const prefix = withSlash(mount.guestPath);
    if (path === mount.guestPath || `${path}/` === prefix) return [{ mount, inside: '' }];
    return path.startsWith(prefix) ? [{ mount, inside: path.slice(prefix.length) }] : [];
  });
  return holding.sort((one, other) => one.inside.length - other.inside.length)[0] ?? null;
}

/** Whether a guest path is a directory, or below it. `/` contains all. */
export function isInside(guestPath: string, directory: string): boolean {
  return directory === '/' || withSlash(guestPath).startsWith(withSlash(directory));
}

export function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

/** Returns a guest path as it stands in an archive: without what makes it absolute. */
export function archivePath(path: string): string {
  return path.replace(/^(?:\.?\/)+/u, '');
}

/** Returns the guest path of what stands in an archive of all directories; null if none of them holds it. */
export function fromArchive(directories: readonly DirectorySetup[], path: string): string | null {
  const holding = directories.flatMap(({ guestPath }) => {
    const prefix = archivePath(withSlash(guestPath));
    return path.startsWith(prefix) || `${path}/` === prefix ? [{ guestPath, inside: path.slice(prefix.length) }] : [];
  });
  const [found] = holding.sort((one, other) => one.inside.length - other.inside.length);
  return found === undefined ? null : withSlash(found.guestPath) + found.inside;
}
