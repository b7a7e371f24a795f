import { describeThrown } from './error-wire.js';
import { PluginError } from './errors.js';

/** Returns the error for a file of the library that did not load from `url`. */
export function assetFailed(url: string, cause: unknown, fix = 'Check ad blockers and script-src.'): PluginError {
  return new PluginError('asset-failed', {
    message: `Cannot load ${url}: ${describeThrown(cause)}`,
    where: url,
    fix,
    cause,
  });
}
