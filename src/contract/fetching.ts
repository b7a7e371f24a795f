import { describeThrown } from './error-wire.js';
import { PluginError } from './errors.js';

/** How fetching fails, in the same words wherever it is done: in the worker, or on the page. */

/** No answer came. */
export function unreachable(url: string, cause: unknown): PluginError {
  return new PluginError('fetch-failed', {
    message: `${url} could not be fetched: ${describeThrown(cause)}`,
    where: url,
    fix: 'Check the address and the network; a server on another origin must allow this page (CORS).',
    cause,
  });
}

export function badStatus(url: string, { status, statusText }: Response): PluginError {
  return new PluginError('http-status', {
    message: `${url} could not be fetched: the server answered ${status} ${statusText}`.trim(),
    where: url,
    expected: 'a status from 200 to 299',
    actual: String(status),
    details: { status },
  });
}

/** The answer stopped before its end. */
export function brokeOff(label: string, cause: unknown): PluginError {
  return new PluginError('fetch-failed', {
    message: `Response ${label} ended early: ${describeThrown(cause)}`,
    where: label,
    fix: 'Check the network and try again.',
    cause,
  });
}

/** Returns how many bytes the body has, or null if the server does not say so or encodes the body. */
export function announcedBytes(headers: Headers): number | null {
  const length = Number(headers.get('content-length') ?? Number.NaN);
  return Number.isSafeInteger(length) && !headers.has('content-encoding') ? length : null;
}
