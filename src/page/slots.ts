import { isPluginError, PluginError } from '../contract/errors.js';
import type { CallInput, StartRequest } from '../contract/protocol.js';
import { CommittedVars } from './committed-vars.js';
import { Instance, type LogEvent } from './instance.js';
import type { QueuedJob } from './job.js';
import type { CallEnd } from './wire.js';
import type { WorkerPool } from './worker-pool.js';

/** What it takes to make one more instance of a plug-in. */
export interface SlotRecipe {
  readonly pool: WorkerPool;
  readonly request: Omit<StartRequest, 'vars'>;
  readonly limitMs: number;
  readonly name: string;
  readonly onLog: (event: LogEvent) => void;
}

/** One place for an instance: it may stand empty for a while after the last one died. */
interface Slot {
  instance: Instance | null;
  starting: boolean;
  busy: boolean;
  /** The version of the committed vars its instance knows. */
  varsVersion: number;
}

/** The instances of one plug-in and the calls that wait for them: first come, first served, one call an instance. */
export class Slots {
  readonly #recipe: SlotRecipe;
  readonly #slots: readonly Slot[];
  readonly #vars = new CommittedVars();
  readonly #onRestart: (reason: PluginError) => void;
  readonly #waiting: QueuedJob[] = [];
  #closed: PluginError | null = null;

  constructor(count: number, recipe: SlotRecipe, onRestart: (reason: PluginError) => void) {
    this.#recipe = recipe;
    this.#onRestart = onRestart;
    this.#slots = Array.from({ length: count }, () => ({
      instance: null,
      starting: false,
      busy: false,
      varsVersion: 0,
    }));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get busy(): boolean {
    return this.#slots.some(({ busy }) => busy);
  }

  get restarting(): boolean {
    return this.#slots.every(({ instance }) => instance === null);
  }

  /** Whether a call made now would have to wait. */
  get full(): boolean {
    return this.#slots.every(({ busy, instance }) => busy || instance === null);
  }

  /** Starts every instance. Rejects with the first failure, and then none is left. */
  async startAll(): Promise<void> {
    const results = await Promise.allSettled(this.#slots.map((slot) => this.#start(slot)));
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      const failure: unknown = result.reason;
      const error = isPluginError(failure)
        ? failure
        : new PluginError('bug', { message: 'BUG: start failed', cause: failure });
      this.close(error);
      throw error;
    }
  }

  add(job: QueuedJob): void {
    this.#waiting.push(job);
    this.#dispatch();
  }

  /** Ends a job that was aborted or ran out of time: by leaving the queue, or with the instance it runs on. */
  stop(job: QueuedJob, error: PluginError): void {
    const place = this.#waiting.indexOf(job);
    if (place !== -1) this.#waiting.splice(place, 1);
    else this.#slots.find((slot) => this.#running.get(slot) === job)?.instance?.end(error);
    job.reject(error);
  }

  /** Runs one call on an instance, with the vars that others committed since its last one; commits what it changed. */
  async call(instance: Instance, name: string, input: CallInput): Promise<CallEnd> {
    const slot = this.#slots.find((candidate) => candidate.instance === instance);
    if (slot === undefined) throw new PluginError('bug', { message: 'BUG: the instance has no slot' });
    const news = this.#vars.since(slot.varsVersion);
    slot.varsVersion = this.#vars.version;
    const end = await instance.call(name, input, news);
    if (end.vars !== null) this.#commit(slot, end.vars);
    return end;
  }

  close(error: PluginError): void {
    if (this.#closed !== null) return;
    this.#closed = error;
    for (const job of this.#waiting.splice(0)) job.reject(error);
    for (const slot of this.#slots) slot.instance?.end(error);
  }

  readonly #running = new Map<Slot, QueuedJob>();

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (this.#waiting.length === 0 || this.#closed !== null) return;
      if (slot.busy || slot.starting) continue;
      if (slot.instance === null || slot.instance.ended) {
        this.#restart(slot);
        continue;
      }
      const job = this.#waiting.shift();
      if (job !== undefined) void this.#run(slot, slot.instance, job);
    }
  }

  async #run(slot: Slot, instance: Instance, job: QueuedJob): Promise<void> {
    slot.busy = true;
    this.#running.set(slot, job);
    try {
      await job.run(instance);
    } catch (thrown) {
      job.reject(
        isPluginError(thrown) ? thrown : new PluginError('bug', { message: 'BUG: a call failed', cause: thrown }),
      );
      if (isPluginError(thrown, 'protocol')) instance.end(thrown);
      if (instance.ended) this.#lost(slot, thrown);
    } finally {
      slot.busy = false;
      this.#running.delete(slot);
      this.#dispatch();
    }
  }

  /** The instance died: a fresh one is made at once, so that the next call need not wait for it. */
  #lost(slot: Slot, reason: unknown): void {
    slot.instance = null;
    if (this.#closed !== null) return;
    if (isPluginError(reason)) this.#onRestart(reason);
    this.#restart(slot);
  }

  #restart(slot: Slot): void {
    this.#start(slot).catch((error: PluginError) => {
      // No instance, and none to come unless someone calls again: who waits is told why.
      if (this.#slots.some(({ instance, starting }) => instance !== null || starting)) return;
      for (const job of this.#waiting.splice(0)) job.reject(error);
    });
  }

  async #start(slot: Slot): Promise<void> {
    slot.starting = true;
    try {
      const { pool, request, limitMs, name, onLog } = this.#recipe;
      const vars = (this.#vars.since(0) ?? []).filter(([, value]) => value !== null);
      slot.varsVersion = this.#vars.version;
      const worker = pool.take();
      const { instance, reply } = await Instance.start({ worker, request: { ...request, vars }, limitMs, name, onLog });
      if (this.#closed !== null) {
        instance.end(this.#closed);
        throw this.#closed;
      }
      slot.instance = instance;
      if (reply.vars.length > 0) this.#commit(slot, reply.vars);
      pool.refill();
    } finally {
      slot.starting = false;
    }
    this.#dispatch();
  }

  #commit(slot: Slot, changes: Parameters<CommittedVars['commit']>[0]): void {
    const version = this.#vars.commit(changes);
    if (slot.varsVersion === version - 1) slot.varsVersion = version;
  }
}
