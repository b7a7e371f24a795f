import { LiveSet, liveLimits } from '../scheduler/live-set.js';
import type { PluginOptions } from '../base/options.js';
import { Loader } from '../loading/loader.js';
import type { CompiledModules } from '../loading/compile-all.js';
import { Planner } from '../loading/plan.js';
import type { PlannerContext } from '../loading/plan-parts.js';
import type { ResolvedSource } from '../loading/resolved.js';
import { Plugin } from './plugin.js';
import type { WorkerPool } from '../workers/worker-pool.js';

/** The options of `createHost` that concern loading and running. */
export interface FactoryOptions extends Pick<PlannerContext, 'fetch' | 'waiting'> {
  readonly cacheMaxBytes: number;
  readonly maxLive: number | undefined;
  readonly maxMemoryBytes: number | undefined;
}

/**
 * Creates the plug-ins of one host. A lazy chunk, loaded with the first plug-in of a page: until then an app pays only for the
 * API it calls.
 */
export class PluginFactory {
  readonly #pool: WorkerPool;
  readonly #live: LiveSet;
  readonly #planner: Planner;

  constructor(pool: WorkerPool, { cacheMaxBytes, fetch, waiting, maxLive, maxMemoryBytes }: FactoryOptions) {
    const limits = liveLimits(globalThis.navigator, maxLive, maxMemoryBytes);
    this.#pool = pool;
    // Each spare worker holds one memory: that of the kernel it prepared for its plug-in.
    this.#live = new LiveSet({ ...limits, maxMemories: limits.maxMemories - pool.spareCount });
    this.#planner = new Planner(new Loader(pool, cacheMaxBytes, fetch), { fetch, waiting });
  }

  /** Loads the source and starts a plug-in from it. */
  async create(source: ResolvedSource, options: PluginOptions, onClose: (plugin: Plugin) => void): Promise<Plugin> {
    const { plan, settings } = await this.#planner.plan(source, options);
    return Plugin.start({ ...plan, settings, pool: this.#pool, live: this.#live, onClose });
  }

  /** Loads and checks one module without starting it. */
  compile(source: ResolvedSource, options: PluginOptions): Promise<WebAssembly.Module> {
    return this.#planner.compile(source, options);
  }

  /** Loads and checks all modules of one plug-in without starting it. */
  compileAll(modules: readonly BufferSource[], options: PluginOptions): Promise<CompiledModules> {
    return this.#planner.compileAll(modules, options);
  }

  close(): void {
    this.#live.close();
  }
}
