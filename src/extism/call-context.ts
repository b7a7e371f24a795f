import { isPluginError, PluginError } from '../contract/errors.js';
import type { CallContext as CoreContext } from '../page/base/call-context.js';
import { type Anything, outputOf, type PluginOutput } from './output.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** The lowest level that is logged. Host functions may change it. */
export interface LogFloor {
  level: LogLevel;
  /** Logs that a host function found no room for `length` bytes. */
  readonly reportFull: (length: number) => void;
}

/**
 * The calling plug-in as a host function sees it. Each call of a host function has its own context, so that a function which
 * continues after its call was aborted cannot affect the next call. It expires with the call; then `read` returns null.
 */
export class CallContext {
  /** Null after the function has settled. */
  #running: CoreContext | null;
  readonly #floor: LogFloor;

  constructor(running: CoreContext, floor: LogFloor) {
    this.#running = running;
    this.#floor = floor;
  }

  /** Returns the `hostContext` argument of `call`. */
  hostContext<T = Anything>(): T {
    return (this.#running?.hostContext ?? null) as T;
  }

  /** Allocates a block in the plug-in's memory and returns its handle; logs an error and returns 0n if there is no room. */
  alloc(size: bigint | number): bigint {
    try {
      return this.#now().alloc(Number(size));
    } catch (error) {
      if (!isPluginError(error, 'host-function')) throw error;
      this.#floor.reportFull(Number(size));
      return 0n;
    }
  }

  getVariable(name: string): PluginOutput | null {
    const value = this.#now().getVariable(name);
    return value === null ? null : outputOf(Uint8Array.from(value));
  }

  /** @throws PluginError whose message says `var memory limit exceeded` */
  setVariable(name: string, value: string | Uint8Array): void {
    this.#now().setVariable(name, value);
  }

  deleteVariable(name: string): void {
    this.#now().deleteVariable(name);
  }

  /** Returns a copy of a block, or null for an invalid handle. Handle 0 is the empty string. */
  read(addr: bigint | number): PluginOutput | null {
    if (this.#running === null) return null;
    const bytes = this.#running.read(addr);
    return bytes === null ? null : outputOf(bytes);
  }

  /** Copies text or bytes into a new block and returns its handle. */
  store(input: string | Uint8Array): bigint {
    return this.#now().store(input);
  }

  length(addr: bigint): bigint {
    return this.#running?.length(addr) ?? 0n;
  }

  /** Sets the error that the call fails with. */
  setError(err: string | Error | null = null): void {
    const message = err instanceof Error ? err.message : err;
    if (message === null || message === '') {
      throw new PluginError('invalid-argument', { message: 'could not store error value', where: 'setError' });
    }
    this.#now().setError(message);
  }

  get logLevel(): LogLevel {
    return this.#floor.level;
  }

  /** Sets the log level. A level below the one at creation has no effect. */
  set logLevel(level: LogLevel) {
    this.#floor.level = level;
  }

  /** Expires the context. Called by the runtime when the function has settled. */
  static leave(context: CallContext): void {
    context.#running = null;
  }

  #now(): CoreContext {
    if (this.#running !== null) return this.#running;
    throw new PluginError('context-expired', {
      message: 'A CallContext was used after its host function had settled',
      fix: 'Read and write before the function returns or its promise settles.',
    });
  }
}
