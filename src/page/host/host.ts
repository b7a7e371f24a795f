import { PluginError } from '../../contract/errors.js';
import { Assets, type AssetOptions, type WorkerChunk } from '../workers/assets.js';
import { asyncDispose } from '../base/dispose.js';
import { lazyChunk } from '../base/lazy-chunk.js';
import type { PluginOptions } from '../base/options.js';
import type { PluginFactory } from './plugin-factory.js';
import type { Plugin } from './plugin.js';
import { resolveSource } from '../loading/source.js';
import type { PluginSource } from '../loading/resolved.js';
import type { WaitingWay } from '../../contract/host-function.js';
import { WorkerPool } from '../workers/worker-pool.js';

/** Options of a host, which apply to all its plug-ins. */
export interface HostOptions extends AssetOptions {
  /** Number of workers kept ready, so that instances are created and replaced fast. @default 1 */
  spareWorkers?: number;
  /** Largest number of live instances. @default the engine's limit: about 60 in Chromium, 475 in Firefox */
  maxLive?: number;
  /**
   * Largest number of bytes of the memories of all live instances: what they have at the start and after each call. A plug-in that does
   * not fit waits until idle ones have hibernated, or fails with `resources-exhausted`. What memories grow to during a call is limited by
   * `memory.maxPages`.
   * @default half of what `navigator.deviceMemory` reports; 2 GiB where the browser does not report it
   */
  maxMemoryBytes?: number;
  /** Largest total size of modules cached in IndexedDB, in bytes; 0 disables the cache. @default 268_435_456 (256 MiB) */
  cacheMaxBytes?: number;
  /** Fetches modules, on the page instead of in a worker, and performs the HTTP requests of plug-ins. */
  fetch?: typeof fetch;
  /**
   * How plug-ins wait for the page: `jspi`, `atomics` (isolated pages) or `long-poll` (a service worker with `tenon/service-worker`).
   * @default the fastest that works on the page
   */
  waiting?: WaitingWay;
  /** Default options of every plug-in; its own options override them. */
  defaults?: PluginOptions;
}

/** Milliseconds without any plug-in after which a host ends its spare workers. */
const restAfterMs = 10_000;

/** Creates plug-ins and holds what they share: spare workers, compiled modules and the cache. */
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
    this.#pool = new WorkerPool(new Assets(options), options.spareWorkers ?? 1, prefetch);
  }

  /**
   * Loads and starts a plug-in.
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
   * Loads and checks a module without starting it. `createPlugin` accepts the result with the same limits and does not load it again.
   * @throws PluginError as `createPlugin`, and `invalid-argument` if the source is a manifest
   */
  async compile(source: PluginSource, options: PluginOptions = {}): Promise<WebAssembly.Module> {
    const merged = this.#withDefaults(options);
    return this.#whileCreating(async () => {
      const [factory, resolved] = await Promise.all([this.#getFactory(), resolveSource(source, merged.signal)]);
      return factory.compile(resolved, merged);
    });
  }

  /**
   * Loads and checks all modules of one plug-in, within the limits that they have together, without starting it. Also returns the sum of
   * the initial sizes of their memories. For `tenon/library`.
   * @throws PluginError as `compile`
   */
  async compileAll(
    modules: readonly BufferSource[],
    options: PluginOptions = {},
  ): Promise<{ readonly modules: readonly WebAssembly.Module[]; readonly initialPages: number }> {
    const merged = this.#withDefaults(options);
    return this.#whileCreating(async () => (await this.#getFactory()).compileAll(modules, merged));
  }

  /** Number of workers that exist now: those of plug-ins, spare ones and loaders. */
  get workers(): number {
    return this.#pool.size;
  }

  /** Starts a worker from `reader.js`, which parses what authors wrote. The caller ends it. For `tenon/library`. */
  startReader(): Worker {
    return this.#pool.startReader();
  }

  /** Returns the URL from which workers import a script. For `features().workerNetwork()`. */
  assetUrl(chunk: WorkerChunk): string {
    return this.#pool.assets.urlOf(chunk);
  }

  /** Closes every plug-in and ends every worker. Further calls do nothing. */
  async close(): Promise<void> {
    this.#closed ??= new PluginError('closed', { message: 'Host is closed' });
    if (this.#restTimer !== null) clearTimeout(this.#restTimer);
    this.#restTimer = null;
    await Promise.all(Array.from(this.#plugins, (plugin) => plugin.close()));
    await this.#factory?.then(
      (factory) => factory.close(),
      () => {}, // It never loaded, so it has nothing to close.
    );
    await this.#pool.close(this.#closed);
  }

  /** A value that is not an object is returned as it is, so that parsing the options rejects it. */
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
    const {
      cacheMaxBytes = 268_435_456,
      fetch: pageFetch = null,
      waiting = null,
      maxLive,
      maxMemoryBytes,
    } = this.#options;
    this.#factory ??= lazyChunk(() => import('./plugin-factory.js')).then(
      ({ PluginFactory }) =>
        new PluginFactory(this.#pool, { cacheMaxBytes, fetch: pageFetch, waiting, maxLive, maxMemoryBytes }),
      (error: unknown) => {
        this.#factory = null;
        throw error;
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
  return [
    lazyChunk(() => import('./inspection.js')),
    lazyChunk(() => import('./explanations.js')),
    lazyChunk(() => import('../loading/response.js')),
  ];
}
