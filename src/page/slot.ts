import { isPluginError, PluginError } from '../contract/errors.js';
import type { CallInput, StartRequest, VarChange } from '../contract/protocol.js';
import type { CommittedVars } from './committed-vars.js';
import { Instance, type LogEvent } from './instance.js';
import type { LiveMember, LiveSet } from './live-set.js';
import type { CallEnd } from './wire.js';
import type { RunnerHandle, WorkerPool } from './worker-pool.js';

/** What it takes to make one more instance of a plug-in. */
export interface SlotRecipe {
  readonly pool: WorkerPool;
  readonly live: LiveSet;
  readonly request: Omit<StartRequest, 'vars'>;
  readonly limitMs: number;
  readonly name: string;
  readonly mayHibernate: boolean;
  readonly onLog: (event: LogEvent) => void;
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
  readonly #vars: CommittedVars;
  #worker: RunnerHandle | null = null;
  #instance: Instance | null = null;
  /** The version of the committed vars its instance knows. */
  #varsVersion = 0;
  /** Why the last instance is gone. */
  #loss: PluginError | null = null;

  constructor(recipe: SlotRecipe, vars: CommittedVars) {
    this.#recipe = recipe;
    this.#vars = vars;
    this.memories = memoriesOf(recipe.request);
    this.mayHibernate = recipe.mayHibernate;
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
        // The engine is fuller than it was thought to be: once, someone idle makes room.
        if (!isPluginError(error, 'resources-exhausted') || !live.evict()) throw error;
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
  async call(name: string, input: CallInput): Promise<CallEnd> {
    const instance = this.#instance;
    if (instance === null) throw new PluginError('bug', { message: 'BUG: a call without an instance' });
    const { version } = this.#vars;
    this.#recipe.live.touch(this);
    const end = await instance.call(name, input, this.#vars.since(this.#varsVersion));
    // Not before: an input that cannot be sent takes the news with it.
    this.#varsVersion = version;
    if (end.vars !== null) this.#commit(end.vars);
    return end;
  }

  /** The call is over: who waits for room may have this one's. */
  rest(): void {
    this.#recipe.live.stir();
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
    this.#worker?.end(error);
    this.vacate(error);
  }

  /** The instance is gone, for this reason. */
  vacate(reason: PluginError): void {
    this.#loss = reason;
    this.#instance = null;
    this.#worker = null;
    this.#recipe.live.release(this);
  }

  async #startOnce(): Promise<void> {
    const { pool, request, limitMs, name, onLog } = this.#recipe;
    const vars = (this.#vars.since(0) ?? []).filter(([, value]) => value !== null);
    this.#varsVersion = this.#vars.version;
    const worker = pool.take();
    this.#worker = worker;
    const { instance, reply } = await Instance.start({ worker, request: { ...request, vars }, limitMs, name, onLog });
    this.#instance = instance;
    if (reply.vars.length > 0) this.#commit(reply.vars);
    pool.refillSoon();
  }

  #commit(changes: readonly VarChange[]): void {
    const version = this.#vars.commit(changes);
    if (this.#varsVersion === version - 1) this.#varsVersion = version;
  }
}

/** The kernel's memory, and each module's own. */
function memoriesOf({ modules }: SlotRecipe['request']): number {
  const own = modules.map(({ report }) => report?.memories.filter(({ imported }) => !imported).length ?? 1);
  return own.reduce((sum, count) => sum + count, 1);
}
