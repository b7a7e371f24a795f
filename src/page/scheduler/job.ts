import { PluginError } from '../../contract/errors.js';
import { Deadline } from '../base/deadline.js';
import { abortedError } from '../base/aborted.js';
import type { Slot } from './slot.js';

export interface JobParts<Value> {
  /** What errors call it: `"count_vowels" of count_vowels.wasm`. */
  readonly what: string;
  readonly perform: (slot: Slot) => Promise<Value>;
  readonly timeoutMs: number | null;
  /** How much later it is stopped from outside, because it stops itself. */
  readonly graceMs: number;
  readonly queueTimeoutMs: number | null;
  readonly signal: AbortSignal | null;
  /** The job must end now: take it out of the queue, or end the instance it runs on. */
  readonly onStop: (error: PluginError) => void;
}

/** A job as a queue sees it: what it gives is its own matter. */
export interface QueuedJob {
  /** Runs on the instance of `slot` and resolves the job; what it throws is for the caller to reject it with. */
  run(slot: Slot): Promise<void>;
  reject(error: PluginError): void;
}

/** One call on its way through the queue and an instance. It settles exactly once, whatever happens in which order. */
export class Job<Value> implements QueuedJob {
  readonly promise: Promise<Value>;
  readonly #parts: JobParts<Value>;
  readonly #clock: Deadline;
  #resolve: (value: Value) => void = () => {};
  #reject: (error: PluginError) => void = () => {};
  #state: 'waiting' | 'running' | 'settled' = 'waiting';

  constructor(parts: JobParts<Value>) {
    this.#parts = parts;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#clock = new Deadline(() => this.#expire());
    this.#clock.start(parts.queueTimeoutMs);
    parts.signal?.addEventListener('abort', this.#onAbort);
  }

  get waiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Leaves the queue: from here on the call's own clock runs. */
  async run(slot: Slot): Promise<void> {
    this.#state = 'running';
    const { timeoutMs, graceMs } = this.#parts;
    this.#clock.start(timeoutMs === null ? null : timeoutMs + graceMs);
    const value = await this.#parts.perform(slot);
    if (this.#settle()) this.#resolve(value);
  }

  reject(error: PluginError): void {
    if (this.#settle()) this.#reject(error);
  }

  #settle(): boolean {
    if (this.#state === 'settled') return false;
    this.#state = 'settled';
    this.#clock.stop();
    this.#parts.signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }

  readonly #onAbort = (): void => {
    this.#parts.onStop(abortedError(this.#parts.what, this.#parts.signal));
  };

  #expire(): void {
    const { what, timeoutMs, queueTimeoutMs, onStop } = this.#parts;
    onStop(this.waiting ? queueTimeout(what, queueTimeoutMs ?? 0) : callTimeout(what, timeoutMs ?? 0));
  }
}

function queueTimeout(what: string, limitMs: number): PluginError {
  return new PluginError('queue-timeout', {
    message: `${what} waited ${limitMs} ms for the calls before it`,
    where: what,
    fix: 'Raise queueTimeoutMs or concurrency, or call less often.',
    details: { limitMs },
  });
}

export function callTimeout(what: string, limitMs: number): PluginError {
  return new PluginError('timeout', {
    message: `${what} stopped after ${limitMs} ms: it was still running`,
    where: what,
    expected: `an answer within ${limitMs} ms`,
    actual: `none after ${limitMs} ms`,
    fix: 'Raise timeoutMs or remove the plug-in.',
    details: { limitMs },
  });
}
