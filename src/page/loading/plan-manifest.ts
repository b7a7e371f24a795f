import { PluginError } from '../../contract/errors.js';
import type { StartModule } from '../../contract/protocol.js';
import type { ParsedModule } from '../../manifest/parsed.js';
import type { Loader } from './loader.js';
import { fromApp, type LoadedEntry } from './loaded.js';
import type { PluginOptions, PluginSettings, Trust } from '../base/options.js';
import { gateOptions, labelName, planWasi, type PluginPlan, toPolicy } from './plan-parts.js';
import { normalizeManifest } from './normalize.js';
import { PluginBudget } from './plugin-budget.js';
import { absoluteUrl, fromBytes, fromUrl } from './source.js';
import type { Resolved, ResolvedSource } from './resolved.js';

/** Where the manifest is from. */
type ManifestPlace = Exclude<ResolvedSource, { kind: 'module' }>;

/** Plans a plug-in that comes with a manifest. A lazy chunk, loaded when there is one. */
export async function planManifest(
  input: unknown,
  source: ManifestPlace,
  options: PluginOptions,
  settings: PluginSettings,
  loader: Loader,
): Promise<PluginPlan> {
  const isForeign = trustIn(source, settings) === 'foreign';
  const directories = isForeign ? settings.wasi.directories : null;
  const { manifest, combined } = normalizeManifest(input, { label: source.label, options, directories });
  const gate = gateOptions(combined, settings);
  const budget = new PluginBudget(gate, manifest.modules.length);
  const loadOne = async (module: ParsedModule, where: string): Promise<LoadedEntry> => {
    const resolved = resolveModule(module, { where, baseUrl: source.baseUrl, isForeign });
    const loaded = await loader.load(resolved, { hash: module.hash, gate, settings });
    if ('module' in loaded) {
      if (loaded.report !== null) budget.add(loaded.report, where);
      return loaded;
    }
    throw new PluginError('not-a-plugin', {
      message: `${where} in the manifest is not a WebAssembly module: ${resolved.label} is another manifest`,
      where,
      expected: 'a WebAssembly module',
      actual: 'a manifest',
    });
  };
  const ready = settings.profile?.ready;
  const entries = await Promise.all(
    manifest.modules.map((module, index) => {
      const given = ready?.get(index);
      return given === undefined ? loadOne(module, `wasm[${index}]`) : Promise.resolve(fromApp(given));
    }),
  );
  const modules = entries.map(({ module, report }, index): StartModule => {
    return { name: manifest.modules[index]?.name ?? `#${index}`, module, report };
  });
  const name = settings.name ?? manifest.plugin?.name ?? labelName(source.label);
  return {
    name,
    modules,
    entries,
    main: 'main',
    config: combined.config,
    timeoutMs: combined.limits.timeoutMs,
    policy: toPolicy(combined, settings, entries),
    wasi: await planWasi(name, entries, settings, combined),
    allowedHosts: combined.allowedHosts,
    requestedHosts: isForeign ? manifest.requested.hosts : null,
    host: null,
  };
}

/** Returns the option `trust`; without it, `app` for a manifest object and `foreign` for one that was parsed from text. */
function trustIn(source: ManifestPlace, { trust }: PluginSettings): Trust {
  return trust ?? (source.kind === 'manifest' && typeof source.manifest === 'object' ? 'app' : 'foreign');
}

interface ModulePlace {
  readonly where: string;
  readonly baseUrl: string;
  readonly isForeign: boolean;
}

/** A foreign manifest has passed `checkForeignModules`, so its modules have no method and headers of their own. */
function resolveModule(module: ParsedModule, { where, baseUrl, isForeign }: ModulePlace): Resolved {
  if (module.kind === 'data') return fromBytes(module.bytes, where);
  const resolved = fromUrl(absoluteUrl(module.url, baseUrl));
  const { method, headers } = module;
  const request = isForeign ? { credentials: 'omit' as const } : { method, headers: [...headers] };
  return { ...resolved, source: { ...resolved.source, ...request } };
}
