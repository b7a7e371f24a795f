import { wasiNamespace } from '../../contract/abi.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { CallInput, CallLimits, StartRequest } from '../../contract/protocol.js';
import type { VarChange } from '../../contract/var-change.js';
import type { FilesReply, FilesRequest } from '../../contract/wasi.js';
import type { CommittedVars } from './committed-vars.js';
import type { CallScope, HostLink, HostSide } from '../host-functions/host-side.js';
import { Deadline } from '../base/deadline.js';
import { Instance, type InstanceEvent } from './instance.js';
import type { LiveMember, LiveSet } from './live-set.js';
import { InterruptFlag } from './interrupt-flag.js';
import type { CallEnd } from '../workers/wire.js';
import type { ModuleIndex } from '../../wasm/module-index.js';
import type { RunnerHandle, WorkerPool } from '../workers/worker-pool.js';

/**
 * How long a call may go on after its wait for the page was ended, or after it was told to stop: several round trips of the slowest
 * way, on a busy machine.
 */
const giveUpMs = 250;

/** What it takes to make one more instance of a plug-in. */
export interface SlotRecipe {
  readonly pool: WorkerPool;
  readonly live: LiveSet;
  readonly request: Omit<StartRequest, 'vars' | 'host' | 'interrupt'>;
  /** What each of its modules imports and exports. */
  readonly indexes: readonly ModuleIndex[];
  readonly host: HostSide | null;
  readonly limitMs: number;
  readonly name: string;
  readonly mayHibernate: boolean;
  readonly vars: ReadonlyMap<string, Uint8Array>;
  readonly onVars: ((changes: readonly VarChange[]) => void) | null;
  readonly onEvent: (event: InstanceEvent) => void;
  /** A host function keeps the plug-in's calls waiting. */
  readonly onStuck: (functionName: string) => void;
}

/** One place for an instance: it stands empty after one died or hibernated, until the next is there. */
export class Slot implements LiveMember {
  readonly memories: number;
  readonly mayHibernate: boolean;
  /** A call runs on the instance. */
  busy = false;
  starting = false;
  /** Calls wait for this plug-in: an instance that has just come for them does not go again. */
  wanted = false;
  /** Why no instance is wanted here any more. */
  closed: PluginError | null = null;
  readonly #recipe: SlotRecipe;
  /** Runs while a call that was given up may still end by itself. */
  readonly #grace: Deadline;
  /** Why that call was stopped. */
  #givenUp: PluginError | null = null;
  readonly #vars: CommittedVars;
  #worker: RunnerHandle | null = null;
  #instance: Instance | null = null;
  #link: HostLink | null = null;
  /** Interrupts a metered guest; null where there is no way to. */
  #flag: InterruptFlag | null = null;
  /** The version of the committed vars its instance knows. */
  #varsVersion = 0;
  #remade: PluginError | null = null;
  /** Why the last instance is gone. */
  #loss: PluginError | null = null;

  constructor(recipe: SlotRecipe, vars: CommittedVars) {
    this.#recipe = recipe;
    this.#grace = new Deadline(() => {
      if (this.#givenUp !== null) this.end(this.#givenUp);
    });
    this.#vars = vars;
    this.memories = memoriesOf(recipe) + (recipe.host?.memories ?? 0);
    this.mayHibernate = recipe.mayHibernate;
  }

  /** A host function that this instance called runs right now. */
  get inHandler(): boolean {
    return this.#link?.inHandler === true;
  }

  /** The instance, unless it died. */
  get instance(): Instance | null {
    return this.#instance?.ended === true ? null : this.#instance;
  }

  get hibernating(): boolean {
    return isPluginError(this.#loss, 'hibernated');
  }

  /** Whether an instance was there and is not any more, and nobody was told yet. */
  get died(): boolean {
    return this.#instance?.ended === true;
  }

  /** Makes an instance. Gives why there was none; null for the first. */
  async start(): Promise<PluginError | null> {
    this.starting = true;
    const { live } = this.#recipe;
    try {
      await live.admit(this, this.#loss !== null);
      if (this.closed !== null) throw this.closed;
      await this.#startOnce().catch((error: unknown) => {
        // The engine is fuller than it was thought to be: once, someone idle makes room. Or this very worker cannot wait.
        const mayWork = isPluginError(error, 'resources-exhausted') ? live.evict() : isUncontrolled(error);
        if (!mayWork) throw error;
        return this.#startOnce();
      });
    } catch (error) {
      live.release(this);
      throw error;
    } finally {
      this.starting = false;
    }
    const loss = this.#loss;
    this.#loss = null;
    return loss;
  }

  /** Runs one call, with the vars that others committed since the last one; commits what it changed. */
  async call(name: string, input: CallInput, scope: CallScope, limits: CallLimits | null): Promise<CallEnd> {
    const instance = this.#instance;
    const link = this.#link;
    if (instance === null) throw new PluginError('bug', { message: 'BUG: a call without an instance' });
    const { version } = this.#vars;
    this.#recipe.live.touch(this);
    link?.begin(scope);
    this.#flag?.clear();
    const end = await instance.call(name, input, this.#vars.since(this.#varsVersion), limits);
    // Not before: an input that cannot be sent takes the news with it.
    this.#varsVersion = version;
    if (end.stopped) this.#remade = end.error;
    this.#commit([...(link?.end() ?? []), ...(end.vars ?? [])]);
    return link === null || end.error === null ? end : { ...end, error: link.original(end.error) };
  }

  /**
   * Ends the running call: by ending its wait for the page; else by telling a metered guest; else with the whole instance. A guest whose
   * wait was ended is not told to stop as well: most unwind by themselves, and keep their instance.
   */
  stop(error: PluginError): void {
    this.#givenUp = error;
    const mayEnd = this.#link?.giveUp(error) === true || (error.code === 'aborted' && this.#interrupt());
    if (mayEnd) this.#grace.start(giveUpMs);
    else this.end(error);
  }

  /** False: it cannot be interrupted. */
  #interrupt(): boolean {
    if (this.#flag === null || this.#instance === null) return false;
    this.#flag.raise(this.#instance);
    return true;
  }

  /** No call runs here any more, nor anything that the last one set off: what was to end it must not end the next. */
  over(): void {
    this.#grace.stop();
    this.#givenUp = null;
  }

  /** Why the worker threw away its instance in the last call, if it did: it makes the next one itself, with the committed vars. */
  takeRemade(): PluginError | null {
    const reason = this.#remade;
    this.#remade = null;
    if (reason !== null) this.#varsVersion = 0;
    return reason;
  }

  /** The call is over: who waits for room may have this one's. */
  rest(): void {
    this.#recipe.live.wakeFirst();
  }

  async files(request: FilesRequest): Promise<FilesReply> {
    const instance = this.#instance;
    if (instance === null) throw new PluginError('bug', { message: 'BUG: files without an instance' });
    return instance.files(request);
  }

  async reset(): Promise<void> {
    await this.#instance?.reset();
  }

  hibernate(): boolean {
    if (this.instance === null || this.busy || this.wanted) return false;
    const { name } = this.#recipe;
    this.end(new PluginError('hibernated', { message: `${name} gave its worker to another plug-in`, where: name }));
    return true;
  }

  /** Ends whatever is there: an instance, or one that is starting. */
  end(error: PluginError): void {
    if (this.busy) this.#recipe.live.died();
    // Some engines let a loop go on when its worker is ended.
    this.#flag?.raiseShared();
    this.#worker?.end(error);
    this.vacate(error);
  }

  /** The instance is gone, for this reason. */
  vacate(reason: PluginError): void {
    this.#loss = reason;
    this.#instance = null;
    this.#worker = null;
    this.#grace.stop();
    this.#link?.close();
    this.#link = null;
    this.#recipe.live.release(this);
  }

  async #startOnce(): Promise<void> {
    const { pool, request, host, limitMs, name, onEvent, onStuck } = this.#recipe;
    const vars = (this.#vars.since(0) ?? []).filter(([, value]) => value !== null);
    this.#varsVersion = this.#vars.version;
    const worker = pool.take();
    this.#worker = worker;
    const link =
      host?.connect({
        log: (level, message) => onEvent({ kind: 'log', lines: [{ level, message, at: Date.now() }], dropped: 0 }),
        stuck: onStuck,
        send: (message, transfer) => worker.send(message, transfer),
        breach: (error) => worker.end(error),
        vars: () => this.#vars.since(0) ?? [],
      }) ?? null;
    this.#link?.close();
    this.#link = link;
    this.#flag = request.limits === null ? null : InterruptFlag.create();
    const starting = Instance.start({
      worker,
      request: { ...request, vars, host: link?.start ?? null, interrupt: this.#flag?.setup ?? null },
      limitMs,
      name,
      onEvent,
      onQuestion: (question) => link?.hear(question),
    });
    // A start that fails costs its worker too.
    const { instance, reply } = await starting.finally(() => pool.refillSoon());
    this.#instance = instance;
    this.#commit([...(link?.end() ?? []), ...reply.vars]);
  }

  #commit(changes: readonly VarChange[]): void {
    if (changes.length === 0) return;
    const version = this.#vars.commit(changes);
    if (this.#varsVersion === version - 1) this.#varsVersion = version;
  }
}

/** A service worker that holds the page's requests did not hold this worker's: the next may have more luck. */
function isUncontrolled(error: unknown): boolean {
  return isPluginError(error, 'cannot-wait') && error.details['uncontrolled'] === true;
}

/** The kernel's memory, and each module's own. */
function memoriesOf({ request, indexes }: SlotRecipe): number {
  const own = request.modules.map(({ report }) => report?.memories.filter(({ imported }) => !imported).length ?? 1);
  // What a plug-in sleeps on.
  const sleeps = indexes.some((index) => index.importsFrom(wasiNamespace).has('poll_oneoff'));
  return own.reduce((sum, count) => sum + count, sleeps ? 2 : 1);
}
