import type { WorkerLike } from './worker-handle.js';

/**
 * Copies of the workers' scripts, for when the network is gone and a worker must be replaced: browsers fetch a script anew for
 * each worker, and their own cache need not hold it. A part of its own, that loads once the first worker runs.
 */
export class Standby {
  readonly #copies = new Map<ScriptKind, string>();
  #closed = false;

  constructor() {
    // What an app may first ask for when it is too late to fetch it.
    for (const part of [
      import('../host/inspection.js'),
      import('../host/missing-imports.js'),
      import('../loading/response.js'),
    ]) {
      part.catch(() => {}); // Whoever needs it tries again.
    }
  }

  /**
   * Keeps a copy of the script at `url`, once. Not of one that was served with a Content-Security-Policy of its own, which a
   * copy would run without; nor of a blob, which names a script elsewhere. Failing is fine.
   */
  async keep(kind: ScriptKind, url: string): Promise<void> {
    if (this.#copies.has(kind) || new URL(url).origin !== location.origin || url.startsWith('blob:')) return;
    try {
      const response = await fetch(url, { cache: 'force-cache' });
      // Read in any case: a body that nobody reads holds its connection.
      const script = new Blob([await response.text()], { type: 'text/javascript' });
      if (!response.ok || response.headers.has('content-security-policy')) return;
      if (!this.#copies.has(kind) && !this.#closed) this.#copies.set(kind, URL.createObjectURL(script));
    } catch {
      // The network is gone already, or a policy keeps the page from its own files: there is no copy.
    }
  }

  /** A worker from the network, else from the copy. */
  spawn(kind: ScriptKind, spawn: () => Worker): WorkerLike {
    const copy = this.#copies.get(kind);
    return copy === undefined ? spawn() : new TwiceTriedWorker(spawn, copy);
  }

  close(): void {
    this.#closed = true;
    for (const copy of this.#copies.values()) URL.revokeObjectURL(copy);
    this.#copies.clear();
  }
}

export type ScriptKind = 'runner' | 'loader';

type Post = [message: unknown, transfer: Transferable[]];

/** A worker that starts from a copy of its script when the script itself does not load. */
class TwiceTriedWorker implements WorkerLike {
  readonly #copyUrl: string;
  readonly #listeners: ((worker: WorkerLike) => void)[] = [];
  /** The first message alone is sent before the worker has answered: what is handed over cannot be sent twice. */
  #first: Post | null = null;
  #held: Post[] | null = [];
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
    if (this.#held === null) {
      this.#worker.postMessage(message, transfer);
    } else if (this.#first === null) {
      this.#first = [message, transfer];
      this.#worker.postMessage(message, transfer);
    } else {
      this.#held.push([message, transfer]);
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
    const held = this.#held ?? [];
    this.#held = null;
    this.#listeners.length = 0;
    for (const post of held) this.#worker.postMessage(...post);
  };

  readonly #onError = (event: Event): void => {
    if (this.#held === null || this.#ended) return;
    // Nobody else need know.
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
