import { describeThrown } from '../contract/error-wire.js';
import { isPluginError, PluginError } from '../contract/errors.js';

/** Returns an error with the SDK's message, for apps that match on it. Code, place and cause are kept. */
export function sdkFailure(thrown: unknown, functions: object): unknown {
  if (!isPluginError(thrown)) return thrown;
  switch (thrown.code) {
    case 'host-function':
      // The call fails with the host function's own error.
      return thrown.cause ?? thrown;
    case 'guest-error':
      return withMessage(thrown, `Plugin-originated error: ${withoutMark(thrown.message)}`);
    case 'timeout':
      return withMessage(thrown, 'EXTISM: call canceled due to timeout');
    case 'load-timeout':
      return withMessage(thrown, 'EXTISM: timed out while waiting for plugin to instantiate');
    case 'reentrant':
    case 'reentrant-or-stuck':
      return withMessage(thrown, 'plugin is not reentrant');
    case 'host-not-allowed':
      return notAllowed(thrown);
    case 'hash-mismatch':
      return withMessage(
        thrown,
        `Plugin error: hash mismatch. Expected: ${thrown.expected ?? ''}. Actual: ${thrown.actual ?? ''}`,
      );
    case 'guest-trap':
      // The engine's own message, as WebAssembly throws it.
      return thrown.cause instanceof Error ? withMessage(thrown, thrown.cause.message) : thrown;
    case 'missing-import':
    case 'pre-1-0':
    case 'wasi-version':
      return missingImport(thrown, functions);
    default:
      return thrown;
  }
}

/** @param isThere whether something that is no function has that name */
export function functionMissing(thrown: unknown, name: string): unknown {
  if (!isPluginError(thrown, 'function-not-found')) return thrown;
  const isThere = thrown.details['isExported'] === true;
  return withMessage(
    thrown,
    isThere ? `Plugin error: export "${name}" is not a function` : `Plugin error: function "${name}" does not exist`,
  );
}

function notAllowed(error: PluginError): PluginError {
  const url = error.where ?? '';
  const host = URL.canParse(url) ? new URL(url).hostname : url;
  return withMessage(error, `Call error: HTTP request to "${url}" is not allowed (no allowedHosts match "${host}")`);
}

/** Removes a byte order mark, as the SDK's decoders do. */
export function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** The SDK reports the first import alone. */
function missingImport(error: PluginError, functions: object): PluginError {
  const place = error.issues[0]?.import;
  if (place === undefined) return error;
  const { from, module, name } = place;
  const { path = `"${from}"`, isLinked } = error.details;
  const importer = `from module ${String(path)}`;
  if (isLinked === true) {
    return withMessage(error, `${importer}: cannot import "${module}" "${name}"; no export matched request`);
  }
  const why =
    Object.hasOwn(functions, module) || module === 'env' || module === 'extism:host/env'
      ? ` ("${module}" is a host module, but does not contain "${name}")`
      : ': not provided by host imports nor linked manifest items';
  return withMessage(error, `${importer}: cannot resolve import "${module}" "${name}"${why}`);
}

function withMessage(error: PluginError, message: string): PluginError {
  const { where, expected, actual, fix, issues, details, cause } = error;
  const parts = { where, expected, actual, fix, issues, details };
  return new PluginError(error.code, { message, ...parts, cause: cause ?? describeThrown(error) });
}
