import type { WorkerScript } from './assets.js';
import type { WorkerLike } from './worker-handle.js';

/**
 * Keeps copies of the workers' scripts, so that a worker can be replaced while the network is down: browsers fetch a script
 * again for each worker, and may not have it in their cache. It is a lazy chunk, loaded after the first worker has answered.
 */
export class ScriptFallback {
  readonly #copies = new Map<ScriptKind, string>();
  #closed = false;

  /** @param prefetch starts loading the lazy chunks that may first be needed when the network is down */
  constructor(prefetch: () => readonly Promise<unknown>[]) {
    for (const chunk of prefetch()) chunk.catch(() => {}); // The code that needs the chunk imports it again.
  }

  /**
   * Keeps a copy of the script at `url` unless there is one. Blobs and scripts of other origins are not copied, nor are scripts with a
   * Content-Security-Policy of their own, because a copy would run without it. Never rejects.
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
      // The network is already down, or a policy (`connect-src`) blocks the request: there is no copy.
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

export type ScriptKind = Exclude<WorkerScript, 'reader'>;

type Post = [message: unknown, transfer: Transferable[]];

/** A worker that starts from a copy of its script if the script's URL fails to load. */
class FallbackWorker implements WorkerLike {
  readonly #copyUrl: string;
  readonly #listeners: ((worker: WorkerLike) => void)[] = [];
  /** The first message. It is posted again if the worker starts from the copy, so it must not transfer objects. */
  #first: Post | null = null;
  /** Later messages, queued until the first answer, because transferred objects cannot be posted again. Null after that answer. */
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
