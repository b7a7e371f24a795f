/**
 * Every failure a user of Tenon can see is a `PluginError` with one of these codes. The list is closed: a new failure gets a
 * new line here, with a comment that says when it happens, and stands under whoever can mend it.
 */
export const errorCodes = [
  // The app's: mend the call.
  'invalid-argument', // an argument of the public API has the wrong type or range
  'invalid-manifest', // the manifest or the options do not have the shape of a manifest; `issues` holds every fault
  'function-not-found', // the plug-in exports no function of that name
  'function-type', // the export is not callable as a plug-in function: it takes parameters or gives other results
  'closed', // the plug-in or its host was closed
  'queue-full', // more calls wait than `maxQueue` admits
  'queue-timeout', // the call waited longer than `queueTimeoutMs`
  'aborted', // the `signal` given by the app was aborted
  'reentrant', // a call into an instance that is itself waiting for the caller
  'reentrant-or-stuck', // a call waited behind one that has waited for a host function for too long
  'context-expired', // a CallContext was used after its handler had settled
  'cannot-limit-module', // a ready-made WebAssembly.Module cannot be capped, hashed or metered
  'host-function', // a host function threw, rejected, or gave a value of the wrong type
  'unsupported', // this browser, page or build cannot do what was asked

  // The network's or the file's: mend the source.
  'fetch-failed', // no answer: unreachable, CORS, offline with nothing cached
  'http-status', // the answer to a module's request was not 2xx
  'not-a-plugin', // neither a WebAssembly module nor a manifest
  'component', // a WebAssembly component, not a module
  'invalid-module', // starts like a module, but is cut short or does not validate
  'hash-mismatch', // the bytes are not those the manifest's hash names
  'load-timeout', // reading, compiling or instantiating took longer than `loadTimeoutMs` allows

  // The plug-in's: it asks for what is not there.
  'missing-import', // imports that nothing provides; `issues` names each
  'import-type', // an import is provided, but with another type
  'pre-1-0', // built with an Extism PDK from before 1.0
  'wasi-version', // built for a WASI other than preview 1
  'cannot-wait', // needs the page while it runs, and nothing here lets a guest wait
  'link-name', // two linked modules share a name, or the name is reserved

  // The plug-in's: refused before it runs.
  'module-size', // more bytes than `maxModuleBytes`
  'module-limit', // an absurd number of types, functions, locals, segments, exports...
  'memory-limit', // initial memory over the cap
  'memory-count', // more than one memory
  'memory-shared', // shared memory
  'memory-64', // 64-bit memory
  'table-limit', // too many tables or entries
  'gc-types', // garbage-collected types, whose heap no cap bounds

  // The plug-in's: it failed while running.
  'guest-error', // the plug-in said so itself, with error_set
  'guest-trap', // the plug-in trapped
  'guest-exit', // the plug-in returned a non-zero exit code
  'timeout', // the call took longer than `timeoutMs`
  'fuel-exhausted', // the call used up its `fuel`
  'input-too-large', // the input does not fit in the plug-in's memory limit
  'output-format', // the output is not what was asked of it: not JSON
  'output-too-large', // the output is larger than `maxOutputBytes`
  'host-not-allowed', // an HTTP request to a host that is not allowed
  'http-failed', // an HTTP request of the plug-in failed
  'http-too-large', // an HTTP response larger than `maxHttpResponseBytes`
  'plugin-disabled', // failed too often in a row; see the circuit breaker

  // The library's: installing, keeping and changing plug-ins.
  'not-installed', // no plug-in with that id is installed
  'consent-denied', // the user said no
  'id-mismatch', // an update is for another plug-in
  'no-previous-version', // there is nothing to roll back to
  'no-update', // nothing newer is known
  'setting-invalid', // a setting has no such value; `issues` names each
  'bundle-format', // not a readable zip bundle, or nothing in it is a plug-in
  'bundle-limit', // more entries or bytes than a bundle may have
  'bundle-path', // an entry's name leaves the bundle, or comes twice
  'signature-invalid', // the signature is not its publisher's over this plug-in
  'publisher-changed', // an update by another publisher, or by none, was not allowed
  'blocked', // the block list names the plug-in's hash
  'grant-revoked', // a right the plug-in ran with was taken back
  'point-value', // an extension point's input or output is not what its schema says
  'storage-unavailable', // this page may keep nothing: storage is turned off, or the page is sandboxed
  'storage-full', // the browser gives no more room
  'storage-blocked', // the database does not open: something else holds it
  'storage-failed', // the database failed in another way
  'record-corrupt', // what was kept is not what was written
  'record-newer', // what was kept was written by a newer version of the library

  // Everyone's: the machine is full or something died.
  'files-failed', // a directory given in `files` cannot be read, written, or holds more than its quota
  'resources-exhausted', // the engine or the host has no room for another live plug-in
  'worker-start', // the worker script did not load
  'hibernated', // not thrown: why an instance was replaced, in a `restarted` event
  'worker-died', // the worker ended while it was needed
  'protocol', // the worker sent a message that is not in the protocol
  'bug', // cannot happen; please report it
] as const;

/** What went wrong, as one word from a closed list. */
export type ErrorCode = (typeof errorCodes)[number];

/** One fault among several, for errors that collect all of them (`invalid-manifest`, `missing-import`). */
export interface ErrorIssue {
  /** Where: `wasm[0].hash`, or `extism:host/user.lookup`. */
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  readonly actual?: string;
  /** The import that is at fault, if it is one. */
  readonly import?: ImportPlace;
}

/** One import of one of a plug-in's modules. */
export interface ImportPlace {
  /** The module that imports. */
  readonly from: string;
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}

/** What a `PluginError` is made of. */
export interface ErrorParts {
  readonly message: string;
  /** The place: module, function, import, option or URL. */
  readonly where?: string | undefined;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  /** One sentence that says how to mend it. */
  readonly fix?: string | undefined;
  readonly issues?: readonly ErrorIssue[] | undefined;
  /** Exit code, HTTP status and other numbers a program may want. */
  readonly details?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly cause?: unknown;
}

/** A `PluginError` as plain data: what `JSON.stringify` gives. */
export interface ErrorJson extends Omit<ErrorParts, 'cause'> {
  readonly name: 'PluginError';
  readonly code: ErrorCode;
  readonly cause?: string;
}

const brand = Symbol.for('tenon.PluginError');

/**
 * The one error that leaves Tenon. Recognise it with {@link isPluginError}, never with `instanceof`: an app may hold two
 * copies of the library, or get the error from another realm.
 */
export class PluginError extends Error {
  override readonly name = 'PluginError';
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly expected: string | undefined;
  readonly actual: string | undefined;
  readonly fix: string | undefined;
  readonly issues: readonly ErrorIssue[];
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.where = parts.where;
    this.expected = parts.expected;
    this.actual = parts.actual;
    this.fix = parts.fix;
    this.issues = parts.issues ?? [];
    this.details = parts.details ?? {};
    Object.defineProperty(this, brand, { value: true });
  }

  toJSON(): ErrorJson {
    const { where, expected, actual, fix, issues, details, cause } = this;
    return {
      name: 'PluginError',
      code: this.code,
      message: this.message,
      ...(where === undefined ? {} : { where }),
      ...(expected === undefined ? {} : { expected }),
      ...(actual === undefined ? {} : { actual }),
      ...(fix === undefined ? {} : { fix }),
      ...(issues.length === 0 ? {} : { issues }),
      ...(Object.keys(details).length === 0 ? {} : { details }),
      ...(cause === undefined ? {} : { cause: String(cause) }),
    };
  }
}

/** Whether `value` is a `PluginError`, and, if a code is given, one with that code. */
export function isPluginError(value: unknown, code?: ErrorCode): value is PluginError {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false;
  return code === undefined || ('code' in value && value.code === code);
}
