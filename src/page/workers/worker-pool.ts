import { PluginError } from '../../contract/errors.js';
import { type LoaderApi, protocolVersion, type RunnerApi } from '../../contract/protocol.js';
import { Deadline } from '../base/deadline.js';
import type { ScriptFallback, ScriptKind } from './script-fallback.js';
import { WorkerHandle, type WorkerLike } from './worker-handle.js';
import { parseDone, parseHelloReply } from './wire.js';

/** A script that has not answered by then never will. */
const helloPatienceMs = 15_000;
/** A spare worker that takes longer to answer may never, and is not worth waiting for. */
const sparePatienceMs = 2_000;
/** A worker that loads is kept this long for the next load. */
const loaderIdleMs = 5_000;
/** A worker that starts takes a core: whoever took the last spare one has this long for its first call. */
const refillDelayMs = 50;
/** How long a loader that is no longer needed may go on writing to the cache. */
const settlePatienceMs = 10_000;
/** The same when the host closes, and someone waits for that. */
const closePatienceMs = 1_000;

/** How workers are made: those that run a plug-in each, and those that load modules. */
export interface WorkerScripts {
  readonly runner: () => Worker;
  readonly loader: () => Worker;
}

export type RunnerHandle = WorkerHandle<RunnerApi>;
export type LoaderHandle = WorkerHandle<LoaderApi>;

/** Makes workers, keeps spare ones warm, and ends every one of them. */
export class WorkerPool {
  readonly #scripts: WorkerScripts;
  readonly #prefetch: () => readonly Promise<unknown>[];
  /** Spare workers that are kept ready. */
  readonly spareCount: number;
  readonly #all = new Set<RunnerHandle | LoaderHandle>();
  readonly #spares: RunnerHandle[] = [];
  /** When those were made that have not answered yet. */
  readonly #unanswered = new Map<RunnerHandle | LoaderHandle, number>();
  /** Asked for when the first worker runs: from then on a worker can be replaced without the network. */
  #fallback: Promise<ScriptFallback> | null = null;
  #copies: ScriptFallback | null = null;
  /** A worker that loads never runs a plug-in, so it can serve one load after another. */
  #idleLoader: { readonly worker: LoaderHandle; readonly timer: ReturnType<typeof setTimeout> } | null = null;
  /** Loaders that only write to the cache any more. */
  readonly #retiring = new Map<LoaderHandle, Promise<void>>();
  #refillTimer: ReturnType<typeof setTimeout> | null = null;
  #closed: PluginError | null = null;

  /** @param prefetch starts loading the lazy chunks that the page may need while the network is down */
  constructor(scripts: WorkerScripts, spareCount: number, prefetch: () => readonly Promise<unknown>[]) {
    this.#scripts = scripts;
    this.#prefetch = prefetch;
    this.spareCount = spareCount;
  }

  /** Workers that exist, whatever they do. */
  get size(): number {
    return this.#all.size;
  }

  /** A worker that has run nothing yet. The caller ends it. */
  take(): RunnerHandle {
    for (let spare = this.#spares.shift(); spare !== undefined; spare = this.#spares.shift()) {
      const madeAt = this.#unanswered.get(spare) ?? Infinity;
      if (!spare.ended && performance.now() - madeAt < sparePatienceMs) return spare;
      spare.end(unneeded());
    }
    return this.#makeRunner();
  }

  takeLoader(): LoaderHandle {
    const idle = this.#idleLoader;
    if (idle === null) return this.#makeLoader();
    this.#idleLoader = null;
    clearTimeout(idle.timer);
    return idle.worker.ended ? this.#makeLoader() : idle.worker;
  }

  /** Keeps one loader for the next load; lets what it writes behind end before it goes. */
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

  /** Makes spare workers until there are as many as wanted. */
  refill(): void {
    while (this.#closed === null && this.#spares.length < this.spareCount) this.#spares.push(this.#makeRunner());
  }

  /** The same, in a moment. */
  refillSoon(): void {
    this.#refillTimer ??= setTimeout(() => {
      this.#refillTimer = null;
      this.refill();
    }, refillDelayMs);
  }

  /** Ends the spare workers, and the idle loader once it has written what it has to. */
  rest(): void {
    this.#stopRefill();
    for (const spare of this.#spares.splice(0)) spare.end(unneeded());
    const idle = this.#idleLoader;
    this.#idleLoader = null;
    if (idle === null) return;
    clearTimeout(idle.timer);
    this.#retire(idle.worker);
  }

  /** Ends every worker; what loaders write to the cache has a moment to get there. */
  async close(reason: PluginError): Promise<void> {
    this.#closed = reason;
    this.rest();
    this.#copies?.close();
    for (const worker of this.#all) {
      if (!this.#retiring.has(worker as LoaderHandle)) worker.end(reason);
    }
    if (this.#retiring.size === 0) return;
    const timer = setTimeout(() => this.#endAll(reason), closePatienceMs);
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
    const worker = new WorkerHandle<RunnerApi>(this.#spawn('runner'));
    const aliveLock = lockManager() === null ? null : `tenon-worker-${crypto.randomUUID()}`;
    this.#greet(worker, async () => {
      const { script } = await worker.request((api) => api.hello(protocolVersion, aliveLock), parseHelloReply);
      this.#keepCopy('runner', script);
    });
    if (aliveLock !== null) {
      worker
        .request((api) => api.locked(), parseDone)
        .then(() => watchLock(aliveLock, worker))
        .catch(() => {}); // It ended, or was refused the lock.
    }
    return worker;
  }

  #makeLoader(): LoaderHandle {
    const worker = new WorkerHandle<LoaderApi>(this.#spawn('loader'));
    this.#greet(worker, async () => {
      const { script } = await worker.request((api) => api.hello(protocolVersion), parseHelloReply);
      this.#keepCopy('loader', script);
    });
    return worker;
  }

  #spawn(kind: ScriptKind): WorkerLike {
    if (this.#closed !== null) throw this.#closed;
    const spawn = (): Worker => this.#scripts[kind]();
    return spawnOrThrow(() => this.#copies?.spawn(kind, spawn) ?? spawn());
  }

  #keepCopy(kind: ScriptKind, script: string): void {
    if (this.#closed !== null) return;
    this.#fallback ??= import('./script-fallback.js').then(
      ({ ScriptFallback }) => (this.#copies = new ScriptFallback(this.#prefetch)),
    );
    this.#fallback
      .then((copies) => (this.#closed !== null ? copies.close() : copies.keep(kind, script)))
      .catch(() => {}); // Without that part there are no copies, as before it loaded.
  }

  /** A worker that does not answer the first message is none. */
  #greet(worker: RunnerHandle | LoaderHandle, hello: () => Promise<void>): void {
    this.#all.add(worker);
    this.#unanswered.set(worker, performance.now());
    const silent = new Deadline(() => worker.end(noAnswer()));
    silent.start(helloPatienceMs);
    const answered = (): void => {
      silent.stop();
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
    const settled = this.#drain(worker).finally(() => this.#retiring.delete(worker));
    this.#retiring.set(worker, settled);
  }

  async #drain(worker: LoaderHandle): Promise<void> {
    const timer = setTimeout(() => worker.end(unneeded()), settlePatienceMs);
    await worker.request((api) => api.drain(), parseDone).catch(() => {}); // It ended: nothing is left to write.
    clearTimeout(timer);
    worker.end(unneeded());
  }
}

function unneeded(): PluginError {
  return new PluginError('closed', { message: 'The worker is not needed any more' });
}

function spawnOrThrow(spawn: () => WorkerLike): WorkerLike {
  try {
    return spawn();
  } catch (cause) {
    throw new PluginError('worker-start', {
      message: 'This page cannot start a worker',
      fix: 'A worker script from another origin needs workerUrl, which starts it through a blob; a Content-Security-Policy must allow it in worker-src.',
      cause,
    });
  }
}

function noAnswer(): PluginError {
  return new PluginError('worker-start', {
    message: `The plug-in's worker did not answer within ${helloPatienceMs} ms`,
    fix: 'Check that workerUrl names worker.js of this release, with loader.js beside it.',
  });
}

/** Absent on insecure origins, whatever the type says. */
function lockManager(): LockManager | null {
  return 'locks' in navigator ? navigator.locks : null;
}

/**
 * A worker can die without a word, for want of memory say. It holds a lock for as long as it lives: getting that lock means
 * that it is gone, and works while it is busy too.
 */
function watchLock(name: string, worker: RunnerHandle): void {
  lockManager()
    ?.request(name, () =>
      worker.end(new PluginError('worker-died', { message: "The plug-in's worker ended without a word" })),
    )
    .catch(() => {}); // The page is going away, and everything with it.
}
