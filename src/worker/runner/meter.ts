import { meterAskExport, meterLeftExport } from '../../contract/abi.js';
import { PluginError } from '../../contract/errors.js';
import type { CallLimits } from '../../contract/protocol.js';
import type { InterruptFlag } from '../suspend/interrupt-flag.js';
import type { GuestFunction } from '../suspend/waiter.js';
import type { GuestFailure } from './guest-failure.js';

/** One metered module of the plug-in. */
interface Metered {
  /** Adds `more` to the work that is left of the grant. Returns the result, which is negative if more work was done than granted. */
  readonly left: (more: number) => number;
  granted: number;
  /** Whether the instance is that of a command, which lasts for one call. */
  readonly forOneCall: boolean;
}

/** Work granted at once: about a millisecond's worth. The first slice is small, as the work may be slow. */
const firstSlice = 2 ** 18;
const minSlice = 2 ** 14;
const maxSlice = 2 ** 23;
/** A slice that lasts less than `earlyMs` doubles the next one; one that lasts more than `lateMs` shrinks it. */
const earlyMs = 0.5;
const lateMs = 2;
/** Milliseconds between suspensions of a guest, in which the worker receives messages. A suspension takes 20 to 250 µs. */
const turnEveryMs = 10;

/**
 * (module (type (func (param i32) (result i32))) (import "m" "f" (func (type 0)))
 *   (func (export "f") (type 0) local.get 0 call 0)). Wraps a JavaScript function, because a table accepts only WebAssembly functions.
 */
const thunk: Uint8Array<ArrayBuffer> = Uint8Array.from([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 2, 7, 1, 1, 0x6d, 1, 0x66, 0, 0, 3, 2, 1, 0, 7, 5,
  1, 1, 0x66, 0, 1, 10, 8, 1, 6, 0, 0x20, 0, 0x10, 0, 0x0b,
]);

/** The host's part of metering: grants work to the code, and stops it when its time or fuel is used up. */
export class Meter {
  readonly #failure: GuestFailure;
  readonly #interruptFlag: InterruptFlag | null;
  #modules: Metered[] = [];
  #limits: CallLimits = { timeoutMs: null, fuel: null };
  #what = '';
  #late: 'timeout' | 'load-timeout' = 'timeout';
  #deadline = Infinity;
  #askedAt = 0;
  #turnedAt = 0;
  #slice = firstSlice;
  #stopped = false;
  /** Units that the host charged since `begin`. */
  #charged = 0;

  constructor(failure: GuestFailure, interruptFlag: InterruptFlag | null) {
    this.#failure = failure;
    this.#interruptFlag = interruptFlag;
  }

  /** Whether the guest was stopped: its instances are in an unknown state and must not be entered again. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The work done since `begin`. */
  get used(): number {
    return this.#modules.reduce((sum, { left, granted }) => sum + granted - left(0), this.#charged);
  }

  /** Removes all modules, before new instances are created. */
  clear(): void {
    this.#modules = [];
    this.#stopped = false;
  }

  /** Adds a new instance, if it is metered. To be called before any of its code runs. */
  attach({ exports }: WebAssembly.Instance, forOneCall: boolean): void {
    const { [meterAskExport]: table, [meterLeftExport]: left } = exports;
    if (!(table instanceof WebAssembly.Table) || typeof left !== 'function') return;
    const add = left as Metered['left'];
    const module: Metered = { left: add, granted: add(Math.min(this.#slice, this.#rest())), forOneCall };
    const ask: GuestFunction = (remaining) => this.#ask(module, Number(remaining));
    const f = this.#interruptFlag?.suspension?.jspi.closure(ask) ?? ask;
    table.set(0, new WebAssembly.Instance(new WebAssembly.Module(thunk), { m: { f } }).exports['f']);
    this.#modules.push(module);
  }

  /** Sets the time and fuel from now on. `what` names the work in errors; `late` is the error code for a timeout. */
  begin(what: string, limits: CallLimits, late: 'timeout' | 'load-timeout' = 'timeout'): void {
    this.#what = what;
    this.#late = late;
    this.#limits = limits;
    this.#charged = 0;
    this.#askedAt = performance.now();
    this.#turnedAt = this.#askedAt;
    this.#deadline = limits.timeoutMs === null ? Infinity : this.#askedAt + limits.timeoutMs;
    this.#modules = this.#modules.filter((module) => !module.forOneCall);
    if (limits.fuel !== null) this.#slice = firstSlice;
    const slice = Math.min(this.#slice, limits.fuel ?? Infinity);
    for (const module of this.#modules) module.granted = module.left(slice - module.left(0));
  }

  /** Adds work that the host does to the work of the guest. Traps if that is more than the fuel. */
  charge(units: number): void {
    this.#charged += units;
    if (this.#rest() >= 0) return;
    this.#stop(this.#outOfFuel());
    this.#failure.trap();
  }

  /** Throws the error if the guest was stopped, or if it has used more than its fuel since it last asked for work. */
  check(): void {
    if (this.#stopped && this.#failure.raised !== null) throw this.#failure.raised;
    if (this.#limits.fuel === null || this.used <= this.#limits.fuel) return;
    this.#stopped = true;
    throw this.#outOfFuel();
  }

  #rest(): number {
    return this.#limits.fuel === null ? Infinity : this.#limits.fuel - this.used;
  }

  /** Returns the granted work; a negative number ends the guest with a trap, which `catch_all` does not catch. */
  #ask(module: Metered, remaining: number): number | Promise<number> {
    const now = performance.now();
    this.#adapt(now - this.#askedAt);
    const suspension = this.#interruptFlag?.suspension ?? null;
    if (suspension === null || now - this.#turnedAt < turnEveryMs) return this.#answer(module, remaining, now);
    return suspension.eventLoop.turn().then(() => {
      this.#turnedAt = performance.now();
      return this.#answer(module, remaining, this.#turnedAt);
    });
  }

  /** With fuel all slices are equal, so that several modules run out of it at the same point in every run. */
  #adapt(tookMs: number): void {
    if (this.#limits.fuel !== null) return;
    if (tookMs < earlyMs) this.#slice = Math.min(maxSlice, this.#slice * 2);
    else if (tookMs > lateMs) this.#slice = Math.max(minSlice, Math.floor(this.#slice / tookMs));
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

  /** Returns the error for an abort. The page replaces it with one that has the reason of its signal. */
  #aborted(): PluginError {
    return new PluginError('aborted', { message: `${this.#what} was aborted`, where: this.#what });
  }

  /** Returns the error for a timeout. The page replaces it with one that names the plug-in. */
  #outOfTime(): PluginError {
    const limitMs = this.#limits.timeoutMs ?? 0;
    return new PluginError(this.#late, {
      message: `${this.#what} stopped after ${limitMs} ms: it was still running`,
      where: this.#what,
      details: { limitMs },
    });
  }

  #outOfFuel(): PluginError {
    const limit = this.#limits.fuel ?? 0;
    return new PluginError('fuel-exhausted', {
      message: `${this.#what} exceeded its fuel of ${limit}`,
      where: this.#what,
      expected: `at most ${limit} units of work`,
      fix: 'Raise fuel or reduce the work.',
      details: { fuel: limit },
    });
  }
}
