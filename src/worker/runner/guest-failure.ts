import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';

/**
 * The failure of the run under way, if a host function decided on one. JavaScript exceptions can be swallowed by a guest's
 * `catch_all`; what stands here fails the run all the same.
 */
export class GuestFailure {
  #error: PluginError | null = null;
  #exitCode: number | null = null;

  clear(): void {
    this.#error = null;
    this.#exitCode = null;
  }

  /** Ends the guest's run: throws `error`, and remembers it in case the guest swallows the exception. */
  raise(error: PluginError): never {
    this.#error ??= error;
    throw this.#error;
  }

  /** Ends the guest's run with an exit code. 0 is no failure. */
  exit(code: number): never {
    this.#exitCode ??= code;
    // oxlint-disable-next-line typescript/only-throw-error -- No error: it unwinds the guest, and nobody else sees it.
    throw exited;
  }

  /** What the guest ended its run with; null if it did not. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** Remembers why the guest is about to be stopped, whatever it swallowed before. */
  keep(error: PluginError): void {
    this.#error = error;
  }

  get raised(): PluginError | null {
    return this.#error;
  }

  /** What a run that threw `thrown` failed with. */
  of(thrown: unknown, where: string): PluginError {
    return this.#error ?? trapError(thrown, where);
  }
}

const exited = Symbol('the guest ended its run');

/** A trap, or an exception of the guest, as a typed error. */
export function trapError(thrown: unknown, where: string): PluginError {
  if (isPluginError(thrown)) return thrown;
  const what = isStackOverflow(thrown) ? 'it called itself too deeply (stack overflow)' : describeThrown(thrown);
  return new PluginError('guest-trap', { message: `${where} trapped: ${what}`, where, actual: what, cause: thrown });
}

/** Chromium and WebKit throw a RangeError, Firefox an InternalError, "too much recursion". */
function isStackOverflow(thrown: unknown): boolean {
  return /maximum call stack|too much recursion/i.test(describeThrown(thrown));
}
