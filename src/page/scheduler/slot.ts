import { asPluginError } from '../../contract/as-plugin-error.js';
import { isPluginError, PluginError, traitsOf } from '../../contract/errors.js';
import type { CallInput, CallLimits } from '../../contract/protocol.js';
import type { VarChange } from '../../contract/var-change.js';
import type { FilesReply, FilesRequest, WasiSetup } from '../../contract/wasi.js';
import { Deadline } from '../base/deadline.js';
import type { CallScope } from '../host-functions/host-side.js';
import type { ModuleIndex } from '../../wasm/module-index.js';
import type { CallEnd } from '../workers/wire.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { CommittedVars } from './committed-vars.js';
import { Instance, type InstanceRecipe } from './instance.js';
import type { JobTarget, QueuedJob } from './job.js';
import type { LiveMember, LiveSet } from './live-set.js';
import { type MemoryNeeds, memoryNeeds } from './memory-needs.js';
import { type Loss, type Replacement, type SlotEvent, type SlotState, transition } from './slot-state.js';
import { lazyChunk } from '../base/lazy-chunk.js';

/**
 * Milliseconds in which a job must end after its wait for the page was rejected or its guest was interrupted: enough for several round trips
 * with the slowest way of waiting on a busy machine.
 */
const stopGraceMs = 250;

/** What a slot needs to start instances of a plug-in. */
export interface SlotRecipe extends InstanceRecipe {
  readonly pool: WorkerPool;
  readonly live: LiveSet;
  /** The index of each module, in the order of `request.modules`. */
  readonly indexes: readonly ModuleIndex[];
  readonly mayHibernate: boolean;
  /** How long a start waits for stored directories that other plug-ins have open. */
  readonly queueTimeoutMs: number | null;
  readonly vars: ReadonlyMap<string, Uint8Array>;
  readonly onVars: ((changes: readonly VarChange[]) => void) | null;
  /** Whether calls are queued. While they are, an instance does not hibernate, because it may have been started for one of them. */
  readonly hasWaiting: () => boolean;
}

/** The state of the instance after a job. `failed`: the job failed, and the instance is kept. */
export type JobOutcome =
  | { readonly kind: 'succeeded' | 'failed' }
  /** The worker discarded the guest, and creates a new one at the next call. */
  | ({ readonly kind: 'replaced' } & Replacement)
  | { readonly kind: 'lost'; readonly reason: Loss };

/** A place for one instance. Its state is one `SlotState`, which only `#apply` changes. */
export class Slot implements LiveMember, JobTarget {
  readonly memories: number;
  bytes: number;
  readonly mayHibernate: boolean;
  readonly #recipe: SlotRecipe;
  readonly #vars: CommittedVars;
  readonly #needs: MemoryNeeds;
  /** Limits how long a job that was asked to stop may take to end. When it expires, the instance is ended. */
  readonly #grace = new Deadline(() => this.#endStopped());
  #state: SlotState<Instance, QueuedJob> = { kind: 'empty', loss: null };
  /** Holds the locks of stored directories, from the first start until the plug-in is closed or hibernates. Null before. */
  #stores: AbortController | null = null;
  #wasi: WasiSetup | null;

  constructor(recipe: SlotRecipe, vars: CommittedVars) {
    this.#recipe = recipe;
    this.#vars = vars;
    this.#needs = memoryNeeds(recipe.request, recipe.indexes);
    this.memories = this.#needs.count + (recipe.host?.memories ?? 0);
    this.bytes = this.#needs.bytesAtStart;
    this.mayHibernate = recipe.mayHibernate;
    this.#wasi = recipe.request.wasi;
  }

  get isEmpty(): boolean {
    return this.#state.kind === 'empty';
  }

  get isStarting(): boolean {
    return this.#state.kind === 'starting';
  }

  /** Whether a job occupies the slot, even if its instance is already gone. */
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

  /** Whether its instance hibernated, and no new one has started yet. */
  get isHibernating(): boolean {
    const state = this.#state;
    return (state.kind === 'empty' || state.kind === 'starting') && state.loss === 'hibernated';
  }

  /** Whether a host function that its instance called is running synchronously now. */
  get inHandler(): boolean {
    return 'instance' in this.#state && this.#state.instance?.inHandler === true;
  }

  get closed(): PluginError | null {
    return this.#state.kind === 'closed' ? this.#state.reason : null;
  }

  /** Starts an instance. Resolves with the reason why the previous one is gone, or null if this is the first. */
  async start(): Promise<Loss | null> {
    const { live } = this.#recipe;
    const loss = this.#state.kind === 'empty' ? this.#state.loss : null;
    if (!this.#apply({ kind: 'start' })) throw this.#refusal('start');
    this.bytes = this.#needs.bytesAtStart;
    try {
      await this.#lockStores();
      await live.admit(this, loss !== null);
      await this.#spawn().catch((error: unknown) => {
        // Retries once: if the engine has less room than expected and an idle instance could be evicted, or if the service worker does not control this worker.
        const mayWork = isPluginError(error, 'resources-exhausted') ? live.evict() : isUncontrolled(error);
        if (!mayWork) throw error;
        return this.#spawn();
      });
    } catch (error) {
      this.#apply({ kind: 'start-failed' });
      live.release(this);
      throw error;
    }
    if (!this.#apply({ kind: 'started' })) throw this.#refusal('finish starting');
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
    this.#measured(end.memoryBytes);
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
   * Stops `job` if it runs here: rejects its wait for the page; else, on an abort, interrupts a metered guest; else ends the instance. A guest
   * whose wait was rejected is not also interrupted: most guests then return soon, and their instance is kept.
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
    // No request to an idle worker is pending, so this error is never delivered.
    if ('instance' in state) state.instance?.end(new PluginError('closed', { message: `${name} hibernates` }));
    live.release(this);
    this.#releaseStores();
    return true;
  }

  /** Records the loss of the instance if its worker ended while it was idle, and returns the error; otherwise returns null. */
  detectLoss(): PluginError | null {
    const state = this.#state;
    if (state.kind !== 'idle' || !state.instance.ended) return null;
    const { name } = this.#recipe;
    const error = new PluginError('worker-died', { message: `The worker of ${name} ended while idle`, where: name });
    this.#lose(error);
    return error;
  }

  /** Ends the instance, if there is one, also while it starts. No other instance can start afterwards. */
  close(reason: PluginError): void {
    const state = this.#state;
    if (!this.#apply({ kind: 'close', reason })) return;
    this.#grace.stop();
    if (state.kind === 'running') this.#recipe.live.died();
    if ('instance' in state) state.instance?.end(reason);
    this.#recipe.live.release(this);
    this.#releaseStores();
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
    const recipe = { ...this.#recipe, request: { ...this.#recipe.request, wasi: this.#wasi } };
    const instance = new Instance(pool.take(), recipe, this.#vars);
    this.#apply({ kind: 'spawned', instance });
    // A failed start also consumes a worker of the pool.
    this.#measured(await instance.start().finally(() => pool.refillSoon()));
  }

  async #lockStores(): Promise<void> {
    const { request, queueTimeoutMs } = this.#recipe;
    if (this.#stores !== null || request.wasi?.directories.some(({ backing }) => backing.kind === 'opfs') !== true)
      return;
    this.#stores = new AbortController();
    const { lockStores } = await lazyChunk(() => import('../files/store-locks.js'));
    try {
      this.#wasi = await lockStores(request.wasi, queueTimeoutMs, this.#stores.signal);
    } catch (error) {
      this.#releaseStores();
      throw this.closed ?? error;
    }
  }

  #releaseStores(): void {
    this.#stores?.abort();
    this.#stores = null;
  }

  /** Keeps the size that the instance's memories have grown to, and makes room for them. */
  #measured(seenBytes: number): void {
    // The worker is not trusted: it cannot have more than the limits allow.
    this.bytes = Math.min(seenBytes, this.#needs.mostBytes) + this.#needs.hiddenBytes;
    this.#recipe.live.shrink();
  }

  #runningInstance(): Instance {
    const state = this.#state;
    if (state.kind === 'running') return state.instance;
    throw state.kind === 'lost' && state.loss !== 'hibernated' ? state.loss : this.#refusal('run a job');
  }

  /** Handles the failure of a job: ends the instance if `error` requires it, and records the loss if its worker has ended. */
  #checkAfter(error: PluginError): void {
    const state = this.#state;
    if (state.kind !== 'running') return;
    if (traitsOf(error).endsWorker) this.#endRunning(error);
    else if (state.instance.ended) this.#lose(error);
  }

  /** Ends the instance of a job that was asked to stop and is still running. */
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

/** Whether the start failed because the service worker does not control this worker. It may control the next one, so a retry is useful. */
function isUncontrolled(error: unknown): boolean {
  return isPluginError(error, 'cannot-wait') && error.details['uncontrolled'] === true;
}
