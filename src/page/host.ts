import { PluginError } from '../contract/errors.js';
import { type Limits, type Policy, referenceSemantics } from '../contract/policy.js';
import type { GateOptions, StartModule } from '../contract/protocol.js';
import { combineLimits, type CombinedSettings, noSettings } from '../manifest/limits.js';
import type { ParsedManifest, ParsedModule } from '../manifest/parsed.js';
import { spawnDefaultWorker } from './default-worker.js';
import { asyncDispose } from './dispose.js';
import { type LoadedEntry, Loader } from './loader.js';
import { defaultSettings, type PluginOptions, type PluginSettings } from './options.js';
import { Plugin } from './plugin.js';
import type { SettledOptions } from './settle.js';
import { absoluteUrl, fromBytes, fromUrl, type PluginSource, type Resolved, resolveSource } from './source.js';
import { spawnFromUrl } from './spawn-url.js';
import { WorkerPool } from './worker-pool.js';

/** What all plug-ins of one host share. */
export interface HostOptions {
  /** Workers kept ready, so that creating and replacing instances is fast. @default 1 */
  spareWorkers?: number;
  /** Bytes of modules kept in IndexedDB; 0 keeps none. @default 268_435_456 (256 MiB) */
  cacheMaxBytes?: number;
  /** Address of `worker.js`, if it is not beside the library; another origin's is started through a blob. */
  workerUrl?: string | URL;
  /** Makes a worker that runs `worker.js`; instead of `workerUrl`. */
  worker?: () => Worker;
  /** Fetches modules on the page instead of in the worker. */
  fetch?: typeof fetch;
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
  readonly #loader: Loader;
  readonly #plugins = new Set<Plugin>();
  #creating = 0;
  #restTimer: ReturnType<typeof setTimeout> | null = null;
  #closed: PluginError | null = null;

  constructor(options: HostOptions = {}) {
    Object.defineProperty(this, asyncDispose, { value: () => this.close() });
    this.#options = options;
    const { worker, workerUrl } = options;
    const spawn = worker ?? (workerUrl === undefined ? spawnDefaultWorker : (): Worker => spawnFromUrl(workerUrl));
    this.#pool = new WorkerPool(spawn, options.spareWorkers ?? 1);
    this.#loader = new Loader(this.#pool, options.cacheMaxBytes ?? 268_435_456, options.fetch ?? null);
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
    const merged = { ...this.#options.defaults, ...options };
    return this.#whileCreating(async () => {
      const settled = await settle(merged);
      const { settings } = settled;
      const plan = await this.#plan(source, merged, settled);
      const plugin = await Plugin.start({
        ...plan,
        settings,
        pool: this.#pool,
        onClose: () => {
          this.#plugins.delete(plugin);
          this.#restWhenUnused();
        },
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
    return this.#whileCreating(async () => {
      const { settings, combined } = await settle({ ...this.#options.defaults, ...options });
      const gate = gateOptions(combined, settings);
      const resolved = await resolveSource(source);
      if (resolved.kind === 'module') return resolved.module;
      const loaded =
        resolved.kind === 'manifest' ? null : await this.#loader.load(resolved, { hash: null, gate, settings });
      if (loaded !== null && 'module' in loaded) return this.#loader.give(loaded, gate);
      throw new PluginError('invalid-argument', {
        message: 'compile takes one module, not a manifest',
        where: 'source',
        fix: 'Give the manifest to createPlugin.',
      });
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
    this.#pool.close(this.#closed);
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

  #restWhenUnused(): void {
    if (this.#creating > 0 || this.#plugins.size > 0 || this.#closed !== null || this.#restTimer !== null) return;
    this.#restTimer = setTimeout(() => {
      this.#restTimer = null;
      this.#pool.rest();
    }, restAfterMs);
  }

  /** Everything about a plug-in but its workers. */
  async #plan(source: PluginSource, options: PluginOptions, settled: SettledOptions): Promise<PluginPlan> {
    const { settings, combined } = settled;
    const resolved = await resolveSource(source);
    if (resolved.kind === 'manifest') {
      return this.#fromManifest(resolved.manifest, resolved.label, resolved.baseUrl, options, settings);
    }
    const gate = gateOptions(combined, settings);
    if (resolved.kind === 'module') {
      const entry = this.#loader.knownModule(resolved.module, gate) ?? ungated(resolved.module, combined, options);
      return toPlan(settings.name ?? 'plugin', null, combined, settings, [entry]);
    }
    const loaded = await this.#loader.load(resolved, { hash: null, gate, settings });
    if ('kind' in loaded) return this.#fromManifest(loaded.text, resolved.label, resolved.baseUrl, options, settings);
    return toPlan(settings.name ?? nameOf(resolved), null, combined, settings, [loaded]);
  }

  async #fromManifest(
    input: unknown,
    label: string,
    baseUrl: string,
    options: PluginOptions,
    settings: PluginSettings,
  ): Promise<PluginPlan> {
    const { settleManifest } = await import('./settle.js');
    const { manifest, combined } = settleManifest(input, label, options);
    const gate = gateOptions(combined, settings);
    const entries = await Promise.all(
      manifest.modules.map(async (module, index) => {
        const resolved = resolveModule(module, `wasm[${index}]`, baseUrl);
        const loaded = await this.#loader.load(resolved, { hash: module.hash, gate, settings });
        if ('module' in loaded) return loaded;
        throw new PluginError('not-a-plugin', {
          message: `${resolved.label} is a manifest, and a manifest can only name modules`,
          where: `wasm[${index}]`,
          expected: 'a WebAssembly module',
          actual: 'a manifest',
        });
      }),
    );
    return toPlan(settings.name ?? manifest.plugin?.name ?? labelName(label), manifest, combined, settings, entries);
  }
}

type PluginPlan = Omit<Parameters<typeof Plugin.start>[0], 'settings' | 'pool' | 'onClose'>;

/** Most bare modules come without options, and then nothing that reads options is loaded. */
async function settle(options: PluginOptions): Promise<SettledOptions> {
  if (typeof options !== 'object' || options === null || Object.keys(options).length > 0) {
    const { settleOptions } = await import('./settle.js');
    return settleOptions(options);
  }
  const none = { config: null, allowedHosts: null, allowedPaths: null, memory: null, timeoutMs: null };
  return { settings: defaultSettings, combined: combineLimits(noSettings, none) };
}

function gateOptions({ limits }: CombinedSettings, settings: PluginSettings): GateOptions {
  const { maxModuleBytes, maxTableEntries, allowGc } = settings;
  return { maxModuleBytes, maxPages: limits.maxPages, maxTableEntries, allowGc };
}

function toPlan(
  name: string,
  manifest: ParsedManifest | null,
  combined: CombinedSettings,
  settings: PluginSettings,
  entries: readonly LoadedEntry[],
): PluginPlan {
  const modules = entries.map(({ module, report }, index): StartModule => {
    return { name: manifest === null ? 'main' : (manifest.modules[index]?.name ?? `#${index}`), module, report };
  });
  return {
    name,
    modules,
    entries,
    main: 'main',
    config: combined.config,
    timeoutMs: combined.limits.timeoutMs,
    policy: toPolicy(combined, settings),
  };
}

function toPolicy({ limits }: CombinedSettings, settings: PluginSettings): Policy {
  const { maxPages, maxHttpResponseBytes, maxVarBytes } = limits;
  const { maxTableEntries, maxModuleBytes, maxOutputBytes, allowGc, logLevel } = settings;
  const all: Limits = { maxPages, maxTableEntries, maxModuleBytes, maxHttpResponseBytes, maxVarBytes, maxOutputBytes };
  return Object.freeze({ limits: Object.freeze(all), semantics: referenceSemantics, allowGc, logLevel });
}

/** A module the app compiled itself cannot be read, so it cannot be limited either. */
function ungated(module: WebAssembly.Module, { limits }: CombinedSettings, options: PluginOptions): LoadedEntry {
  if (limits.maxPages === null && options.memory?.maxTableEntries === undefined) {
    return { module, report: null, sha256: null, from: 'app', timings: { readMs: 0, compileMs: 0 } };
  }
  throw new PluginError('cannot-limit-module', {
    message: 'A WebAssembly.Module cannot be limited: its memory is declared in bytes that nobody can read any more',
    where: 'source',
    fix: 'Give the bytes or the URL instead, or a module from host.compile() under the same limits.',
  });
}

function resolveModule(module: ParsedModule, label: string, baseUrl: string): Resolved {
  if (module.kind === 'data') return fromBytes(module.bytes, label);
  return fromUrl(absoluteUrl(module.url, baseUrl), module.method, [...module.headers]);
}

function nameOf({ source, label }: Resolved): string {
  return source.kind === 'bytes' ? 'plugin' : labelName(label);
}

/** The last part of a URL's path, or a file's own name. */
function labelName(label: string): string {
  const path = label.replace(/[?#].*$/, '');
  return path.slice(path.lastIndexOf('/') + 1) || 'plugin';
}
