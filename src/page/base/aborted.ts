import { PluginError } from '../../contract/errors.js';

/** The app gave up `what`. */
export function abortedError(what: string, signal: AbortSignal | null): PluginError {
  return new PluginError('aborted', { message: `${what} was aborted`, where: what, cause: signal?.reason });
}
