import { refuse } from './errno.js';

const nanosecondsPerMillisecond = 1_000_000;
/** The longest timeout that is passed to `Atomics.wait`. */
const longestWaitMs = 2_147_483_647;

const clockIds = { realtime: 0, monotonic: 1, processCpu: 2, threadCpu: 3 };

/** The plug-in's clocks, rounded down to the configured resolution. */
export class Clocks {
  readonly #resolutionMs: number;
  readonly #startedAt = performance.now();
  /** Created at the first sleep. Nothing else uses it, so that waiting on it ends by timeout only. */
  #alarm: Int32Array | null = null;

  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs;
  }

  /** Returns the resolution of clock `id` in nanoseconds. */
  resolution(id: number): bigint {
    this.time(id);
    return toNanoseconds(this.#resolutionMs);
  }

  /** Returns the time of clock `id` in nanoseconds. */
  time(id: number): bigint {
    switch (id) {
      case clockIds.realtime:
        return this.realtime();
      case clockIds.monotonic:
        return this.#steps(performance.now());
      case clockIds.processCpu:
      case clockIds.threadCpu:
        // Browsers do not report processor time; this is its upper bound.
        return this.#steps(performance.now() - this.#startedAt);
      default:
        return refuse('inval');
    }
  }

  realtime(): bigint {
    return this.#steps(performance.timeOrigin + performance.now());
  }

  /** Returns the nanoseconds until clock `id` reaches `timeout`, or `timeout` itself if it is relative; at least 0. */
  untilDue(id: number, timeout: bigint, absolute: boolean): bigint {
    if (id !== clockIds.realtime && id !== clockIds.monotonic) refuse(id in [0, 1, 2, 3] ? 'notsup' : 'inval');
    const wait = absolute ? timeout - this.time(id) : timeout;
    return wait < 0n ? 0n : wait;
  }

  /**
   * Sleeps without using the processor. `Atomics.wait` needs shared memory, and a page that is not isolated can create it only as a
   * WebAssembly.Memory. Ending the worker ends the sleep.
   */
  sleep(nanoseconds: bigint): void {
    if (nanoseconds === 0n) return;
    const until = performance.now() + Number(nanoseconds) / nanosecondsPerMillisecond;
    this.#alarm ??= makeAlarm();
    for (let left = until - performance.now(); left > 0; left = until - performance.now()) {
      Atomics.wait(this.#alarm, 0, 0, Math.min(left, longestWaitMs));
    }
  }

  #steps(ms: number): bigint {
    return toNanoseconds(Math.floor(ms / this.#resolutionMs) * this.#resolutionMs);
  }
}

function toNanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1_000)) * 1_000n;
}

function makeAlarm(): Int32Array {
  try {
    return new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
  } catch {
    return refuse('nomem');
  }
}
