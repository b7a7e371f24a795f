import { isPluginError, PluginError } from '../../contract/errors.js';
import { type LoaderApi, protocolVersion, type RunnerApi } from '../../contract/protocol.js';
import { Deadline } from '../base/deadline.js';
import type { Assets } from './assets.js';
import type { ScriptFallback, ScriptKind } from './script-fallback.js';
import { WorkerHandle, type WorkerLike } from './worker-handle.js';
import { parseDone, parseHelloReply } from './wire.js';
import { lazyChunk } from '../base/lazy-chunk.js';

/** A worker that has not answered the first message within this time has failed to start. */
const helloTimeoutMs = 15_000;
/** A spare worker that has not answered within this time is replaced, because it may never answer. */
const spareTimeoutMs = 2_000;
/** An idle loader is kept this long for the next load. */
const loaderIdleMs = 5_000;
/** Delay before spare workers are started. A starting worker uses a core, which the plug-in that took the last spare needs for its first call. */
const refillDelayMs = 50;
/** How long a retired loader may go on writing to the cache. */
const drainTimeoutMs = 10_000;
/** How long `host.close()` waits for retired loaders. */
const closeTimeoutMs = 1_000;

export type RunnerHandle = WorkerHandle<RunnerApi>;
export type LoaderHandle = WorkerHandle<LoaderApi>;

/** Starts workers, keeps spare runners ready, and terminates every worker it started. */
export class WorkerPool {
  readonly assets: Assets;
  readonly #prefetch: () => readonly Promise<unknown>[];
  /** Number of spare runners that are kept ready. */
  readonly spareCount: number;
  readonly #all = new Set<RunnerHandle | LoaderHandle>();
  readonly #spares: RunnerHandle[] = [];
  /** The start time of each worker that has not answered yet. */
  readonly #unanswered = new Map<RunnerHandle | LoaderHandle, number>();
  /** Loaded after the first worker has answered: from then on a worker can be replaced while the network is down. */
  #fallback: Promise<ScriptFallback> | null = null;
  #copies: ScriptFallback | null = null;
  /** A loader never runs a plug-in, so it can serve one load after another. */
  #idleLoader: { readonly worker: LoaderHandle; readonly timer: ReturnType<typeof setTimeout> } | null = null;
  /** Loaders that only finish writing to the cache. */
  readonly #retiring = new Map<LoaderHandle, Promise<void>>();
  #refillTimer: ReturnType<typeof setTimeout> | null = null;
  #closed: PluginError | null = null;

  /** @param prefetch starts loading the lazy chunks that the page may need while the network is down */
  constructor(assets: Assets, spareCount: number, prefetch: () => readonly Promise<unknown>[]) {
    this.assets = assets;
    this.#prefetch = prefetch;
    this.spareCount = spareCount;
  }

  /** Number of workers that exist, spare ones and loaders included. */
  get size(): number {
    return this.#all.size;
  }

  /** Returns a runner that has not run a plug-in. The caller must end it. */
  take(): RunnerHandle {
    for (let spare = this.#spares.shift(); spare !== undefined; spare = this.#spares.shift()) {
      const madeAt = this.#unanswered.get(spare) ?? Infinity;
      if (!spare.ended && performance.now() - madeAt < spareTimeoutMs) return spare;
      spare.end(unneeded());
    }
    return this.#makeRunner();
  }

  /** Starts a worker from `reader.js`. The caller ends it. */
  startReader(): Worker {
    if (this.#closed !== null) throw this.#closed;
    return this.assets.start('reader');
  }

  /** Returns a loader. The caller must return it to the pool. */
  takeLoader(): LoaderHandle {
    const idle = this.#idleLoader;
    if (idle === null) return this.#makeLoader();
    this.#idleLoader = null;
    clearTimeout(idle.timer);
    return idle.worker.ended ? this.#makeLoader() : idle.worker;
  }

  /** Keeps one loader for the next load; any other finishes its cache writes and ends. */
  giveBackLoader(worker: LoaderHandle): void {
    if (worker.ended) return;
    if (this.#idleLoader !== null || this.#closed !== null) {
      this.#retire(worker);
      return;
    }
    const timer = setTimeout(() => {
      this.#idleLoader = null;
      this.#retire(worker);
    }, loaderIdleMs);
    this.#idleLoader = { worker, timer };
  }

  /** Starts spare runners until there are `spareCount`. */
  refill(): void {
    while (this.#closed === null && this.#spares.length < this.spareCount) this.#spares.push(this.#makeRunner());
  }

  /** Schedules `refill` after a short delay. */
  refillSoon(): void {
    this.#refillTimer ??= setTimeout(() => {
      this.#refillTimer = null;
      this.refill();
    }, refillDelayMs);
  }

  /** Ends the spare runners, and the idle loader once its cache writes are done. */
  rest(): void {
    this.#stopRefill();
    for (const spare of this.#spares.splice(0)) spare.end(unneeded());
    const idle = this.#idleLoader;
    this.#idleLoader = null;
    if (idle === null) return;
    clearTimeout(idle.timer);
    this.#retire(idle.worker);
  }

  /** Ends every worker. Loaders get a short time to finish their cache writes. */
  async close(reason: PluginError): Promise<void> {
    this.#closed = reason;
    this.rest();
    this.#copies?.close();
    for (const worker of this.#all) {
      if (!this.#retiring.has(worker as LoaderHandle)) worker.end(reason);
    }
    if (this.#retiring.size === 0) return;
    const timer = setTimeout(() => this.#endAll(reason), closeTimeoutMs);
    await Promise.all(this.#retiring.values());
    clearTimeout(timer);
  }

  #endAll(error: PluginError): void {
    for (const worker of this.#all) worker.end(error);
  }

  #stopRefill(): void {
    if (this.#refillTimer !== null) clearTimeout(this.#refillTimer);
    this.#refillTimer = null;
  }

  #makeRunner(): RunnerHandle {
    const worker = new WorkerHandle<RunnerApi>(this.#spawn('worker'), 'worker.js');
    const aliveLock = lockManager() === null ? null : `tenon-worker-${crypto.randomUUID()}`;
    this.#greet(worker, async () => {
      const { script } = await worker.request((api) => api.hello(protocolVersion, aliveLock), parseHelloReply);
      this.#keepCopy('worker', script);
    });
    if (aliveLock !== null) {
      worker
        .request((api) => api.locked(), parseDone)
        .then(() => watchLock(aliveLock, worker))
        .catch(() => {}); // The worker ended, or the lock was denied.
    }
    return worker;
  }

  #makeLoader(): LoaderHandle {
    const worker = new WorkerHandle<LoaderApi>(this.#spawn('loader'), 'loader.js');
    this.#greet(worker, async () => {
      const { script } = await worker.request((api) => api.hello(protocolVersion), parseHelloReply);
      this.#keepCopy('loader', script);
    });
    return worker;
  }

  #spawn(kind: ScriptKind): WorkerLike {
    if (this.#closed !== null) throw this.#closed;
    const spawn = (): Worker => this.assets.start(kind);
    return spawnOrThrow(() => this.#copies?.spawn(kind, spawn) ?? spawn());
  }

  #keepCopy(kind: ScriptKind, script: string): void {
    if (this.#closed !== null) return;
    this.#fallback ??= lazyChunk(() => import('./script-fallback.js')).then(
      ({ ScriptFallback }) => (this.#copies = new ScriptFallback(this.#prefetch)),
      (error: unknown) => {
        this.#fallback = null;
        throw error;
      },
    );
    this.#fallback
      .then((copies) => (this.#closed !== null ? copies.close() : copies.keep(kind, script)))
      .catch(() => {}); // Without that chunk there are no copies.
  }

  /** Sends the first message, and ends a worker that does not answer it. */
  #greet(worker: RunnerHandle | LoaderHandle, hello: () => Promise<void>): void {
    this.#all.add(worker);
    this.#unanswered.set(worker, performance.now());
    const deadline = new Deadline(() => worker.end(noAnswer()));
    deadline.start(helloTimeoutMs);
    const answered = (): void => {
      deadline.stop();
      this.#unanswered.delete(worker);
    };
    worker.onEnd = (): void => {
      answered();
      this.#all.delete(worker);
    };
    hello()
      .then(answered)
      .catch((error: PluginError) => worker.end(error));
  }

  #retire(worker: LoaderHandle): void {
    const drained = this.#drain(worker).finally(() => this.#retiring.delete(worker));
    this.#retiring.set(worker, drained);
  }

  async #drain(worker: LoaderHandle): Promise<void> {
    const timer = setTimeout(() => worker.end(unneeded()), drainTimeoutMs);
    await worker.request((api) => api.drain(), parseDone).catch(() => {}); // The worker ended, so nothing is left to write.
    clearTimeout(timer);
    worker.end(unneeded());
  }
}

function unneeded(): PluginError {
  return new PluginError('closed', { message: 'Worker was ended because it is no longer needed' });
}

function spawnOrThrow(spawn: () => WorkerLike): WorkerLike {
  try {
    return spawn();
  } catch (cause) {
    if (isPluginError(cause)) throw cause;
    throw new PluginError('worker-start', {
      message: 'Cannot start a worker on this page',
      fix: 'Set assets in createHost if the scripts are on another origin, and allow them in worker-src of the Content-Security-Policy.',
      cause,
    });
  }
}

function noAnswer(): PluginError {
  return new PluginError('worker-start', {
    message: `The plug-in's worker did not answer within ${helloTimeoutMs} ms`,
    fix: 'Check that assets in createHost names the scripts of this release.',
  });
}

/** Returns the Web Locks API; null on insecure origins, which the types do not say. */
function lockManager(): LockManager | null {
  return 'locks' in navigator ? navigator.locks : null;
}

/**
 * Ends `worker` when its lock becomes free. A worker holds the lock for its whole life, and can die without an event, for example
 * when memory runs out. This also works while the worker is busy.
 */
function watchLock(name: string, worker: RunnerHandle): void {
  lockManager()
    ?.request(name, () =>
      worker.end(new PluginError('worker-died', { message: "The plug-in's worker ended without an error event" })),
    )
    .catch(() => {}); // The page is being unloaded.
}
