import { PluginError } from '../contract/errors.js';
import type { CallContext as CoreContext } from '../page/base/call-context.js';
import { type Anything, outputOf, type PluginOutput } from './output.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** What a plug-in logs at least; its host functions may change it. */
export interface LogFloor {
  level: LogLevel;
}

/**
 * The plug-in that calls a host function, as that function sees it. Each run of a function has one of its own, so that what
 * goes on after its call was given up never reaches the next call; from then on it holds nothing, and `read` gives null.
 */
export class CallContext {
  /** Null once the function has given its result. */
  #running: CoreContext | null;
  readonly #floor: LogFloor;

  constructor(running: CoreContext, floor: LogFloor) {
    this.#running = running;
    this.#floor = floor;
  }

  /** What `call` was given for its host functions. */
  hostContext<T = Anything>(): T {
    return (this.#running?.hostContext ?? null) as T;
  }

  /** Makes a block of the plug-in's memory and gives its handle. */
  alloc(size: bigint | number): bigint {
    return this.#now().alloc(Number(size));
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

  /** Returns a copy of a block, or null if `addr` is no handle. Handle 0 is the empty string. */
  read(addr: bigint | number): PluginOutput | null {
    if (this.#running === null) return null;
    const bytes = this.#running.read(addr);
    return bytes === null ? null : outputOf(bytes);
  }

  /** Copies text or bytes into a new block and gives its handle. */
  store(input: string | Uint8Array): bigint {
    return this.#now().store(input);
  }

  length(addr: bigint): bigint {
    return this.#running?.length(addr) ?? 0n;
  }

  /** What the call will fail with. */
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

  /** From here on less is logged; more than the plug-in was created for cannot be. */
  set logLevel(level: LogLevel) {
    this.#floor.level = level;
  }

  /** For the runtime: the function has given its result. */
  static leave(context: CallContext): void {
    context.#running = null;
  }

  #now(): CoreContext {
    if (this.#running !== null) return this.#running;
    throw new PluginError('context-expired', {
      message: 'the CallContext was used after its host function had given its result',
      fix: 'Read and write before the function returns or its promise settles.',
    });
  }
}
