import { meterAskExport, meterLeftExport } from '../../contract/abi.js';
import { PluginError } from '../../contract/errors.js';
import type { CallLimits } from '../../contract/protocol.js';
import type { InterruptFlag } from '../suspend/interrupt-flag.js';
import type { GuestFunction } from '../suspend/waiter.js';
import type { GuestFailure } from './guest-failure.js';

/** One metered module of the plug-in. */
interface Metered {
  /** Adds to what is left of what was granted, and gives it; negative when it is overdrawn. */
  readonly left: (more: number) => number;
  granted: number;
  /** Of an instance that lives as long as the call. */
  readonly forOneCall: boolean;
}

/** Work granted at once: as much as takes a millisecond or so. The first is small, as the work may be slow. */
const firstSlice = 2 ** 18;
const leastSlice = 2 ** 14;
const mostSlice = 2 ** 23;
/** A question after less than this is early; after more than that, late. */
const earlyMs = 0.5;
const lateMs = 2;
/** Where the guest has to be suspended for the worker to hear the page, it is that often. One turn takes 20 to 250 us. */
const hearEveryMs = 10;

/**
 * (module (type (func (param i32) (result i32))) (import "m" "f" (func (type 0)))
 *   (func (export "f") (type 0) local.get 0 call 0)): a table takes no function that is not WebAssembly's own.
 */
const thunk: Uint8Array<ArrayBuffer> = Uint8Array.from([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 2, 7, 1, 1, 0x6d, 1, 0x66, 0, 0, 3, 2, 1, 0, 7, 5,
  1, 1, 0x66, 0, 1, 10, 8, 1, 6, 0, 0x20, 0, 0x10, 0, 0x0b,
]);

const starting = 'instantiating, in its start section or in an init hook';

/** The host's side of metered code: grants it work, and stops it when its time, or its fuel, is up. */
export class Meter {
  readonly #failure: GuestFailure;
  readonly #interruptFlag: InterruptFlag | null;
  #modules: Metered[] = [];
  #limits: CallLimits = { timeoutMs: null, fuel: null };
  #what = '';
  #late: 'timeout' | 'load-timeout' = 'timeout';
  #deadline = Infinity;
  #askedAt = 0;
  #heardAt = 0;
  #slice = firstSlice;
  #stopped = false;

  constructor(failure: GuestFailure, interruptFlag: InterruptFlag | null) {
    this.#failure = failure;
    this.#interruptFlag = interruptFlag;
  }

  /** Whether the guest was stopped: its instances are in the middle of something, and not to be entered again. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Work done since `begin`. */
  get used(): number {
    return this.#modules.reduce((sum, { left, granted }) => sum + granted - left(0), 0);
  }

  /** Lets go of the instances so far. */
  clear(): void {
    this.#modules = [];
    this.#stopped = false;
  }

  /** Takes in a fresh instance, if it is metered, before anything in it runs. */
  attach({ exports }: WebAssembly.Instance, forOneCall: boolean): void {
    const { [meterAskExport]: table, [meterLeftExport]: left } = exports;
    if (!(table instanceof WebAssembly.Table) || typeof left !== 'function') return;
    const add = left as Metered['left'];
    const module: Metered = { left: add, granted: add(Math.min(this.#slice, this.#rest())), forOneCall };
    const ask: GuestFunction = (remaining) => this.#ask(module, Number(remaining));
    const f = this.#interruptFlag?.hearing?.jspi.closure(ask) ?? ask;
    table.set(0, new WebAssembly.Instance(new WebAssembly.Module(thunk), { m: { f } }).exports['f']);
    this.#modules.push(module);
  }

  /** From here on the guest has so much time and fuel. `what` is what it runs, for errors; `late`, that its time is up. */
  begin(what: string, limits: CallLimits, late: 'timeout' | 'load-timeout' = 'timeout'): void {
    this.#what = what;
    this.#late = late;
    this.#limits = limits;
    this.#askedAt = performance.now();
    this.#heardAt = this.#askedAt;
    this.#deadline = limits.timeoutMs === null ? Infinity : this.#askedAt + limits.timeoutMs;
    this.#modules = this.#modules.filter((module) => !module.forOneCall);
    if (limits.fuel !== null) this.#slice = firstSlice;
    const slice = Math.min(this.#slice, limits.fuel ?? Infinity);
    for (const module of this.#modules) module.granted = module.left(slice - module.left(0));
  }

  /** Throws why the guest was stopped; or, if it ended by itself, that it did too much since it was last asked. */
  check(): void {
    if (this.#stopped && this.#failure.raised !== null) throw this.#failure.raised;
    if (this.#limits.fuel === null || this.used <= this.#limits.fuel) return;
    this.#stopped = true;
    throw this.#outOfFuel();
  }

  #rest(): number {
    return this.#limits.fuel === null ? Infinity : this.#limits.fuel - this.used;
  }

  /** Gives what is left now; a negative number ends the guest in a trap, which no `catch_all` sees. */
  #ask(module: Metered, remaining: number): number | Promise<number> {
    const now = performance.now();
    this.#adapt(now - this.#askedAt);
    const hearing = this.#interruptFlag?.hearing ?? null;
    if (hearing === null || now - this.#heardAt < hearEveryMs) return this.#answer(module, remaining, now);
    return hearing.turns.next().then(() => {
      this.#heardAt = performance.now();
      return this.#answer(module, remaining, this.#heardAt);
    });
  }

  /** With fuel, slices are all alike: where several modules run out of it is then no matter of time. */
  #adapt(tookMs: number): void {
    if (this.#limits.fuel !== null) return;
    if (tookMs < earlyMs) this.#slice = Math.min(mostSlice, this.#slice * 2);
    else if (tookMs > lateMs) this.#slice = Math.max(leastSlice, Math.floor(this.#slice / tookMs));
  }

  #answer(module: Metered, remaining: number, now: number): number {
    const rest = this.#rest();
    if (rest < 0) return this.#stop(this.#outOfFuel());
    if (now >= this.#deadline) return this.#stop(this.#outOfTime());
    if (this.#interruptFlag?.isRaised === true) return this.#stop(this.#aborted());
    this.#askedAt = now;
    const slice = Math.min(this.#slice, rest);
    module.granted += slice - remaining;
    return slice;
  }

  #stop(error: PluginError): number {
    this.#stopped = true;
    this.#failure.keep(error);
    return -1;
  }

  /** The page says what it was aborted for. */
  #aborted(): PluginError {
    return new PluginError('aborted', { message: `${this.#what} was aborted`, where: this.#what });
  }

  #outOfTime(): PluginError {
    const limitMs = this.#limits.timeoutMs ?? 0;
    const isStart = this.#late === 'load-timeout';
    return new PluginError(this.#late, {
      message: `${this.#what} stopped after ${limitMs} ms: it was still ${isStart ? starting : 'running'}`,
      where: this.#what,
      expected: `an answer within ${limitMs} ms`,
      actual: `none after ${limitMs} ms`,
      fix: `Raise ${isStart ? 'loadTimeoutMs' : 'timeoutMs'} or remove the plug-in.`,
      details: isStart ? { limitMs, phase: 'starting' } : { limitMs },
    });
  }

  #outOfFuel(): PluginError {
    const limit = this.#limits.fuel ?? 0;
    return new PluginError('fuel-exhausted', {
      message: `${this.#what} used up its fuel`,
      where: this.#what,
      expected: `at most ${limit} units of work`,
      actual: 'more',
      fix: 'Raise fuel, or give it less to do.',
      details: { fuel: limit },
    });
  }
}
