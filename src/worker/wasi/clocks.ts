import { refuse } from './errno.js';

const nanosecondsPerMillisecond = 1_000_000;
/** The longest that one wait is asked for. */
const longestWaitMs = 2_147_483_647;

const clockIds = { realtime: 0, monotonic: 1, processCpu: 2, threadCpu: 3 };

/** The plug-in's clocks. They show no finer steps than they were told to. */
export class Clocks {
  readonly #resolutionMs: number;
  readonly #startedAt = performance.now();
  /** Made at the first sleep. Nobody else has it, and nobody ever wakes who waits on it. */
  #alarm: Int32Array | null = null;

  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs;
  }

  /** Nanoseconds. */
  resolution(id: number): bigint {
    this.time(id);
    return toNanoseconds(this.#resolutionMs);
  }

  /** Nanoseconds. */
  time(id: number): bigint {
    switch (id) {
      case clockIds.realtime:
        return this.realtime();
      case clockIds.monotonic:
        return this.#steps(performance.now());
      case clockIds.processCpu:
      case clockIds.threadCpu:
        // No browser says how long the processor was busy; this is what it was at most.
        return this.#steps(performance.now() - this.#startedAt);
      default:
        return refuse('inval');
    }
  }

  realtime(): bigint {
    return this.#steps(performance.timeOrigin + performance.now());
  }

  /** Nanoseconds from now until the clock `id` shows `timeout`, or until so much time has passed; never less than 0. */
  untilDue(id: number, timeout: bigint, absolute: boolean): bigint {
    if (id !== clockIds.realtime && id !== clockIds.monotonic) refuse(id in [0, 1, 2, 3] ? 'notsup' : 'inval');
    const wait = absolute ? timeout - this.time(id) : timeout;
    return wait < 0n ? 0n : wait;
  }

  /**
   * Sleeps without burning a core. `Atomics.wait` takes only shared memory, which a page that is not isolated has nowhere but in
   * a WebAssembly.Memory. Ending the worker ends it.
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
