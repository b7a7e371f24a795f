import { asPluginError } from '../../contract/as-plugin-error.js';
import { PluginError, traitsOf } from '../../contract/errors.js';
import type { Breaker } from './breaker.js';
import { CommittedVars } from './committed-vars.js';
import type { QueuedJob } from './job.js';
import type { LiveSet } from './live-set.js';
import { Slot, type SlotRecipe } from './slot.js';
import type { Loss } from './slot-state.js';

/** The slots of one plug-in and the queue of its jobs: first in, first out, one job at a time per instance. */
export class Slots {
  readonly #name: string;
  readonly #live: LiveSet;
  readonly #slots: readonly Slot[];
  readonly #breaker: Breaker;
  readonly #onRestart: (reason: Loss) => void;
  readonly #waiting: QueuedJob[] = [];
  #closed: PluginError | null = null;
  #disabled: PluginError | null = null;

  constructor(
    count: number,
    recipe: Omit<SlotRecipe, 'onStuck' | 'hasWaiting'>,
    breaker: Breaker,
    onRestart: (reason: Loss) => void,
  ) {
    const vars = new CommittedVars(recipe.vars, recipe.onVars);
    const whole: SlotRecipe = {
      ...recipe,
      onStuck: (name) => this.#rejectStuck(name),
      hasWaiting: () => this.#waiting.length > 0,
    };
    this.#name = recipe.name;
    this.#live = recipe.live;
    this.#breaker = breaker;
    this.#onRestart = onRestart;
    this.#slots = Array.from({ length: count }, () => new Slot(whole, vars));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get disabled(): boolean {
    return this.#disabled !== null;
  }

  /** Whether every instance hibernates. */
  get hibernating(): boolean {
    return this.#slots.every(({ isHibernating }) => isHibernating);
  }

  /** Number of waiting jobs minus the number of slots without a job: the jobs that must wait for another job. May be negative. */
  get backlog(): number {
    return this.#waiting.length - this.#slots.filter(({ isBusy }) => !isBusy).length;
  }

  /** Whether every instance is inside a host function that runs synchronously, so that a call made now is re-entrant. */
  get reentrant(): boolean {
    return this.#slots.every(({ inHandler }) => inHandler);
  }

  get restarting(): boolean {
    return this.#slots.every(({ isLive }) => !isLive);
  }

  /** Whether a call made now would have to wait. */
  get full(): boolean {
    return this.#slots.every(({ isReady }) => !isReady);
  }

  /** Starts every instance. If one fails, closes all slots and rejects with that error. */
  async startAll(): Promise<void> {
    try {
      await Promise.all(this.#slots.map((slot) => this.#start(slot)));
    } catch (thrown) {
      const error = asPluginError(thrown, 'an instance failed to start');
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

  /** Ends a job that was aborted or ran out of time: takes it out of the queue, or stops it where it runs. */
  stop(job: QueuedJob, error: PluginError): void {
    const place = this.#waiting.indexOf(job);
    if (place !== -1) this.#waiting.splice(place, 1);
    else for (const slot of this.#slots) slot.stop(job, error);
    job.reject(error);
  }

  /** Enables a plug-in that the circuit breaker disabled. */
  enable(): void {
    this.#disabled = null;
    this.#breaker.reset();
  }

  close(error: PluginError): void {
    if (this.#closed !== null) return;
    this.#closed = error;
    this.#rejectWaiting(error);
    for (const slot of this.#slots) slot.close(error);
  }

  /** Assigns waiting jobs to slots that are ready, and starts slots that are empty. */
  #dispatch(): void {
    for (const slot of this.#slots) {
      if (this.#waiting.length === 0 || this.#closed !== null) return;
      const loss = slot.detectLoss();
      if (loss !== null) this.#replace(slot, loss);
      else if (slot.isEmpty) this.#restart(slot);
      else if (slot.isReady) {
        const job = this.#waiting.shift();
        if (job !== undefined) void this.#run(slot, job);
      }
    }
  }

  async #run(slot: Slot, job: QueuedJob): Promise<void> {
    const outcome = await slot.run(job);
    switch (outcome.kind) {
      case 'succeeded':
        this.#breaker.reset();
        break;
      case 'failed':
        break;
      case 'replaced':
        if (!outcome.isCrash || !this.#trips(outcome.reason)) this.#onRestart(outcome.reason);
        break;
      case 'lost':
        this.#replace(slot, outcome.reason);
    }
    this.#dispatch();
    if (!slot.isBusy) this.#live.wakeFirst();
  }

  /** Starts a new instance in `slot` at once, so that the next call does not have to wait for it. */
  #replace(slot: Slot, reason: Loss): void {
    if (this.#closed !== null || this.#trips(reason)) return;
    // Restarts before it notifies the app, which may call the plug-in in its event listener.
    this.#restart(slot);
    this.#onRestart(reason);
  }

  #restart(slot: Slot): void {
    this.#start(slot).catch((thrown: unknown) => {
      const error = asPluginError(thrown, 'an instance failed to start');
      if (this.#closed !== null || this.#trips(error)) return;
      if (this.#slots.some(({ isLive, isStarting }) => isLive || isStarting)) return;
      // No instance is live or starting, and only a new call would start one.
      this.#rejectWaiting(error);
    });
  }

  async #start(slot: Slot): Promise<void> {
    const loss = await slot.start();
    if (loss === 'hibernated') this.#onRestart(loss);
    this.#dispatch();
    if (!slot.isBusy) this.#live.wakeFirst();
  }

  /** Counts the loss of an instance as a crash, if `reason` is one. If the circuit breaker trips, disables the plug-in and returns true. */
  #trips(reason: Loss): boolean {
    if (reason === 'hibernated' || !traitsOf(reason).countsAsCrash) return false;
    if (!this.#breaker.died(performance.now())) return false;
    this.#disabled = new PluginError('plugin-disabled', {
      message: `${this.#name} is disabled: it crashed too many times in a row. Last error: ${reason.message}`,
      where: this.#name,
      fix: 'Call enable() to use it again, or remove it.',
      cause: reason,
    });
    this.#rejectWaiting(this.#disabled);
    return true;
  }

  /** Rejects all waiting jobs if every slot is busy or starting: the host function that is still pending may itself wait for one of them. */
  #rejectStuck(functionName: string): void {
    if (this.#slots.some(({ isBusy, isStarting }) => !isBusy && !isStarting)) return;
    this.#rejectWaiting(
      new PluginError('reentrant-or-stuck', {
        message: `Call of ${this.#name} was queued behind a call that waits for ${functionName}, which has not returned`,
        where: functionName,
        fix: 'A host function must not wait for a call of the plug-in that called it; call() of its context rejects such a call at once. If the function may take long, raise stuckAfterMs.',
      }),
    );
  }

  #rejectWaiting(error: PluginError): void {
    for (const job of this.#waiting.splice(0)) job.reject(error);
  }
}
