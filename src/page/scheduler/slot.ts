import { asPluginError } from '../../contract/as-plugin-error.js';
import { isPluginError, PluginError, traitsOf } from '../../contract/errors.js';
import type { CallInput, CallLimits } from '../../contract/protocol.js';
import type { VarChange } from '../../contract/var-change.js';
import type { FilesReply, FilesRequest } from '../../contract/wasi.js';
import { Deadline } from '../base/deadline.js';
import type { CallScope } from '../host-functions/host-side.js';
import type { ModuleIndex } from '../../wasm/module-index.js';
import type { CallEnd } from '../workers/wire.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { CommittedVars } from './committed-vars.js';
import { Instance, type InstanceRecipe } from './instance.js';
import type { JobTarget, QueuedJob } from './job.js';
import type { LiveMember, LiveSet } from './live-set.js';
import { type Loss, type Replacement, type SlotEvent, type SlotState, transition } from './slot-state.js';

/**
 * How long a job may go on after its wait for the page was rejected, or after it was interrupted: several round trips by the slowest way
 * of waiting, on a busy machine.
 */
const stopGraceMs = 250;

/** What it takes to make one more instance of a plug-in. */
export interface SlotRecipe extends InstanceRecipe {
  readonly pool: WorkerPool;
  readonly live: LiveSet;
  /** Of each module. */
  readonly indexes: readonly ModuleIndex[];
  readonly mayHibernate: boolean;
  readonly vars: ReadonlyMap<string, Uint8Array>;
  readonly onVars: ((changes: readonly VarChange[]) => void) | null;
  /** Whether calls wait for the plug-in: an instance that was just woken for one does not hibernate before it has run. */
  readonly hasWaiting: () => boolean;
}

/** What became of the instance that a job ran on. `failed`: the job failed, and the instance is as it was. */
export type JobOutcome =
  | { readonly kind: 'succeeded' | 'failed' }
  /** The worker discarded the guest, and creates another one by itself. */
  | ({ readonly kind: 'replaced' } & Replacement)
  | { readonly kind: 'lost'; readonly reason: Loss };

/** A place for one instance. What it holds is one `SlotState`, which only `#apply` changes. */
export class Slot implements LiveMember, JobTarget {
  readonly memories: number;
  readonly mayHibernate: boolean;
  readonly #recipe: SlotRecipe;
  readonly #vars: CommittedVars;
  /** Runs while a job that was asked to stop may still end by itself. */
  readonly #grace = new Deadline(() => this.#endStopped());
  #state: SlotState<Instance, QueuedJob> = { kind: 'empty', loss: null };

  constructor(recipe: SlotRecipe, vars: CommittedVars) {
    this.#recipe = recipe;
    this.#vars = vars;
    this.memories = memoriesOf(recipe) + (recipe.host?.memories ?? 0);
    this.mayHibernate = recipe.mayHibernate;
  }

  get isEmpty(): boolean {
    return this.#state.kind === 'empty';
  }

  get isStarting(): boolean {
    return this.#state.kind === 'starting';
  }

  /** Whether a job holds the slot, also one whose instance is gone already. */
  get isBusy(): boolean {
    return this.#state.kind === 'running' || this.#state.kind === 'lost';
  }

  /** Whether a job would run at once. */
  get isReady(): boolean {
    return this.#state.kind === 'idle' && !this.#state.instance.ended;
  }

  /** Whether there is an instance that runs jobs, busy or not. */
  get isLive(): boolean {
    const state = this.#state;
    return (state.kind === 'idle' || state.kind === 'running') && !state.instance.ended;
  }

  /** Whether its instance gave up its room, and no other has started yet. */
  get isHibernating(): boolean {
    const state = this.#state;
    return (state.kind === 'empty' || state.kind === 'starting') && state.loss === 'hibernated';
  }

  /** Whether a host function that its instance called runs right now. */
  get inHandler(): boolean {
    return 'instance' in this.#state && this.#state.instance?.inHandler === true;
  }

  get closed(): PluginError | null {
    return this.#state.kind === 'closed' ? this.#state.reason : null;
  }

  /** Makes an instance. Resolves with why the last one is gone; null if this is the first. */
  async start(): Promise<Loss | null> {
    const { live } = this.#recipe;
    const loss = this.#state.kind === 'empty' ? this.#state.loss : null;
    if (!this.#apply({ kind: 'start' })) throw this.#refusal('start');
    try {
      await live.admit(this, loss !== null);
      await this.#spawn().catch((error: unknown) => {
        // The engine has less room than expected: one idle instance makes way. Or this very worker cannot wait.
        const mayWork = isPluginError(error, 'resources-exhausted') ? live.evict() : isUncontrolled(error);
        if (!mayWork) throw error;
        return this.#spawn();
      });
    } catch (error) {
      this.#apply({ kind: 'start-failed' });
      live.release(this);
      throw error;
    }
    if (!this.#apply({ kind: 'started' })) throw this.#refusal('go on');
    return loss;
  }

  /** Runs `job` on the instance, and rejects the job if that fails. */
  async run(job: QueuedJob): Promise<JobOutcome> {
    if (!this.#apply({ kind: 'run', job })) throw this.#refusal('run a job');
    let succeeded = true;
    try {
      await job.run(this);
    } catch (thrown) {
      const error = asPluginError(thrown, 'a call failed');
      succeeded = false;
      job.reject(error);
      this.#checkAfter(error);
    }
    this.#grace.stop();
    const state = this.#state;
    this.#apply({ kind: 'settled' });
    if (state.kind === 'lost') return { kind: 'lost', reason: state.loss };
    if (state.kind === 'running' && state.replaced !== null) return { kind: 'replaced', ...state.replaced };
    return { kind: succeeded ? 'succeeded' : 'failed' };
  }

  async call(name: string, input: CallInput, scope: CallScope, limits: CallLimits | null): Promise<CallEnd> {
    const instance = this.#runningInstance();
    this.#recipe.live.touch(this);
    const end = await instance.call(name, input, scope, limits);
    const { discarded, error } = end;
    if (discarded !== false && error !== null)
      this.#apply({ kind: 'replaced', reason: error, isCrash: discarded === 'stopped' });
    return end;
  }

  async reset(): Promise<void> {
    await this.#runningInstance().reset();
  }

  async files(request: FilesRequest): Promise<FilesReply> {
    return this.#runningInstance().files(request);
  }

  /**
   * Stops `job` if it runs here: rejects its wait for the page; else interrupts a metered guest; else ends the whole instance. A guest
   * whose wait was rejected is not interrupted as well, because most guests then end by themselves and keep their instance.
   */
  stop(job: QueuedJob, reason: PluginError): void {
    const state = this.#state;
    if (state.kind !== 'running' || state.job !== job || !this.#apply({ kind: 'stop', reason })) return;
    const { instance } = state;
    const mayEnd = instance.rejectWait(reason) || (traitsOf(reason).isDeliberate && instance.interrupt());
    if (mayEnd) this.#grace.start(stopGraceMs);
    else this.#endStopped();
  }

  hibernate(): boolean {
    const state = this.#state;
    if (!this.isReady || this.#recipe.hasWaiting() || !this.#apply({ kind: 'hibernate' })) return false;
    const { name, live } = this.#recipe;
    // Nothing waits for an idle worker, so that nobody receives this error.
    if ('instance' in state) state.instance?.end(new PluginError('closed', { message: `${name} hibernates` }));
    live.release(this);
    return true;
  }

  /** Returns why the instance is gone if its worker ended while it was idle; null otherwise. */
  detectLoss(): PluginError | null {
    const state = this.#state;
    if (state.kind !== 'idle' || !state.instance.ended) return null;
    const { name } = this.#recipe;
    const error = new PluginError('worker-died', { message: `The worker of ${name} ended while idle`, where: name });
    this.#lose(error);
    return error;
  }

  /** Ends whatever is there, an instance or one that is starting, and admits no other. */
  close(reason: PluginError): void {
    const state = this.#state;
    if (!this.#apply({ kind: 'close', reason })) return;
    this.#grace.stop();
    if (state.kind === 'running') this.#recipe.live.died();
    if ('instance' in state) state.instance?.end(reason);
    this.#recipe.live.release(this);
  }

  /** Returns false if the event was ignored. */
  #apply(event: SlotEvent<Instance, QueuedJob>): boolean {
    const before = this.#state;
    this.#state = transition(before, event);
    return this.#state !== before;
  }

  async #spawn(): Promise<void> {
    if (this.closed !== null) throw this.closed;
    const { pool } = this.#recipe;
    const instance = new Instance(pool.take(), this.#recipe, this.#vars);
    this.#apply({ kind: 'spawned', instance });
    // A start that fails uses up its worker too.
    await instance.start().finally(() => pool.refillSoon());
  }

  #runningInstance(): Instance {
    const state = this.#state;
    if (state.kind === 'running') return state.instance;
    throw state.kind === 'lost' && state.loss !== 'hibernated' ? state.loss : this.#refusal('run a job');
  }

  /** Ends the instance if a job that failed with `error` leaves nothing to run the next one on. */
  #checkAfter(error: PluginError): void {
    const state = this.#state;
    if (state.kind !== 'running') return;
    if (traitsOf(error).endsWorker) this.#endRunning(error);
    else if (state.instance.ended) this.#lose(error);
  }

  /** Ends a job that was asked to stop and has not. */
  #endStopped(): void {
    if (this.#state.kind === 'running' && this.#state.stopping !== null) this.#endRunning(this.#state.stopping);
  }

  #endRunning(reason: PluginError): void {
    this.#recipe.live.died();
    this.#lose(reason);
  }

  #lose(loss: PluginError): void {
    const state = this.#state;
    if (!this.#apply({ kind: 'lost', loss })) return;
    if ('instance' in state) state.instance?.end(loss);
    this.#recipe.live.release(this);
  }

  #refusal(what: string): PluginError {
    return this.closed ?? new PluginError('bug', { message: `BUG: a slot cannot ${what} while ${this.#state.kind}` });
  }
}

/** The service worker that holds the page's requests did not hold this worker's; it may hold those of the next one. */
function isUncontrolled(error: unknown): boolean {
  return isPluginError(error, 'cannot-wait') && error.details['uncontrolled'] === true;
}

/** Counts the kernel's memory and each module's own. */
function memoriesOf({ request, indexes }: SlotRecipe): number {
  const own = request.modules.map(({ report }) => report?.memories.filter(({ imported }) => !imported).length ?? 1);
  // A guest that can sleep has one more, which it sleeps on.
  const sleeps = indexes.some((index) => index.importsWasi('poll_oneoff'));
  return own.reduce((sum, count) => sum + count, sleeps ? 2 : 1);
}
