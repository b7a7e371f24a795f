import { isPluginError, PluginError } from '../../contract/errors.js';
import type { Breaker } from './breaker.js';
import { CommittedVars } from './committed-vars.js';
import type { QueuedJob } from './job.js';
import { Slot, type SlotRecipe } from './slot.js';

/** The instances of one plug-in and the calls that wait for them: first come, first served, one call an instance. */
export class Slots {
  readonly #name: string;
  readonly #slots: readonly Slot[];
  readonly #breaker: Breaker;
  readonly #onRestart: (reason: PluginError) => void;
  readonly #waiting: QueuedJob[] = [];
  readonly #running = new Map<Slot, QueuedJob>();
  #closed: PluginError | null = null;
  #disabled: PluginError | null = null;

  constructor(
    count: number,
    recipe: Omit<SlotRecipe, 'onStuck'>,
    breaker: Breaker,
    onRestart: (reason: PluginError) => void,
  ) {
    const vars = new CommittedVars(recipe.vars, recipe.onVars);
    this.#name = recipe.name;
    this.#breaker = breaker;
    this.#onRestart = onRestart;
    this.#slots = Array.from(
      { length: count },
      () => new Slot({ ...recipe, onStuck: (name) => this.#stuck(name) }, vars),
    );
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get disabled(): boolean {
    return this.#disabled !== null;
  }

  /** No instance is there, because others needed the room. */
  get hibernating(): boolean {
    return this.#slots.every(({ hibernating }) => hibernating);
  }

  /** Calls that wait beside those that a slot will take as soon as its instance is replaced. */
  get backlog(): number {
    return this.#waiting.length - this.#slots.filter(({ busy }) => !busy).length;
  }

  /** Whoever calls now is called by the plug-in itself, and no instance is left for the call. */
  get reentrant(): boolean {
    return this.#slots.every(({ inHandler }) => inHandler);
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
    try {
      await Promise.all(this.#slots.map((slot) => this.#start(slot)));
    } catch (thrown) {
      const error = asPluginError(thrown);
      this.close(error);
      throw error;
    }
  }

  add(job: QueuedJob): void {
    const refusal = this.#closed ?? this.#disabled;
    if (refusal !== null) {
      job.reject(refusal);
      return;
    }
    this.#waiting.push(job);
    this.#dispatch();
  }

  /** Ends a job that was aborted or ran out of time: by leaving the queue, or with the instance it runs on. */
  stop(job: QueuedJob, error: PluginError): void {
    const place = this.#waiting.indexOf(job);
    if (place !== -1) this.#waiting.splice(place, 1);
    else this.#slots.find((slot) => this.#running.get(slot) === job)?.stop(error);
    job.reject(error);
  }

  /** Lets a plug-in that was disabled try again. */
  enable(): void {
    this.#disabled = null;
    this.#breaker.reset();
  }

  close(error: PluginError): void {
    if (this.#closed !== null) return;
    this.#closed = error;
    this.#rejectWaiting(error);
    for (const slot of this.#slots) {
      slot.closed = error;
      slot.end(error);
    }
  }

  #dispatch(): void {
    this.#giveOut();
    for (const slot of this.#slots) slot.wanted = this.#waiting.length > 0;
  }

  #giveOut(): void {
    for (const slot of this.#slots) {
      if (this.#waiting.length === 0 || this.#closed !== null) return;
      if (slot.busy || slot.starting) continue;
      if (slot.died) {
        this.#lost(slot, new PluginError('worker-died', { message: `the worker of ${this.#name} ended` }));
      } else if (slot.instance === null) {
        this.#restart(slot);
      } else {
        const job = this.#waiting.shift();
        if (job !== undefined) void this.#run(slot, job);
      }
    }
  }

  async #run(slot: Slot, job: QueuedJob): Promise<void> {
    slot.busy = true;
    this.#running.set(slot, job);
    try {
      await job.run(slot);
      const remade = slot.takeRemade();
      if (remade === null) this.#breaker.reset();
      else if (!this.#trips(remade)) this.#onRestart(remade);
    } catch (thrown) {
      const error = asPluginError(thrown);
      job.reject(error);
      if (error.code === 'protocol') slot.end(error);
      if (slot.instance === null) this.#lost(slot, error);
    } finally {
      this.#running.delete(slot);
      slot.over();
      slot.busy = false;
      this.#dispatch();
      if (!slot.busy) slot.rest();
    }
  }

  /** The instance died: a fresh one is made at once, so that the next call need not wait for it. */
  #lost(slot: Slot, reason: PluginError): void {
    slot.vacate(reason);
    if (this.#closed !== null || this.#trips(reason)) return;
    this.#onRestart(reason);
    this.#restart(slot);
  }

  #restart(slot: Slot): void {
    this.#start(slot).catch((thrown: unknown) => {
      const error = asPluginError(thrown);
      if (this.#closed !== null || this.#trips(error)) return;
      // No instance, and none to come unless someone calls again: who waits is told why.
      if (this.#slots.some(({ instance, starting }) => instance !== null || starting)) return;
      this.#rejectWaiting(error);
    });
  }

  async #start(slot: Slot): Promise<void> {
    const loss = await slot.start();
    if (this.#closed !== null) {
      slot.end(this.#closed);
      throw this.#closed;
    }
    if (isPluginError(loss, 'hibernated')) this.#onRestart(loss);
    this.#dispatch();
    if (!slot.busy) slot.rest();
  }

  /** True when this was one death too many in a row. What the app ends itself is no death. */
  #trips(reason: PluginError): boolean {
    if (reason.code === 'aborted' || reason.code === 'resources-exhausted') return false;
    if (!this.#breaker.died(performance.now())) return false;
    this.#disabled = new PluginError('plugin-disabled', {
      message: `${this.#name} is disabled: it died too often in a row. The last time: ${reason.message}`,
      where: this.#name,
      fix: 'Call enable() to let it try again, or remove it.',
      cause: reason,
    });
    this.#rejectWaiting(this.#disabled);
    return true;
  }

  /** A host function may be waiting for one of the very calls that wait for it. */
  #stuck(functionName: string): void {
    if (this.#slots.some(({ busy, starting }) => !busy && !starting)) return;
    this.#rejectWaiting(
      new PluginError('reentrant-or-stuck', {
        message: `a call of ${this.#name} waited behind one that waits for ${functionName}, which has not ended`,
        where: functionName,
        fix: 'A host function must not wait for a call of the plug-in that called it: use call() of its context, which refuses that at once. If it may take long, raise stuckAfterMs.',
      }),
    );
  }

  #rejectWaiting(error: PluginError): void {
    for (const job of this.#waiting.splice(0)) job.reject(error);
  }
}

function asPluginError(thrown: unknown): PluginError {
  return isPluginError(thrown) ? thrown : new PluginError('bug', { message: 'BUG: a call failed', cause: thrown });
}
