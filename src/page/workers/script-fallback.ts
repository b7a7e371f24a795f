import type { WorkerLike } from './worker-handle.js';

/**
 * Keeps copies of the workers' scripts, so that a worker can be replaced while the network is down: browsers fetch a script
 * again for each worker, and need not have it in their cache. A lazy chunk, loaded once the first worker runs.
 */
export class ScriptFallback {
  readonly #copies = new Map<ScriptKind, string>();
  #closed = false;

  /** @param prefetch starts loading the lazy chunks that may first be needed when the network is down */
  constructor(prefetch: () => readonly Promise<unknown>[]) {
    for (const chunk of prefetch()) chunk.catch(() => {}); // The code that needs it tries again.
  }

  /**
   * Keeps a copy of the script at `url`, once. It keeps none of a script that was served with its own Content-Security-Policy,
   * because a copy would run without it, and none of a blob. Never rejects.
   */
  async keep(kind: ScriptKind, url: string): Promise<void> {
    if (this.#copies.has(kind) || new URL(url).origin !== location.origin || url.startsWith('blob:')) return;
    try {
      const response = await fetch(url, { cache: 'force-cache' });
      // Read in any case: an unread body keeps its connection open.
      const script = new Blob([await response.text()], { type: 'text/javascript' });
      if (!response.ok || response.headers.has('content-security-policy')) return;
      if (!this.#copies.has(kind) && !this.#closed) this.#copies.set(kind, URL.createObjectURL(script));
    } catch {
      // The network is down already, or a policy denies the page its own files: there is no copy.
    }
  }

  /** Starts a worker from its URL, or from the copy if the URL fails to load. */
  spawn(kind: ScriptKind, spawn: () => Worker): WorkerLike {
    const copy = this.#copies.get(kind);
    return copy === undefined ? spawn() : new FallbackWorker(spawn, copy);
  }

  close(): void {
    this.#closed = true;
    for (const copy of this.#copies.values()) URL.revokeObjectURL(copy);
    this.#copies.clear();
  }
}

export type ScriptKind = 'runner' | 'loader';

type Post = [message: unknown, transfer: Transferable[]];

/** A worker that starts from a copy of its script if the script's URL fails to load. */
class FallbackWorker implements WorkerLike {
  readonly #copyUrl: string;
  readonly #listeners: ((worker: WorkerLike) => void)[] = [];
  /** The only message posted before the first answer; it must be repeatable, so it transfers nothing. */
  #first: Post | null = null;
  /** Messages that wait for the first answer: what is transferred cannot be sent twice. Null after it. */
  #queued: Post[] | null = [];
  #worker: Worker;
  #ended = false;

  constructor(spawn: () => Worker, copyUrl: string) {
    this.#copyUrl = copyUrl;
    try {
      this.#worker = spawn();
      this.#worker.addEventListener('error', this.#onError);
    } catch {
      this.#worker = this.#spawnCopy();
    }
    this.#worker.addEventListener('message', this.#onAnswer, { once: true });
  }

  postMessage(message: unknown, transfer: Transferable[]): void {
    if (this.#queued === null) {
      this.#worker.postMessage(message, transfer);
    } else if (this.#first === null) {
      this.#first = [message, transfer];
      this.#worker.postMessage(message, transfer);
    } else {
      this.#queued.push([message, transfer]);
    }
  }

  addEventListener<Kind extends keyof WorkerEventMap>(
    type: Kind,
    listener: (event: WorkerEventMap[Kind]) => void,
  ): void {
    const listen = (worker: WorkerLike): void => worker.addEventListener(type, listener);
    this.#listeners.push(listen);
    listen(this.#worker);
  }

  terminate(): void {
    this.#ended = true;
    this.#worker.terminate();
  }

  readonly #onAnswer = (): void => {
    const queued = this.#queued ?? [];
    this.#queued = null;
    this.#listeners.length = 0;
    for (const post of queued) this.#worker.postMessage(...post);
  };

  readonly #onError = (event: Event): void => {
    if (this.#queued === null || this.#ended) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#worker.terminate();
    this.#worker = this.#spawnCopy();
    this.#worker.addEventListener('message', this.#onAnswer, { once: true });
    for (const listen of this.#listeners) listen(this.#worker);
    if (this.#first !== null) this.#worker.postMessage(...this.#first);
  };

  #spawnCopy(): Worker {
    return new Worker(this.#copyUrl, { type: 'module' });
  }
}
