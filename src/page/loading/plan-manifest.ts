import { PluginError } from '../../contract/errors.js';
import type { StartModule } from '../../contract/protocol.js';
import type { ParsedModule } from '../../manifest/parsed.js';
import type { Loader } from './loader.js';
import { fromApp, type LoadedEntry } from './loaded.js';
import type { PluginOptions, PluginSettings, Trust } from '../base/options.js';
import { gateOptions, labelName, planWasi, type PluginPlan, toPolicy } from './plan-parts.js';
import { checkForeignAddresses } from './foreign-addresses.js';
import { manifestValue } from './manifest-value.js';
import { lazyChunk } from '../base/lazy-chunk.js';
import { PluginBudget } from './plugin-budget.js';
import { sharePages } from './share-pages.js';
import { absoluteUrl, fromBytes, fromUrl } from './source.js';
import type { Resolved, ResolvedSource } from './resolved.js';

/** Where the manifest is from. */
type ManifestPlace = Exclude<ResolvedSource, { kind: 'module' }>;

/** How many modules of a plug-in are loaded at once. Each takes a worker, and memory for its bytes. */
const parallelLoads = 4;

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
  const { normalizeManifest } = await lazyChunk(() => import('./normalize.js'));
  const value = await readManifest(input, source, settings, loader);
  const { manifest, combined } = normalizeManifest(value, { label: source.label, options, directories });
  if (isForeign) {
    const { label, baseUrl } = source;
    checkForeignAddresses(manifest, { label, baseUrl, allowedHosts: combined.allowedHosts, profile: settings.profile });
  }
  const gate = gateOptions(combined, settings);
  const place = (module: ParsedModule, index: number): Resolved =>
    resolveModule(module, { where: `wasm[${index}]`, baseUrl: source.baseUrl, isForeign });
  let { modules: parsed } = manifest;
  if (parsed.some(({ isJavaScript }) => isJavaScript)) {
    const { compiledModules } = await lazyChunk(() => import('./javascript-modules.js'));
    parsed = await compiledModules(manifest, place, { loader, gate, settings, functions: options.functions });
  }
  const budget = new PluginBudget(gate, parsed.length);
  /** The bytes of modules that may share `maxPages`, by their index: they are requested once, and may be loaded twice. */
  const originals = new Map<number, Blob>();
  const mayShare = parsed.length > 1 && gate.maxPages !== null;
  const loadOne = async (module: ParsedModule, index: number, limits: LoadWants): Promise<LoadedEntry> => {
    const where = `wasm[${index}]`;
    const resolved = place(module, index);
    const blob = originals.get(index);
    const onOriginal = (bytes: Blob): unknown => originals.set(index, bytes);
    const loaded = await loader.load(blob === undefined ? resolved : { ...resolved, source: { kind: 'blob', blob } }, {
      ...limits,
      settings,
      ...(mayShare && module.kind === 'url' ? { onOriginal } : {}),
    });
    if ('module' in loaded) return loaded;
    throw new PluginError('not-a-plugin', {
      message: `${where} in the manifest is not a WebAssembly module: ${resolved.label} is another manifest`,
      where,
      expected: 'a WebAssembly module',
      actual: 'a manifest',
    });
  };
  const ready = settings.profile?.ready;
  const loadNth = async (module: ParsedModule, index: number): Promise<LoadedEntry> => {
    const given = ready?.get(index);
    if (given !== undefined) return fromApp(given);
    const entry = await loadOne(module, index, { hash: module.hash, gate });
    if (entry.report !== null) budget.add(entry.report, `wasm[${index}]`);
    return entry;
  };
  const loaded: LoadedEntry[] = [];
  // A few at a time, because what a module adds to the sums is known only when it is loaded.
  while (loaded.length < parsed.length) {
    const from = loaded.length;
    const next = parsed.slice(from, from + parallelLoads);
    loaded.push(...(await Promise.all(next.map((module, place) => loadNth(module, from + place)))));
  }
  const entries = await withSharedPages(loaded, gate.maxPages, async (entry, index, maxPages) => {
    const module = parsed[index];
    const limits = { hash: entry.sha256, gate: { ...gate, maxPages } };
    return module === undefined ? entry : loadOne(module, index, limits);
  });
  const modules = entries.map(({ module, report }, index): StartModule => {
    return { name: parsed[index]?.name ?? `#${index}`, module, report };
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
    wasi: await planWasi(name, entries, { settings, combined }, loader),
    allowedHosts: combined.allowedHosts,
    requestedHosts: isForeign ? manifest.requested.hosts : null,
    host: null,
  };
}

/** Parses the manifest if it is text or bytes; an object is returned as it is. */
async function readManifest(
  input: unknown,
  { kind, label }: ManifestPlace,
  { profile, signal }: PluginSettings,
  loader: Loader,
): Promise<unknown> {
  if (typeof input !== 'string' && !(input instanceof Uint8Array)) return input;
  const text = typeof input === 'string' ? input : (input as Uint8Array<ArrayBuffer>); // from the loader: never shared memory
  const value = await manifestValue(text, { label, signal, startReader: () => loader.startReader() });
  return kind === 'bytes' && profile !== null ? profile.readManifest(value) : value;
}

/** Returns the option `trust`; without it, `app` for a manifest object and `foreign` for one that was parsed from text. */
function trustIn(source: ManifestPlace, { trust }: PluginSettings): Trust {
  return trust ?? (source.kind === 'manifest' && typeof source.manifest === 'object' ? 'app' : 'foreign');
}

type LoadWants = Pick<Parameters<Loader['load']>[1], 'hash' | 'gate'>;

/** Loads modules again, with a limit of their own, if the memories of all modules could otherwise grow beyond `maxPages` together. */
async function withSharedPages(
  entries: readonly LoadedEntry[],
  maxPages: number | null,
  loadAgain: (entry: LoadedEntry, index: number, maxPages: number) => Promise<LoadedEntry>,
): Promise<readonly LoadedEntry[]> {
  if (maxPages === null) return entries;
  const shares = sharePages(
    entries.map(({ report }) => report),
    maxPages,
  );
  return Promise.all(
    entries.map((entry, index) => {
      const share = shares[index] ?? null;
      return share === null ? Promise.resolve(entry) : loadAgain(entry, index, share);
    }),
  );
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
  const request = isForeign
    ? { credentials: 'omit' as const, redirect: 'error' as const }
    : { method, headers: [...headers] };
  return { ...resolved, source: { ...resolved.source, ...request } };
}
