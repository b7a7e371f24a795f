import { describeThrown } from './error-wire.js';
import { PluginError } from './errors.js';

/** Returns the error for a file of the library that did not load from `url`. @param fix what else the app can do */
export function assetFailed(url: string, cause: unknown, fix = ''): PluginError {
  return new PluginError('asset-failed', {
    message: `Cannot load ${url}: ${describeThrown(cause)}`,
    where: url,
    fix: `Serve all files of one release. An update, a policy (script-src) or an ad blocker may be the cause.${fix}`,
    cause,
  });
}
