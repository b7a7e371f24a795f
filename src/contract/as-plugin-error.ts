import { isPluginError, PluginError } from './errors.js';

/** Returns a thrown `PluginError` as it is. Any other value becomes the cause of a `bug`, and `what` says what failed. */
export function asPluginError(thrown: unknown, what: string): PluginError {
  return isPluginError(thrown) ? thrown : new PluginError('bug', { message: `BUG: ${what}`, cause: thrown });
}
