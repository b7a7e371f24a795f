import { describeThrown } from '../../contract/error-wire.js';
import { type ErrorDetails, isPluginError, PluginError } from '../../contract/errors.js';
import type { AfterHostFailure } from '../../contract/policy.js';

/**
 * Why the current call has to fail, if a host function failed it. A guest's `catch_all` can catch JavaScript exceptions; the call
 * fails all the same.
 */
export class GuestFailure {
  #error: PluginError | null = null;
  #exitCode: number | null = null;
  /** A host import failed in this call, or in an earlier one of the same instance. */
  #hostFailed = false;
  #hostFailedBefore = false;
  #isUnreachable = false;
  #instances: Instances = new Map();
  #stderr: () => string = () => '';

  /** Starts a call. */
  clear(): void {
    this.#error = null;
    this.#exitCode = null;
    this.#hostFailedBefore ||= this.#hostFailed;
    this.#hostFailed = this.#isUnreachable = false;
  }

  /** Takes what the plug-in wrote on stderr during the call from `stderr`. */
  explainWith(stderr: () => string): void {
    this.#stderr = stderr;
  }

  /** Starts anew, with new instances. */
  renew(instances: Instances): void {
    this.clear();
    this.#instances = instances;
    this.#hostFailedBefore = false;
  }

  /** Ends the call: throws `error`, and keeps it in case the guest catches the exception. */
  raise(error: PluginError): never {
    this.#error ??= error;
    throw this.#error;
  }

  /** Ends the call because a host import failed through no fault of the guest. */
  readonly raiseHost = (error: PluginError): never => {
    this.#hostFailed = true;
    return this.raise(error);
  };

  /** Whether the call that ended leaves an instance that must be replaced. */
  needsNewInstance(after: AfterHostFailure): boolean {
    return after === 'replace' ? this.#hostFailed : after === 'auto' && this.#hostFailedBefore && this.#isUnreachable;
  }

  /** Ends the call with an exit code. 0 is not a failure. */
  exit(code: number): never {
    this.#exitCode ??= code;
    // oxlint-disable-next-line typescript/only-throw-error -- Not an error: it unwinds the guest and is caught by the runner.
    throw exited;
  }

  /** The exit code that ended the call; null if none did. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** Keeps the reason for stopping the guest, in place of an earlier one. */
  keep(error: PluginError): void {
    this.#error = error;
  }

  get raised(): PluginError | null {
    return this.#error;
  }

  /** What the plug-in itself says about a failure. */
  get details(): ErrorDetails {
    const stderr = this.#stderr();
    return stderr === '' ? {} : { stderr };
  }

  /** Names an exception of the guest by its tag, if a module exports that. */
  #describe(thrown: unknown): string | null {
    if (!(thrown instanceof WebAssembly.Exception)) return null;
    const exports = Array.from(this.#instances.values()).flatMap((instance) => Object.entries(instance.exports));
    const tag = exports.find(([, value]) => value instanceof WebAssembly.Tag && thrown.is(value));
    return `uncaught WebAssembly exception ${tag?.[0] ?? ''}`.trim();
  }

  /** Returns the error of a call that threw `thrown`. */
  of(thrown: unknown, where: string): PluginError {
    this.#isUnreachable = thrown instanceof WebAssembly.RuntimeError && /unreachable/i.test(thrown.message);
    if (this.#error !== null) return this.#error;
    if (this.#exitCode !== null) return this.exited(this.#exitCode, where);
    return trapError(thrown, where, this.details, this.#describe(thrown));
  }

  /** Returns the error of a run that ended with an exit code. Policies return a code with an answer. */
  exited(code: number, where: string, output: Uint8Array | null = null): PluginError {
    return new PluginError('guest-exit', {
      message: `${where} returned non-zero exit code: ${code}`,
      where,
      expected: 'exit code 0',
      actual: String(code),
      details: { ...this.details, exitCode: code, ...(output === null ? {} : { output }) },
    });
  }
}

type Instances = ReadonlyMap<string, WebAssembly.Instance>;

const exited = Symbol('the guest ended its run');

/** Returns a trap or an exception of the guest as a typed error. */
export function trapError(
  thrown: unknown,
  where: string,
  details: ErrorDetails = {},
  exception: string | null = null,
): PluginError {
  if (isPluginError(thrown)) return thrown;
  const what = exception ?? (isStackOverflow(thrown) ? 'stack overflow' : describeThrown(thrown));
  const message = `${where} trapped: ${what}`;
  return new PluginError('guest-trap', { message, where, actual: what, details, cause: thrown });
}

/** Chromium and WebKit throw a RangeError, Firefox an InternalError, "too much recursion". */
function isStackOverflow(thrown: unknown): boolean {
  return /call stack|recursion/i.test(describeThrown(thrown));
}
