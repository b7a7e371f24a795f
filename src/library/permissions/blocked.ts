import { PluginError } from '../../contract/errors.js';
import type { VersionRecord } from '../storage/record.js';

/** Returns whether the block list names the version or one of its modules. */
export function isBlocked(version: VersionRecord, blocked: ReadonlySet<string>): boolean {
  return blocked.has(version.sha256) || version.modules.some(({ sha256 }) => blocked.has(sha256));
}

export function blockedError(name: string, sha256: string): PluginError {
  return new PluginError('blocked', {
    message: `${name} is on the app's block list`,
    where: name,
    actual: sha256,
    fix: 'Remove the plug-in, or install a version that is not blocked.',
  });
}
