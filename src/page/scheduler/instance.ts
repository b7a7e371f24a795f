import { isPluginError, PluginError } from '../../contract/errors.js';
import type { CallInput, CallLimits, InterruptSetup, StartRequest } from '../../contract/protocol.js';
import type { FilesReply, FilesRequest } from '../../contract/wasi.js';
import { Deadline } from '../base/deadline.js';
import { hasJspi } from '../base/waiting.js';
import type { CallScope, HostLink, HostSide } from '../host-functions/host-side.js';
import {
  type CallEnd,
  parseCallReply,
  parseDone,
  parseEvent,
  parseStartReply,
  type ParsedEvent,
} from '../workers/wire.js';
import type { RunnerHandle } from '../workers/worker-pool.js';
import { type CommittedVars, InstanceVars } from './committed-vars.js';
import { lazyChunk } from '../base/lazy-chunk.js';

/** Milliseconds after its time limit at which the worker of a metered guest is terminated, if the guest has not stopped by then. */
export const meteredGraceMs = 250;

export type LogEvent = Extract<ParsedEvent, { kind: 'log' }>;
/** An event that an instance sends besides its replies. */
export type InstanceEvent = Exclude<ParsedEvent, { kind: 'progress' }>;

/** What is needed to start an instance; the same for all instances of a plug-in. */
export interface InstanceRecipe {
  readonly name: string;
  readonly request: Omit<StartRequest, 'vars' | 'host' | 'interrupt'>;
  /** Null if the plug-in imports no function that runs on the page. */
  readonly host: HostSide | null;
  /** Milliseconds in which the instance must start: instantiate, and run start sections and init hooks. */
  readonly limitMs: number;
  readonly onEvent: (event: InstanceEvent) => void;
  /** Called each time that the promise of a host function has been pending for another `stuckAfterMs`. Queued calls may wait for it. */
  readonly onStuck: (functionName: string) => void;
}

/** One plug-in instance in its own worker, and the page's side of its host link and interrupt flag. */
export class Instance {
  readonly #worker: RunnerHandle;
  readonly #recipe: InstanceRecipe;
  readonly #vars: InstanceVars;
  readonly #link: HostLink | null;
  /** Null if the guest cannot be interrupted: it is not metered, or this page has no way to do it. */
  readonly #flag: InterruptFlag | null;

  constructor(worker: RunnerHandle, recipe: InstanceRecipe, vars: CommittedVars) {
    const { host, request, onEvent, onStuck } = recipe;
    this.#worker = worker;
    this.#recipe = recipe;
    this.#vars = new InstanceVars(vars);
    this.#link =
      host?.connect({
        log: (level, message) => onEvent({ kind: 'log', lines: [{ level, message, at: Date.now() }], dropped: 0 }),
        stuck: onStuck,
        send: (message, transfer) => worker.send(message, transfer),
        breach: (error) => worker.end(error),
        vars: () => vars.all(),
        hasVar: (key) => vars.has(key),
      }) ?? null;
    this.#flag = request.limits === null ? null : InterruptFlag.create();
    worker.onEvent = (data): void => this.#receive(data);
  }

  /**
   * Instantiates, and runs start sections and init hooks. Terminates the worker on a failure or timeout. Resolves with the bytes of the
   * memories that the worker can see.
   */
  async start(): Promise<number> {
    const { request, limitMs, name } = this.#recipe;
    const [link, flag] = [this.#link, this.#flag];
    const deadline = new Deadline(() => this.end(startTimeout(name, limitMs)));
    deadline.start(request.limits === null ? limitMs : limitMs + meteredGraceMs);
    const [vars, sent] = this.#vars.missing();
    sent();
    try {
      const reply = await this.#worker.request(
        (api) => api.start({ ...request, vars: vars ?? [], host: link?.start ?? null, interrupt: flag?.setup ?? null }),
        parseStartReply,
      );
      this.#vars.commit([...(link?.end() ?? []), ...reply.vars]);
      return reply.memoryBytes;
    } catch (error) {
      this.end(new PluginError('closed', { message: `${name} did not start` }));
      // The error of a metered guest that reached its time limit does not name the plug-in.
      throw isPluginError(error, 'load-timeout') ? startTimeout(name, limitMs) : error;
    } finally {
      deadline.stop();
    }
  }

  /** Whether the worker ended, for whatever reason. */
  get ended(): boolean {
    return this.#worker.ended;
  }

  /** Whether a host function that this instance called is running synchronously now. */
  get inHandler(): boolean {
    return this.#link?.inHandler === true;
  }

  /** Runs one call, with the vars that other instances committed since the last one, and commits what it changed. */
  async call(name: string, input: CallInput, scope: CallScope, limits: CallLimits | null): Promise<CallEnd> {
    const link = this.#link;
    const [vars, sent] = this.#vars.missing();
    const begun = link === null ? (scope.program?.wire ?? null) : link.begin(scope);
    const program = begun instanceof Promise ? await begun : begun;
    this.#flag?.clear();
    const end = await this.#worker.request((api) => api.call(name, input, vars, limits, program), parseCallReply);
    const writing = link?.written() ?? null;
    const failure = writing === null ? null : await writing;
    // Set only now: if the request could not be sent, the vars were not sent either.
    sent();
    this.#vars.commit([...(link?.end() ?? []), ...(end.vars ?? [])]);
    // The worker discarded the guest, and a new guest has no vars: the next call sends all of them.
    if (end.discarded !== false) this.#vars.clear();
    if (end.error === null) return failure === null ? end : { ...end, error: failure };
    return link === null ? end : { ...end, error: link.original(end.error) };
  }

  reset(): Promise<void> {
    return this.#worker.request((api) => api.reset(), parseDone);
  }

  async files(request: FilesRequest): Promise<FilesReply> {
    const { parseFilesReply } = await lazyChunk(() => import('../files/parse-files-reply.js'));
    return this.#worker.request((api) => api.files(request), parseFilesReply);
  }

  /** Rejects the request to the page that the running call waits for. Returns false if there is none. */
  rejectWait(error: PluginError): boolean {
    return this.#link?.giveUp(error) === true;
  }

  /** Interrupts a metered guest. Returns false if it cannot be interrupted. */
  interrupt(): boolean {
    if (this.#flag === null) return false;
    // If the worker ends before it replies, the call has been rejected too.
    if (!this.#flag.raise()) this.#worker.request((api) => api.interrupt(), parseDone).catch(() => {});
    return true;
  }

  /** Terminates the worker, and rejects all pending requests to it with `error`. */
  end(error: PluginError): void {
    // In some engines a loop continues in a terminated worker; metered code stops when it reads the flag.
    this.#flag?.raise();
    this.#worker.end(error);
    this.#link?.close();
  }

  #receive(data: unknown): void {
    // The worker handle consumes replies, so an array here is a request of a host call.
    if (Array.isArray(data)) {
      this.#link?.receive(data);
      return;
    }
    const event = parseEvent(data);
    if (event !== null && event.kind !== 'progress') this.#recipe.onEvent(event);
  }
}

/** The page's end of the flag that interrupts a metered guest in the middle of a call (worker/suspend/interrupt-flag.ts). */
class InterruptFlag {
  /** How the worker reads the flag; sent with the start request. */
  readonly setup: InterruptSetup;
  readonly #word: Int32Array | null;

  private constructor(setup: InterruptSetup) {
    this.setup = setup;
    this.#word = setup.way === 'shared' ? new Int32Array(setup.flag) : null;
  }

  /**
   * Returns null if neither shared memory nor JSPI is available (WebKit on a page that is not cross-origin isolated). With JSPI,
   * every call into the guest has to go through `edge.enter` (`GuestState` in worker/runner/imports.ts).
   */
  static create(): InterruptFlag | null {
    if (globalThis.crossOriginIsolated) return new InterruptFlag({ way: 'shared', flag: new SharedArrayBuffer(4) });
    return hasJspi() ? new InterruptFlag({ way: 'message' }) : null;
  }

  /** Clears the flag. To be called before each call. */
  clear(): void {
    if (this.#word !== null) Atomics.store(this.#word, 0, 0);
  }

  /** Raises the flag. Returns false if it is not in shared memory: the caller then has to send a message. */
  raise(): boolean {
    if (this.#word === null) return false;
    Atomics.store(this.#word, 0, 1);
    return true;
  }
}

function startTimeout(name: string, limitMs: number): PluginError {
  return new PluginError('load-timeout', {
    message: `${name} did not start within ${limitMs} ms: it was still instantiating, or running a start section or an init hook`,
    where: name,
    expected: `ready within ${limitMs} ms`,
    actual: `still running after ${limitMs} ms`,
    fix: 'Raise loadTimeoutMs or remove the plug-in.',
    details: { limitMs, phase: 'starting' },
  });
}
