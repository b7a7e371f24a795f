import { PluginError } from '../../contract/errors.js';
import { spawnDefaultLoader, spawnDefaultWorker } from '../workers/spawn.js';
import { asyncDispose } from '../base/dispose.js';
import type { PluginOptions } from '../base/options.js';
import type { PluginFactory } from './plugin-factory.js';
import type { Plugin } from './plugin.js';
import { resolveSource } from '../loading/source.js';
import type { PluginSource } from '../loading/resolved.js';
import { spawnFromUrl } from '../workers/spawn.js';
import type { WaitingWay } from '../../contract/host-function.js';
import { WorkerPool, type WorkerScripts } from '../workers/worker-pool.js';

/** What all plug-ins of one host share. */
export interface HostOptions {
  /** Workers kept ready, so that creating and replacing instances is fast. @default 1 */
  spareWorkers?: number;
  /** Plug-in instances that may be live at once. @default what the engine bears: about 60 in Chromium, 475 in Firefox */
  maxLive?: number;
  /** Bytes of modules kept in IndexedDB; 0 keeps none. @default 268_435_456 (256 MiB) */
  cacheMaxBytes?: number;
  /** Address of `worker.js`, if it is not beside the library, with `loader.js` beside it. Another origin's starts through a blob. */
  workerUrl?: string | URL;
  /** Makes a worker of `worker.js` or `loader.js`, whichever is asked for; instead of `workerUrl`. */
  worker?: (script: 'worker' | 'loader') => Worker;
  /** Fetches modules on the page instead of in the worker, and answers the HTTP requests of plug-ins. */
  fetch?: typeof fetch;
  /**
   * How plug-ins wait for the page: `jspi`, `atomics` (isolated pages) or `long-poll` (a service worker with `tenon/service-worker`).
   * @default the fastest of those that work here
   */
  waiting?: WaitingWay;
  /** Options that every plug-in starts from; its own win. */
  defaults?: PluginOptions;
}

/** Milliseconds without any plug-in after which a host lets its spare workers go. */
const restAfterMs = 10_000;

/** Creates plug-ins, and holds what they share: warm workers, compiled modules, the cache. */
export class Host implements AsyncDisposable {
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
  readonly #options: HostOptions;
  readonly #pool: WorkerPool;
  #factory: Promise<PluginFactory> | null = null;
  readonly #plugins = new Set<Plugin>();
  #creating = 0;
  #restTimer: ReturnType<typeof setTimeout> | null = null;
  #closed: PluginError | null = null;

  constructor(options: HostOptions = {}) {
    Object.defineProperty(this, asyncDispose, { value: () => this.close() });
    this.#options = options;
    this.#pool = new WorkerPool(workerScripts(options), options.spareWorkers ?? 1, prefetch);
  }

  /**
   * Loads a plug-in and starts it.
   *
   * @param source a URL, Response, Blob or File, bytes, WebAssembly.Module, or a manifest (object or JSON text); URLs, files
   * and bytes may hold a module or a manifest
   * @throws PluginError `fetch-failed`, `http-status`, `not-a-plugin`, `component`, `invalid-module`, `hash-mismatch`,
   * `missing-import`, `load-timeout`, `invalid-manifest`, `invalid-argument` and others: see `ErrorCode`
   */
  async createPlugin(source: PluginSource, options: PluginOptions = {}): Promise<Plugin> {
    const merged = this.#withDefaults(options);
    return this.#whileCreating(async () => {
      // Both at once: the source is read before the app can change it.
      const [factory, resolved] = await Promise.all([this.#getFactory(), resolveSource(source, merged.signal)]);
      const plugin = await factory.create(resolved, merged, (closed) => {
        this.#plugins.delete(closed);
        this.#restWhenUnused();
      });
      this.#plugins.add(plugin);
      if (this.#closed === null) return plugin;
      await plugin.close();
      throw this.#closed;
    });
  }

  /**
   * Loads and checks a module without starting it. `createPlugin` takes the result, under the same limits, and does not load
   * it again.
   * @throws PluginError as `createPlugin`; `invalid-argument` when the source is a manifest
   */
  async compile(source: PluginSource, options: PluginOptions = {}): Promise<WebAssembly.Module> {
    const merged = this.#withDefaults(options);
    return this.#whileCreating(async () => {
      const [factory, resolved] = await Promise.all([this.#getFactory(), resolveSource(source, merged.signal)]);
      return factory.compile(resolved, merged);
    });
  }

  /** Workers that exist now: those of plug-ins, spare ones, and ones that load. */
  get workers(): number {
    return this.#pool.size;
  }

  /** Closes every plug-in and ends every worker. Closing twice is fine. */
  async close(): Promise<void> {
    this.#closed ??= new PluginError('closed', { message: 'The host was closed' });
    if (this.#restTimer !== null) clearTimeout(this.#restTimer);
    this.#restTimer = null;
    await Promise.all(Array.from(this.#plugins, (plugin) => plugin.close()));
    await this.#factory?.then(
      (factory) => factory.close(),
      () => {}, // It never loaded, so it has nothing to close.
    );
    await this.#pool.close(this.#closed);
  }

  /** What is no object stays what it is, to be refused. */
  #withDefaults(options: PluginOptions): PluginOptions {
    return Object(options) === options ? { ...this.#options.defaults, ...options } : options;
  }

  async #whileCreating<Result>(create: () => Promise<Result>): Promise<Result> {
    if (this.#closed !== null) throw this.#closed;
    if (this.#restTimer !== null) clearTimeout(this.#restTimer);
    this.#restTimer = null;
    this.#creating += 1;
    this.#pool.refill();
    try {
      return await create();
    } finally {
      this.#creating -= 1;
      this.#restWhenUnused();
    }
  }

  #getFactory(): Promise<PluginFactory> {
    const { cacheMaxBytes = 268_435_456, fetch: pageFetch = null, waiting = null, maxLive } = this.#options;
    this.#factory ??= import('./plugin-factory.js').then(
      ({ PluginFactory }) => new PluginFactory(this.#pool, { cacheMaxBytes, fetch: pageFetch, waiting, maxLive }),
      (cause: unknown) => {
        this.#factory = null;
        throw new PluginError('unsupported', {
          message: 'The chunk plugin-factory.js of the library could not be loaded',
          fix: 'Serve all files of the library, and check the network.',
          cause,
        });
      },
    );
    return this.#factory;
  }

  #restWhenUnused(): void {
    if (this.#creating > 0 || this.#plugins.size > 0 || this.#closed !== null || this.#restTimer !== null) return;
    this.#restTimer = setTimeout(() => {
      this.#restTimer = null;
      this.#pool.rest();
    }, restAfterMs);
  }
}

/** Loads the lazy chunks that an app may first need while the network is down. */
function prefetch(): readonly Promise<unknown>[] {
  return [import('./inspection.js'), import('./missing-imports.js'), import('../loading/response.js')];
}

function workerScripts({ worker, workerUrl }: HostOptions): WorkerScripts {
  if (worker !== undefined) return { runner: () => worker('worker'), loader: () => worker('loader') };
  if (workerUrl === undefined) return { runner: spawnDefaultWorker, loader: spawnDefaultLoader };
  const url = new URL(workerUrl, document.baseURI);
  return { runner: () => spawnFromUrl(url), loader: () => spawnFromUrl(new URL('loader.js', url)) };
}
