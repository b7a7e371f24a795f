import { PluginError } from '../../contract/errors.js';
import type { CallInput, CallLimits } from '../../contract/protocol.js';
import type { FilesReply, FilesRequest } from '../../contract/wasi.js';
import { Deadline } from '../base/deadline.js';
import { abortedError } from '../base/aborted.js';
import type { CallScope } from '../host-functions/host-side.js';
import type { CallEnd } from '../workers/wire.js';

/** The operations of an instance that a job can use. */
export interface JobTarget {
  call(name: string, input: CallInput, scope: CallScope, limits: CallLimits | null): Promise<CallEnd>;
  reset(): Promise<void>;
  files(request: FilesRequest): Promise<FilesReply>;
}

export interface JobParts<Value> {
  /** How errors name the job: `"count_vowels" of count_vowels.wasm`. */
  readonly what: string;
  readonly perform: (target: JobTarget) => Promise<Value>;
  readonly timeoutMs: number | null;
  /** Milliseconds after `timeoutMs` at which the page stops the job. More than 0 for a metered guest, which stops itself at `timeoutMs`. */
  readonly graceMs: number;
  readonly queueTimeoutMs: number | null;
  readonly signal: AbortSignal | null;
  /** Called when the job was aborted or timed out. It has to remove the job from the queue or stop it, and reject it. */
  readonly onStop: (error: PluginError) => void;
}

/** A job in a queue. The type of its result is left out, because a queue holds jobs of all types. */
export interface QueuedJob {
  /** Runs the job on `target` and resolves `promise`. If `run` rejects, the caller has to pass the error to `reject`. */
  run(target: JobTarget): Promise<void>;
  reject(error: PluginError): void;
}

/** One operation on an instance (a call, a reset or a file request), with its deadlines and its signal. It settles exactly once. */
export class Job<Value> implements QueuedJob {
  readonly promise: Promise<Value>;
  readonly #parts: JobParts<Value>;
  readonly #deadline: Deadline;
  #resolve: (value: Value) => void = () => {};
  #reject: (error: PluginError) => void = () => {};
  #state: 'waiting' | 'running' | 'settled' = 'waiting';

  constructor(parts: JobParts<Value>) {
    this.#parts = parts;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#deadline = new Deadline(() => this.#expire());
    this.#deadline.start(parts.queueTimeoutMs);
    parts.signal?.addEventListener('abort', this.#onAbort);
  }

  get waiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Runs the job on `target`. The queue timeout ends, and `timeoutMs` starts. */
  async run(target: JobTarget): Promise<void> {
    this.#state = 'running';
    const { timeoutMs, graceMs } = this.#parts;
    this.#deadline.start(timeoutMs === null ? null : timeoutMs + graceMs);
    const value = await this.#parts.perform(target);
    if (this.#settle()) this.#resolve(value);
  }

  reject(error: PluginError): void {
    if (this.#settle()) this.#reject(error);
  }

  #settle(): boolean {
    if (this.#state === 'settled') return false;
    this.#state = 'settled';
    this.#deadline.stop();
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
    message: `${what} did not start within ${limitMs} ms: no instance was ready`,
    where: what,
    fix: 'Raise queueTimeoutMs or concurrency, or call less often.',
    details: { limitMs },
  });
}

export function callTimeout(what: string, limitMs: number): PluginError {
  return new PluginError('timeout', {
    message: `${what} stopped after ${limitMs} ms: it was still running`,
    where: what,
    expected: `a result within ${limitMs} ms`,
    actual: `none after ${limitMs} ms`,
    fix: 'Raise timeoutMs or remove the plug-in.',
    details: { limitMs },
  });
}
