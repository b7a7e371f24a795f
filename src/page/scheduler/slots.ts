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

  /** Whether every instance gave up its room to another plug-in. */
  get hibernating(): boolean {
    return this.#slots.every(({ isHibernating }) => isHibernating);
  }

  /** Jobs that wait, without those that a slot takes as soon as its instance is replaced. */
  get backlog(): number {
    return this.#waiting.length - this.#slots.filter(({ isBusy }) => !isBusy).length;
  }

  /** Whether a call made now comes from the plug-in itself, and no instance is left to run it. */
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

  /** Starts every instance. Rejects with the first failure, and ends all others. */
  async startAll(): Promise<void> {
    try {
      await Promise.all(this.#slots.map((slot) => this.#start(slot)));
    } catch (thrown) {
      const error = asPluginError(thrown, 'a call failed');
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

  /** Replaces a lost instance at once, so that the next call need not wait for it. */
  #replace(slot: Slot, reason: Loss): void {
    if (this.#closed !== null || this.#trips(reason)) return;
    // First: the app may call the plug-in while it handles the event.
    this.#restart(slot);
    this.#onRestart(reason);
  }

  #restart(slot: Slot): void {
    this.#start(slot).catch((thrown: unknown) => {
      const error = asPluginError(thrown, 'a call failed');
      if (this.#closed !== null || this.#trips(error)) return;
      if (this.#slots.some(({ isLive, isStarting }) => isLive || isStarting)) return;
      // There is no instance, and none starts unless someone calls again.
      this.#rejectWaiting(error);
    });
  }

  async #start(slot: Slot): Promise<void> {
    const loss = await slot.start();
    if (loss === 'hibernated') this.#onRestart(loss);
    this.#dispatch();
    if (!slot.isBusy) this.#live.wakeFirst();
  }

  /** Counts a lost instance. Returns true, and disables the plug-in, when that was one too many in a row. */
  #trips(reason: Loss): boolean {
    if (reason === 'hibernated' || !traitsOf(reason).countsAsCrash) return false;
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

  /** A host function that runs for too long may be waiting for one of the very jobs that wait behind it. */
  #rejectStuck(functionName: string): void {
    if (this.#slots.some(({ isBusy, isStarting }) => !isBusy && !isStarting)) return;
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
