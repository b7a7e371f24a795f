import { isPluginError, PluginError } from '../../contract/errors.js';
import type { CallInput, CallLimits, InterruptSetup, StartRequest } from '../../contract/protocol.js';
import type { VarChange } from '../../contract/var-change.js';
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
import type { CommittedVars } from './committed-vars.js';

/** How long after its limit a metered guest, which stops itself, is ended with its worker. */
export const meteredGraceMs = 250;

export type LogEvent = Extract<ParsedEvent, { kind: 'log' }>;
/** What an instance sends beside its answers. */
export type InstanceEvent = Exclude<ParsedEvent, { kind: 'progress' }>;

/** What all instances of one plug-in are made from. */
export interface InstanceRecipe {
  readonly name: string;
  readonly request: Omit<StartRequest, 'vars' | 'host' | 'interrupt'>;
  /** Null when the plug-in imports nothing that the page answers. */
  readonly host: HostSide | null;
  /** Time to start: to instantiate, and to run start sections and init hooks. */
  readonly limitMs: number;
  readonly onEvent: (event: InstanceEvent) => void;
  /** A host function keeps the plug-in's calls waiting. */
  readonly onStuck: (functionName: string) => void;
}

/** One plug-in instance in a worker of its own, with the page's end of everything that connects the two. */
export class Instance {
  readonly #worker: RunnerHandle;
  readonly #recipe: InstanceRecipe;
  readonly #vars: CommittedVars;
  readonly #link: HostLink | null;
  /** Null for a guest that cannot be interrupted. */
  readonly #flag: InterruptFlag | null;
  /** The version of the committed vars that the worker has. */
  #knownVersion = 0;

  constructor(worker: RunnerHandle, recipe: InstanceRecipe, vars: CommittedVars) {
    const { host, request, onEvent, onStuck } = recipe;
    this.#worker = worker;
    this.#recipe = recipe;
    this.#vars = vars;
    this.#link =
      host?.connect({
        log: (level, message) => onEvent({ kind: 'log', lines: [{ level, message, at: Date.now() }], dropped: 0 }),
        stuck: onStuck,
        send: (message, transfer) => worker.send(message, transfer),
        breach: (error) => worker.end(error),
        vars: () => vars.since(0) ?? [],
      }) ?? null;
    this.#flag = request.limits === null ? null : InterruptFlag.create();
    worker.onEvent = (data): void => this.#receive(data);
  }

  /** Instantiates, and runs start sections and init hooks. A failure, or running past the limit, ends the worker. */
  async start(): Promise<void> {
    const { request, limitMs, name } = this.#recipe;
    const [link, flag] = [this.#link, this.#flag];
    const deadline = new Deadline(() => this.end(startTimeout(name, limitMs)));
    deadline.start(request.limits === null ? limitMs : limitMs + meteredGraceMs);
    const vars = (this.#vars.since(0) ?? []).filter(([, value]) => value !== null);
    this.#knownVersion = this.#vars.version;
    try {
      const reply = await this.#worker.request(
        (api) => api.start({ ...request, vars, host: link?.start ?? null, interrupt: flag?.setup ?? null }),
        parseStartReply,
      );
      this.#commit([...(link?.end() ?? []), ...reply.vars]);
    } catch (error) {
      this.end(new PluginError('closed', { message: `${name} did not start` }));
      // A metered guest stops itself, and does not know the plug-in's name.
      throw isPluginError(error, 'load-timeout') ? startTimeout(name, limitMs) : error;
    } finally {
      deadline.stop();
    }
  }

  /** Whether the worker ended, for whatever reason. */
  get ended(): boolean {
    return this.#worker.ended;
  }

  /** Whether a host function that this instance called runs right now. */
  get inHandler(): boolean {
    return this.#link?.inHandler === true;
  }

  /** Runs one call, with the vars that other instances committed since the last one, and commits what it changed. */
  async call(name: string, input: CallInput, scope: CallScope, limits: CallLimits | null): Promise<CallEnd> {
    const link = this.#link;
    const { version } = this.#vars;
    const vars = this.#vars.since(this.#knownVersion);
    link?.begin(scope);
    this.#flag?.clear();
    const end = await this.#worker.request((api) => api.call(name, input, vars, limits), parseCallReply);
    // Not earlier: when an input cannot be sent, the vars are not sent either.
    this.#knownVersion = version;
    this.#commit([...(link?.end() ?? []), ...(end.vars ?? [])]);
    // The worker discarded the guest, and the next one has no vars yet.
    if (end.discarded !== false) this.#knownVersion = 0;
    return link === null || end.error === null ? end : { ...end, error: link.original(end.error) };
  }

  reset(): Promise<void> {
    return this.#worker.request((api) => api.reset(), parseDone);
  }

  async files(request: FilesRequest): Promise<FilesReply> {
    const { parseFilesReply } = await import('../files/plugin-files.js');
    return this.#worker.request((api) => api.files(request), parseFilesReply);
  }

  /** Rejects what the running call waits for on the page. Returns false if it waits for nothing. */
  rejectWait(error: PluginError): boolean {
    return this.#link?.giveUp(error) === true;
  }

  /** Asks a metered guest to stop. Returns false if it cannot be interrupted. */
  interrupt(): boolean {
    if (this.#flag === null) return false;
    // A worker that ends meanwhile has ended the call too.
    if (!this.#flag.raise()) this.#worker.request((api) => api.interrupt(), parseDone).catch(() => {});
    return true;
  }

  /** Ends the worker, whatever it is doing; what waits for it is rejected with `error`. */
  end(error: PluginError): void {
    // Some engines let a loop go on in a terminated worker: it stops when it reads the flag.
    this.#flag?.raise();
    this.#worker.end(error);
    this.#link?.close();
  }

  #receive(data: unknown): void {
    // Answers never get here, so a list is a question of a host call.
    if (Array.isArray(data)) {
      this.#link?.receive(data);
      return;
    }
    const event = parseEvent(data);
    if (event !== null && event.kind !== 'progress') this.#recipe.onEvent(event);
  }

  #commit(changes: readonly VarChange[]): void {
    if (changes.length === 0) return;
    const version = this.#vars.commit(changes);
    if (this.#knownVersion === version - 1) this.#knownVersion = version;
  }
}

/** The page's end of the flag that interrupts a metered guest in the middle of a call (worker/suspend/interrupt-flag.ts). */
class InterruptFlag {
  /** For the worker. */
  readonly setup: InterruptSetup;
  readonly #word: Int32Array | null;

  private constructor(setup: InterruptSetup) {
    this.setup = setup;
    this.#word = setup.way === 'shared' ? new Int32Array(setup.flag) : null;
  }

  /**
   * Returns null where memory cannot be shared and guests cannot be suspended (WebKit on a page that is not isolated). Where guests are
   * suspended, every call into the guest has to go through `enter` (worker/runner/imports.ts).
   */
  static create(): InterruptFlag | null {
    if (globalThis.crossOriginIsolated) return new InterruptFlag({ way: 'shared', flag: new SharedArrayBuffer(4) });
    return hasJspi() ? new InterruptFlag({ way: 'message' }) : null;
  }

  /** Called before each call. */
  clear(): void {
    if (this.#word !== null) Atomics.store(this.#word, 0, 0);
  }

  /** Returns false if the flag is not in shared memory: then a message has to be sent. */
  raise(): boolean {
    if (this.#word === null) return false;
    Atomics.store(this.#word, 0, 1);
    return true;
  }
}

function startTimeout(name: string, limitMs: number): PluginError {
  return new PluginError('load-timeout', {
    message: `${name} stopped after ${limitMs} ms: it was still instantiating, in its start section or in an init hook`,
    where: name,
    expected: `ready within ${limitMs} ms`,
    actual: `still running after ${limitMs} ms`,
    fix: 'Raise loadTimeoutMs or remove the plug-in.',
    details: { limitMs, phase: 'starting' },
  });
}
