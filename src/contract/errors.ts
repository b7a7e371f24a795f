/** What code decides by when it handles an error: it looks these up, and lists no codes of its own. */
export interface ErrorTraits {
  /**
   * Whose fault the error most likely is, and so who can change it: the app (its call, options or host functions), the plug-in, the
   * environment (network, storage, browser, machine) or Tenon. The library blames a plug-in for nothing else than `plugin`.
   */
  readonly fault: 'app' | 'plugin' | 'environment' | 'tenon';
  /** Whether the circuit breaker counts an instance that is lost, or does not start, because of it. */
  readonly countsAsCrash: boolean;
  /** Whether the app or its user asked for it: a guest that is running is then interrupted. */
  readonly isDeliberate: boolean;
  /** Whether nothing more that this worker sends can be trusted: it is terminated. */
  readonly endsWorker: boolean;
  /** Whether the run was ended from outside: compilers and terminated loops of the plug-in may continue for seconds. */
  readonly leavesCode: boolean;
  /** Whether Tenon itself fails, whatever the plug-in is: its files, workers, storage or code. `library.run` then rejects, whatever `onError` says. */
  readonly isTenonFailure: boolean;
}

/**
 * Every failure that a user of Tenon can see is a `PluginError` with one of these codes. The list is closed: a new failure gets a row
 * here: a comment of one line that says when it occurs, for documentation to be generated from, and a kind, whose traits `kinds` lists.
 * No worker refers to the table, so that it stays out of the worker scripts.
 */
export const errorTable = {
  // Calls and options.
  /** An argument of the public API has the wrong type or range. */
  'invalid-argument': 'app',
  /** The manifest or the options do not have the shape of a manifest; `issues` holds every fault. */
  'invalid-manifest': 'app',
  /** The plug-in exports no function of that name. */
  'function-not-found': 'plugin',
  /** The export is not callable as a plug-in function: it has parameters or other results. */
  'function-type': 'plugin',
  /** The plug-in or its host was closed. */
  closed: 'deliberate',
  /** More calls wait than `maxQueue` allows. */
  'queue-full': 'app',
  /** The call waited longer than `queueTimeoutMs`. */
  'queue-timeout': 'app',
  /** The `signal` that the app passed was aborted. */
  aborted: 'deliberate',
  /** A call into an instance that is itself waiting for the caller. */
  reentrant: 'app',
  /** A call waited behind one that has waited for a host function for too long. */
  'reentrant-or-stuck': 'app',
  /** A `CallContext` was used after its handler had settled. */
  'context-expired': 'app',
  /** A `WebAssembly.Module` that the app compiled cannot be limited, hashed or metered. */
  'cannot-limit-module': 'app',
  /** A host function threw, rejected, or returned a value of the wrong type. */
  'host-function': 'app-crash',
  /** This browser, page or build cannot do what was asked. */
  unsupported: 'environment-crash',

  // Sources: the network or the file.
  /** No response: unreachable, blocked by CORS, or offline without a cached copy. */
  'fetch-failed': 'environment',
  /** The response to a module's request was not 2xx. */
  'http-status': 'environment',
  /** Neither a WebAssembly module nor a manifest. */
  'not-a-plugin': 'plugin',
  /** A WebAssembly component, not a module. */
  component: 'plugin',
  /** Starts like a module, but is truncated or does not validate. */
  'invalid-module': 'plugin',
  /** JavaScript or TypeScript that cannot be compiled to a plug-in; `issues` names each place. */
  'invalid-source': 'plugin',
  /** The bytes do not have the hash that the manifest names. */
  'hash-mismatch': 'plugin',
  /** Reading, compiling or instantiating took longer than `loadTimeoutMs` allows. */
  'load-timeout': 'plugin-stopped',

  // What a plug-in requires and does not find.
  /** Unresolved imports; `issues` names each. */
  'missing-import': 'plugin',
  /** An import is provided, but with another type. */
  'import-type': 'plugin',
  /** Built with an Extism PDK from before 1.0. */
  'pre-1-0': 'plugin',
  /** Built for a WASI other than preview 1. */
  'wasi-version': 'plugin',
  /** The plug-in waits for the page while it runs, and nothing on this page lets it wait. */
  'cannot-wait': 'environment-crash',
  /** Two linked modules have the same name, or the name is reserved. */
  'link-name': 'plugin',

  // Refused before it runs.
  /** More bytes than `maxModuleBytes`. */
  'module-size': 'plugin',
  /** Too many types, functions, locals, segments or exports. */
  'module-limit': 'plugin',
  /** The initial memory exceeds the limit. */
  'memory-limit': 'plugin',
  /** More than one memory. */
  'memory-count': 'plugin',
  /** Shared memory. */
  'memory-shared': 'plugin',
  /** 64-bit memory. */
  'memory-64': 'plugin',
  /** Too many tables or table entries. */
  'table-limit': 'plugin',
  /** A function, or all functions together, would take the engine too much time and memory to compile. */
  'compile-cost': 'plugin',
  /** Garbage-collected types, whose heap no limit bounds. */
  'gc-types': 'plugin',

  // Failures while running.
  /** The plug-in reported an error with `error_set`. */
  'guest-error': 'plugin',
  /** The plug-in trapped. */
  'guest-trap': 'plugin',
  /** The plug-in returned a non-zero exit code. */
  'guest-exit': 'plugin',
  /** The call took longer than `timeoutMs`. */
  timeout: 'plugin-stopped',
  /** The call used up its `fuel`. */
  'fuel-exhausted': 'plugin',
  /** One call made more host calls than `maxHostCalls`, or more HTTP requests than `maxRequests`. */
  'host-limit': 'plugin',
  /** The input does not fit in the plug-in's memory limit. */
  'input-too-large': 'plugin',
  /** The output is not in the requested format: it is not JSON. */
  'output-format': 'plugin',
  /** The output exceeds `maxOutputBytes`, or is too large for `json()`. */
  'output-too-large': 'plugin',
  /** An HTTP request to a host that is not allowed. */
  'host-not-allowed': 'app-crash',
  /** An HTTP request of the plug-in failed. */
  'http-failed': 'environment-crash',
  /** An HTTP response exceeds `maxHttpResponseBytes`. */
  'http-too-large': 'plugin',
  /** The plug-in failed too often in a row (see the circuit breaker), or its user turned it off. */
  'plugin-disabled': 'app',

  // The library: installing, storing and changing plug-ins.
  /** No plug-in with that id is installed. */
  'not-installed': 'app',
  /** The user declined. */
  'consent-denied': 'deliberate',
  /** The update is for another plug-in. */
  'id-mismatch': 'plugin',
  /** There is no version to roll back to. */
  'no-previous-version': 'app',
  /** No newer version is known. */
  'no-update': 'app',
  /** A setting does not accept the value; `issues` names each. */
  'setting-invalid': 'app',
  /** Not a readable zip bundle, or nothing in it is a plug-in. */
  'bundle-format': 'plugin',
  /** More entries or bytes than a bundle may have. */
  'bundle-limit': 'plugin',
  /** An entry's name points outside the bundle, or occurs twice. */
  'bundle-path': 'plugin',
  /** The signature is not its publisher's over this plug-in. */
  'signature-invalid': 'plugin',
  /** An update by another publisher, or without one, was not allowed. */
  'publisher-changed': 'plugin',
  /** The block list contains the plug-in's hash, or two pages in a row crashed while this version ran. */
  blocked: 'app',
  /** A right that the plug-in ran with was revoked. */
  'grant-revoked': 'app-stopped',
  /** An extension point's input or output does not match its schema. */
  'point-value': 'plugin',
  /** This page cannot store anything: storage is disabled, or the page is sandboxed. */
  'storage-unavailable': 'own-environment',
  /** The browser grants no more storage. */
  'storage-full': 'environment',
  /** The database does not open: something else blocks it. */
  'storage-blocked': 'own-environment',
  /** The database failed in another way. */
  'storage-failed': 'own-environment',
  /** What was read from storage is not what was written. */
  'record-corrupt': 'environment',
  /** What was read from storage was written by a newer version of the library. */
  'record-newer': 'environment',

  // The machine, the worker and Tenon itself.
  /** A directory in `files` cannot be read or written, or exceeds its quota. */
  'files-failed': 'environment-crash',
  /** Another plug-in, on this page or in another tab, has a stored directory open for writing. */
  'files-in-use': 'environment',
  /** The engine or the host has no room for another live plug-in. */
  'resources-exhausted': 'environment',
  /** A file of the library did not load: an error page of the server, an ad blocker, a policy, or a new release in between. */
  'asset-failed': 'own-environment',
  /** The worker script did not load. */
  'worker-start': 'own-environment',
  /** The worker ended while it was needed. */
  'worker-died': 'plugin-stopped',
  /** The worker sent a message that is not in the protocol. */
  protocol: 'breach',
  /** Cannot happen; please report it. */
  bug: 'tenon',
} as const;

/** The code of a `PluginError`. */
export type ErrorCode = keyof typeof errorTable;

type ErrorKind = (typeof errorTable)[ErrorCode];

/** The traits of most kinds. */
const ordinary = {
  countsAsCrash: false,
  isDeliberate: false,
  endsWorker: false,
  leavesCode: false,
  isTenonFailure: false,
} as const;

/** How each kind differs from that. No spreads here: bundlers would keep them in scripts that do not use the table. */
const kinds: Readonly<Record<ErrorKind, Pick<ErrorTraits, 'fault'> & Partial<ErrorTraits>>> = {
  app: { fault: 'app' },
  /** The app's code fails in the middle of a run: an instance may be lost, or may never start. */
  'app-crash': { fault: 'app', countsAsCrash: true },
  'app-stopped': { fault: 'app', leavesCode: true },
  deliberate: { fault: 'app', isDeliberate: true, leavesCode: true },
  plugin: { fault: 'plugin', countsAsCrash: true },
  'plugin-stopped': { fault: 'plugin', countsAsCrash: true, leavesCode: true },
  breach: { fault: 'plugin', countsAsCrash: true, endsWorker: true, leavesCode: true },
  environment: { fault: 'environment' },
  /** An instance does not start, or fails, and would do so again and again. */
  'environment-crash': { fault: 'environment', countsAsCrash: true },
  /** A file, a worker or the storage of Tenon fails, whatever the plug-in is. */
  'own-environment': { fault: 'environment', isTenonFailure: true },
  tenon: { fault: 'tenon', leavesCode: true, isTenonFailure: true },
};

/** Returns what code decides by when it handles `error`. */
export function traitsOf({ code }: { readonly code: ErrorCode }): ErrorTraits {
  return { ...ordinary, ...kinds[errorTable[code]] };
}

/** Whether `value` is the code of a `PluginError`. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorTable, value);
}

/** One fault of several, for errors that collect all of them (`invalid-manifest`, `missing-import`). */
export interface ErrorIssue {
  /** Its place: `wasm[0].hash`, or `extism:host/user.lookup`. */
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  readonly actual?: string;
  /** The import that is at fault, if the fault is one. */
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

/** Values for programs, by name. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | Uint8Array>>;

/** The parts that a `PluginError` is created from. */
export interface ErrorParts {
  readonly message: string;
  /** The place: module, function, import, option or URL. */
  readonly where?: string | undefined;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  /** One sentence that says what to do. */
  readonly fix?: string | undefined;
  readonly issues?: readonly ErrorIssue[] | undefined;
  /** Values for programs: exit code, HTTP status and the like. */
  readonly details?: ErrorDetails | undefined;
  readonly cause?: unknown;
}

/** A `PluginError` as plain data: what `JSON.stringify` produces. Bytes in `details` are left out. */
export interface ErrorJson extends Omit<ErrorParts, 'cause'> {
  readonly name: 'PluginError';
  readonly code: ErrorCode;
  readonly cause?: string;
}

const brand = Symbol.for('tenon.PluginError');

/**
 * The only error that Tenon throws or rejects with. Recognise it with {@link isPluginError}, never with `instanceof`: an app may load two
 * copies of the library, or receive the error from another realm.
 */
export class PluginError extends Error {
  override readonly name = 'PluginError';
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly expected: string | undefined;
  readonly actual: string | undefined;
  readonly fix: string | undefined;
  readonly issues: readonly ErrorIssue[];
  /** `stderr`: the last lines that the plug-in wrote there, in errors of the guest. `output`: its output, in `guest-exit`. */
  readonly details: ErrorDetails;

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
    const { name, code, message, where, expected, actual, fix, issues, cause } = this;
    const details = Object.fromEntries(Object.entries(this.details).filter(([, value]) => typeof value !== 'object'));
    const parts = {
      where,
      expected,
      actual,
      fix,
      issues,
      details,
      ...(cause !== undefined && { cause: String(cause) }),
    };
    const isFilled = ([, part]: [string, unknown]): boolean => Object.keys(part ?? '').length > 0;
    return { name, code, message, ...Object.fromEntries(Object.entries(parts).filter(isFilled)) };
  }
}

/** Returns whether `value` is a `PluginError`; with `code`, whether it has that code. */
export function isPluginError(value: unknown, code?: ErrorCode): value is PluginError {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false;
  return code === undefined || ('code' in value && value.code === code);
}
