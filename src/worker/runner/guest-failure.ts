import { describeThrown } from '../../contract/error-wire.js';
import { type ErrorDetails, isPluginError, PluginError } from '../../contract/errors.js';
import type { AfterHostFailure } from '../../contract/policy.js';

/**
 * Records why the current call has to end: an error, a stop or an exit. A guest's `catch_all` can catch JavaScript exceptions; the call
 * still fails.
 */
export class GuestFailure {
  /** Ends the guest with a trap, which its `catch_all` does not catch. */
  readonly trap: () => void;
  #error: PluginError | null = null;
  #exitCode: number | null = null;
  /** Whether a host import failed in this call; `#hostFailedBefore`: in an earlier call of the same instance. */
  #hostFailed = false;
  #hostFailedBefore = false;
  #isUnreachable = false;
  #instances: Instances = new Map();
  #details: () => ErrorDetails = () => ({});

  constructor(trap: () => void) {
    this.trap = trap;
  }

  /** Clears the error and the exit code, before a call. */
  clear(): void {
    this.#error = null;
    this.#exitCode = null;
    this.#hostFailedBefore ||= this.#hostFailed;
    this.#hostFailed = this.#isUnreachable = false;
  }

  /** Sets the function that returns details for errors: what the plug-in wrote in the current call. */
  explainWith(details: () => ErrorDetails): void {
    this.#details = details;
  }

  /** Clears all state. `instances` replace the previous ones. */
  renew(instances: Instances): void {
    this.clear();
    this.#instances = instances;
    this.#hostFailedBefore = false;
  }

  /**
   * Fails the call: throws `error`, or the first error that was raised, and keeps it in case the guest catches the exception. A guest that
   * exceeded a limit of the host must not go on: it traps.
   */
  raise(error: PluginError): never {
    if (error.code === 'host-limit') {
      this.#error = error;
      this.trap();
    }
    this.#error ??= error;
    throw this.#error;
  }

  /** Fails the call because a host import failed: an HTTP request or a function of the app. */
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

  /** Records why the guest was stopped, and replaces any earlier error. */
  keep(error: PluginError): void {
    this.#error = error;
  }

  get raised(): PluginError | null {
    return this.#error;
  }

  get details(): ErrorDetails {
    return this.#details();
  }

  /** Describes an uncaught WebAssembly exception by the export name of its tag; null if `thrown` is not one. */
  #describe(thrown: unknown): string | null {
    if (!(thrown instanceof WebAssembly.Exception)) return null;
    const exports = Array.from(this.#instances.values()).flatMap((instance) => Object.entries(instance.exports));
    const tag = exports.find(([, value]) => value instanceof WebAssembly.Tag && thrown.is(value));
    return `uncaught WebAssembly exception ${tag?.[0] ?? ''}`.trim();
  }

  /** Returns the error for a call that threw `thrown`: the recorded one, or a trap. */
  of(thrown: unknown, where: string): PluginError {
    // The trap that ends a call at a limit of the host says nothing about the guest.
    this.#isUnreachable = this.#error?.code !== 'host-limit' && isUnreachable(thrown);
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

function isUnreachable(thrown: unknown): boolean {
  return thrown instanceof WebAssembly.RuntimeError && /unreachable/i.test(thrown.message);
}

type Instances = ReadonlyMap<string, WebAssembly.Instance>;

const exited = Symbol('exit of the guest');

/** Converts a trap or an exception of the guest to a `PluginError`. */
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

/** Whether `thrown` is a stack overflow: a RangeError in Chromium and WebKit, an InternalError ("too much recursion") in Firefox. */
function isStackOverflow(thrown: unknown): boolean {
  return /call stack|recursion/i.test(describeThrown(thrown));
}
