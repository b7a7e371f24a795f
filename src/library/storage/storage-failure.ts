import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';

/** Says what a failing database means to a person. */
export function storageFailure(what: string, thrown: unknown): PluginError {
  if (isPluginError(thrown)) return thrown;
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : '';
  if (name === 'QuotaExceededError') {
    return new PluginError('storage-full', {
      message: `There is no room left for ${what}: the browser gives this site no more storage`,
      where: what,
      fix: 'Remove plug-ins or other data of this site, or free disk space.',
      cause: thrown,
    });
  }
  // SecurityError: a sandboxed page, or storage turned off. InvalidStateError: what older private windows say.
  if (name === 'SecurityError' || name === 'InvalidStateError' || globalThis.indexedDB === undefined) {
    return new PluginError('storage-unavailable', {
      message: 'This page may not keep plug-ins: the browser gives it no storage',
      where: what,
      fix: 'Allow site data for this page, and leave private browsing.',
      cause: thrown,
    });
  }
  return new PluginError('storage-failed', {
    message: `Keeping ${what} failed: ${thrown === null ? 'the browser gives no reason' : describeThrown(thrown)}`,
    where: what,
    fix: 'Try again; if it fails again, close other tabs of this site.',
    cause: thrown,
  });
}

export function storageBlocked(what: string, patienceMs: number): PluginError {
  return new PluginError('storage-blocked', {
    message: `The database of ${what} did not answer within ${patienceMs} ms: another tab or an upgrade holds it`,
    where: what,
    expected: `an answer within ${patienceMs} ms`,
    fix: 'Close other tabs of this site, then try again.',
  });
}
