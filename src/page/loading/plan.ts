import { envNamespace } from '../../contract/abi.js';
import { defaultLimits } from '../../contract/policy.js';
import { isJavaScriptName } from '../../manifest/javascript-name.js';
import type { CompiledModules } from './compile-all.js';
import type { Loader } from './loader.js';
import { fromApp, type LoadedEntry } from './loaded.js';
import { defaultSettings, type PluginOptions, type PluginSettings } from '../base/options.js';
import { gateOptions, labelName, planWasi, type PlannerContext, type PluginPlan, toPolicy } from './plan-parts.js';
import type { NormalizedOptions } from './normalize.js';
import type { Resolved, ResolvedSource } from './resolved.js';
import { lazyChunk } from '../base/lazy-chunk.js';

/** A plan, and the settings it was made under. */
export interface PlanWithSettings {
  readonly plan: PluginPlan;
  readonly settings: PluginSettings;
}

/** Turns sources and options into plans: modules loaded and checked, one frozen policy. It starts nothing. */
export class Planner {
  readonly #loader: Loader;
  readonly #context: PlannerContext;

  constructor(loader: Loader, context: PlannerContext) {
    this.#loader = loader;
    this.#context = context;
  }

  /** Loads the modules that the source names. */
  async plan(source: ResolvedSource, options: PluginOptions): Promise<PlanWithSettings> {
    const normalized = await normalize(options);
    const plan = await planPlugin(source, options, normalized, this.#loader);
    const { settings } = normalized;
    if (!needsPage(plan, options)) return { plan, settings };
    const { planHost } = await lazyChunk(() => import('./host-side-plan.js'));
    const host = await planHost(plan, options, settings, this.#context);
    const { functions = {} } = options;
    return { plan: { ...plan, functions, host }, settings };
  }

  /** Loads and checks one module, for `host.compile`. */
  async compile(source: ResolvedSource, options: PluginOptions): Promise<WebAssembly.Module> {
    const { compileOne } = await lazyChunk(() => import('./compile-one.js'));
    return compileOne(source, await normalize(options), this.#loader);
  }

  /** Loads and checks all modules of one plug-in, for `host.compileAll`. */
  async compileAll(modules: readonly BufferSource[], options: PluginOptions): Promise<CompiledModules> {
    const { compileAll } = await lazyChunk(() => import('./compile-all.js'));
    return compileAll(modules, await normalize(options), this.#loader);
  }
}

/** Returns whether the plug-in may call the page while it runs. If not, the chunk with the page's side is not loaded. */
function needsPage({ entries, wasi }: PluginPlan, { functions }: PluginOptions): boolean {
  if (functions !== undefined || (wasi !== null && wasi.waiting !== 'none')) return true;
  return entries.some(({ index }) => index.importsFrom(envNamespace).has('http_request'));
}

/** What empty options come to. */
const withoutOptions: NormalizedOptions = {
  settings: defaultSettings,
  combined: {
    config: new Map(),
    allowedHosts: [],
    allowedPaths: [],
    limits: { ...defaultLimits, maxPages: null, timeoutMs: null },
  },
};

/** Most bare modules come without options; then the chunk that parses options is not loaded. */
async function normalize(options: PluginOptions): Promise<NormalizedOptions> {
  if (typeof options === 'object' && options !== null && Reflect.ownKeys(options).length === 0) return withoutOptions;
  const { normalizeOptions } = await lazyChunk(() => import('./normalize.js'));
  return normalizeOptions(options);
}

/** Loads the modules that the source names. Manifests are read by a lazy chunk. */
async function planPlugin(
  resolved: ResolvedSource,
  options: PluginOptions,
  normalized: NormalizedOptions,
  loader: Loader,
): Promise<PluginPlan> {
  const { settings, combined } = normalized;
  const gate = gateOptions(combined, settings);
  if (resolved.kind === 'module') {
    const entry = loader.knownModule(resolved.module, gate) ?? (await ungated(resolved.module, gate.maxPages, options));
    return bareModulePlan(settings.name ?? 'plugin', entry, normalized, loader);
  }
  let manifest: unknown;
  if (resolved.kind === 'manifest') {
    manifest = resolved.manifest;
  } else if (isJavaScriptName(resolved.label)) {
    const { sourceManifest } = await lazyChunk(() => import('./javascript-modules.js'));
    const { functions } = options;
    manifest = await sourceManifest(resolved, { loader, gate, settings, functions });
    resolved = { ...resolved, kind: 'manifest', manifest };
  } else {
    const loaded = await loader.load(resolved, { hash: null, gate, settings });
    if ('module' in loaded) return bareModulePlan(settings.name ?? nameOf(resolved), loaded, normalized, loader);
    manifest = loaded.bytes;
  }
  const { planManifest } = await lazyChunk(() => import('./plan-manifest.js'));
  return planManifest(manifest, resolved, options, settings, loader);
}

async function bareModulePlan(
  name: string,
  entry: LoadedEntry,
  normalized: NormalizedOptions,
  loader: Loader,
): Promise<PluginPlan> {
  const { settings, combined } = normalized;
  const modules = [{ name: 'main', module: entry.module, report: entry.report }];
  return {
    name,
    modules,
    entries: [entry],
    main: 'main',
    config: combined.config,
    timeoutMs: combined.limits.timeoutMs,
    policy: toPolicy(combined, settings, [entry]),
    wasi: await planWasi(name, [entry], normalized, loader),
    allowedHosts: combined.allowedHosts,
    host: null,
  };
}

/** Returns the entry of a module that the app compiled itself. @throws PluginError `cannot-limit-module` if a limit applies to it */
async function ungated(
  module: WebAssembly.Module,
  maxPages: number | null,
  options: PluginOptions,
): Promise<LoadedEntry> {
  const metered = options.metering === true || (options.fuel ?? null) !== null;
  if (maxPages === null && options.memory?.maxTableEntries === undefined && !metered) {
    return fromApp(module);
  }
  const { cannotLimitModule } = await lazyChunk(() => import('./cannot-limit-module.js'));
  throw cannotLimitModule();
}

function nameOf({ source, label }: Resolved): string {
  return source.kind === 'bytes' ? 'plugin' : labelName(label);
}
