import { PluginError } from '../../contract/errors.js';

/** Returns the error for an operation that the app aborted. */
export function abortedError(what: string, signal: AbortSignal | null): PluginError {
  return new PluginError('aborted', { message: `${what} was aborted`, where: what, cause: signal?.reason });
}
