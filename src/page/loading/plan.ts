import { envNamespace } from '../../contract/abi.js';
import { defaultLimits } from '../../contract/policy.js';
import type { CombinedSettings } from '../../manifest/limits.js';
import { liveLimits, LiveSet } from '../scheduler/live-set.js';
import { Loader } from './loader.js';
import { fromApp, type LoadedEntry } from './loaded.js';
import { defaultSettings, type PluginOptions, type PluginSettings } from '../base/options.js';
import { gateOptions, labelName, planWasi, type PlannerContext, type PluginPlan, toPolicy } from './plan-parts.js';
import { Plugin } from '../host/plugin.js';
import type { SettledOptions } from './normalize.js';
import type { Resolved, ResolvedSource } from './resolved.js';
import type { WorkerPool } from '../workers/worker-pool.js';

/**
 * Turns sources into plug-ins. A part of its own, that loads with the first plug-in of a page: until then an app pays for no
 * more than the words it calls.
 */
export class Planner {
  readonly #loader: Loader;
  readonly #context: PlannerContext;

  constructor(loader: Loader, context: PlannerContext) {
    this.#loader = loader;
    this.#context = context;
  }

  /** Loads what the source names, and starts it. */
  async start(source: ResolvedSource, options: PluginOptions, onClose: (plugin: Plugin) => void): Promise<Plugin> {
    const { plan, settings } = await this.#plan(source, options);
    const { pool, live } = this.#context;
    return Plugin.start({ ...plan, settings, pool, live, onClose });
  }

  /** Closes what plug-ins share. */
  close(): void {
    this.#context.live.close();
  }

  async #plan(source: ResolvedSource, options: PluginOptions): Promise<SettledPlan> {
    const settled = await settle(options);
    const plan = await planPlugin(source, options, settled, this.#loader);
    const { settings } = settled;
    if (!needsPage(plan, options)) return { plan, settings };
    const { planHost } = await import('./host-side-plan.js');
    return { plan: { ...plan, host: await planHost(plan, options, settings, this.#context) }, settings };
  }

  async compile(source: ResolvedSource, options: PluginOptions): Promise<WebAssembly.Module> {
    const { compileOne } = await import('./compile-one.js');
    return compileOne(source, await settle(options), this.#loader);
  }
}

/** For `Host`: a planner that loads and runs in workers of `pool`. */
export function makePlanner(pool: WorkerPool, options: PlannerOptions): Planner {
  const { cacheMaxBytes, fetch, waiting, maxLive } = options;
  const limits = liveLimits(globalThis.navigator, maxLive);
  // A spare worker holds one memory, of the kernel that is ready for its plug-in.
  const live = new LiveSet({ ...limits, maxMemories: limits.maxMemories - pool.spareCount });
  return new Planner(new Loader(pool, cacheMaxBytes, fetch), { pool, live, fetch, waiting });
}

/** What the app's own host says. */
export interface PlannerOptions extends Pick<PlannerContext, 'fetch' | 'waiting'> {
  readonly cacheMaxBytes: number;
  readonly maxLive: number | undefined;
}

/** Whether the plug-in has anything to ask the page while it runs. Most have not, and pay nothing. */
function needsPage({ modules }: PluginPlan, { functions }: PluginOptions): boolean {
  if (functions !== undefined) return true;
  return modules.some(({ module }) =>
    WebAssembly.Module.imports(module).some(
      (wanted) => wanted.module === envNamespace && wanted.name === 'http_request',
    ),
  );
}

interface SettledPlan {
  readonly plan: PluginPlan;
  readonly settings: PluginSettings;
}

const nothingSaid: SettledOptions = {
  settings: defaultSettings,
  combined: {
    config: new Map(),
    allowedHosts: [],
    allowedPaths: [],
    limits: { ...defaultLimits, maxPages: null, timeoutMs: null },
  },
};

/** Most bare modules come without options, and then nothing that reads options is loaded. */
async function settle(options: PluginOptions): Promise<SettledOptions> {
  if (typeof options === 'object' && options !== null && Reflect.ownKeys(options).length === 0) return nothingSaid;
  const { settleOptions } = await import('./normalize.js');
  return settleOptions(options);
}

/** Loads what the source names. A manifest is read in a part of its own. */
async function planPlugin(
  resolved: ResolvedSource,
  options: PluginOptions,
  { settings, combined }: SettledOptions,
  loader: Loader,
): Promise<PluginPlan> {
  const gate = gateOptions(combined, settings);
  if (resolved.kind === 'module') {
    const entry = loader.knownModule(resolved.module, gate) ?? (await ungated(resolved.module, gate.maxPages, options));
    return bareModulePlan(settings.name ?? 'plugin', entry, combined, settings);
  }
  let manifest: unknown;
  if (resolved.kind === 'manifest') {
    manifest = resolved.manifest;
  } else {
    const loaded = await loader.load(resolved, { hash: null, gate, settings });
    if ('module' in loaded) return bareModulePlan(settings.name ?? nameOf(resolved), loaded, combined, settings);
    manifest = settings.profile === null ? loaded.text : settings.profile.readManifest(loaded.text);
  }
  const { planManifest } = await import('./plan-manifest.js');
  return planManifest(manifest, resolved, options, settings, loader);
}

async function bareModulePlan(
  name: string,
  entry: LoadedEntry,
  combined: CombinedSettings,
  settings: PluginSettings,
): Promise<PluginPlan> {
  const modules = [{ name: 'main', module: entry.module, report: entry.report }];
  return {
    name,
    modules,
    entries: [entry],
    main: 'main',
    config: combined.config,
    timeoutMs: combined.limits.timeoutMs,
    policy: toPolicy(combined, settings, [entry]),
    wasi: await planWasi(name, modules, settings, combined),
    allowedHosts: combined.allowedHosts,
    host: null,
  };
}

/** A module the app compiled itself cannot be read, so it cannot be limited either. */
async function ungated(
  module: WebAssembly.Module,
  maxPages: number | null,
  options: PluginOptions,
): Promise<LoadedEntry> {
  const metered = options.metering === true || (options.fuel ?? null) !== null;
  if (maxPages === null && options.memory?.maxTableEntries === undefined && !metered) {
    return fromApp(module);
  }
  const { cannotLimitModule } = await import('./cannot-limit-module.js');
  throw cannotLimitModule();
}

function nameOf({ source, label }: Resolved): string {
  return source.kind === 'bytes' ? 'plugin' : labelName(label);
}
