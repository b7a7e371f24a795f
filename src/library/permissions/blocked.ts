import { PluginError } from '../../contract/errors.js';
import type { VersionRecord } from '../storage/record.js';

/** The number of crashes in a row that block a version. */
const blockingCrashes = 2;

/** Returns whether a version is blocked because pages crashed again and again while it ran. */
export function isBlockedByCrashes({ crashes = 0 }: VersionRecord): boolean {
  return crashes >= blockingCrashes;
}

/** Returns whether crashes block the version, or the block list names it or one of its modules or source files. */
export function isBlocked(version: VersionRecord, blocked: ReadonlySet<string>): boolean {
  if (isBlockedByCrashes(version) || blocked.has(version.sha256)) return true;
  return [...version.modules, ...(version.sources ?? [])].some(({ sha256 }) => blocked.has(sha256));
}

export function blockedError(version: VersionRecord): PluginError {
  const { name, sha256, crashes } = version;
  if (!isBlockedByCrashes(version)) {
    return new PluginError('blocked', {
      message: `${name} is on the app's block list`,
      where: name,
      actual: sha256,
      fix: 'Remove the plug-in, or install a version that is not blocked.',
    });
  }
  return new PluginError('blocked', {
    message: `${name} is blocked: the page crashed ${crashes} times in a row while it ran`,
    where: name,
    actual: sha256,
    fix: 'Update it or return to its previous version. To run this version again, remove the plug-in and install it once more.',
  });
}
