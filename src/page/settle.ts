import { PluginError } from '../contract/errors.js';
import type { Sha256Hex } from '../contract/units.js';
import { type CombinedSettings, combineLimits, noSettings } from '../manifest/limits.js';
import { parseManifest, parseOverrides } from '../manifest/parse.js';
import type { ParsedManifest, ParsedModule } from '../manifest/parsed.js';
import type { LoadedEntry, LoadedText } from './loader.js';
import type { PluginOptions, PluginSettings } from './options.js';
import { parseOptions } from './parse-options.js';
import { absoluteUrl, fromBytes, fromUrl, type Resolved } from './source.js';

/**
 * Reads options and manifests. A part of its own, that loads when there is either: a bare module without options needs none
 * of it.
 */

/** Options in their normal form, and what they come to where there is no manifest. */
export interface SettledOptions {
  readonly settings: PluginSettings;
  readonly combined: CombinedSettings;
}

type LoadOne = (resolved: Resolved, hash: Sha256Hex | null) => Promise<LoadedEntry | LoadedText>;

export interface SettledManifest {
  readonly manifest: ParsedManifest;
  readonly combined: CombinedSettings;
}

/** @throws PluginError `invalid-argument`, `invalid-manifest` */
export function settleOptions(options: PluginOptions): SettledOptions {
  return { settings: parseOptions(options), combined: combineLimits(noSettings, overrides(options)) };
}

/** @throws PluginError `invalid-manifest` */
export function settleManifest(input: unknown, label: string, options: PluginOptions): SettledManifest {
  const manifest = parseManifest(input, label);
  return { manifest, combined: combineLimits(manifest, overrides(options)) };
}

/** Every module of a manifest. @throws PluginError `not-a-plugin` for one that is a manifest itself, and as `load` */
export function loadModules(manifest: ParsedManifest, baseUrl: string, load: LoadOne): Promise<LoadedEntry[]> {
  const loadOne = async (module: ParsedModule, index: number): Promise<LoadedEntry> => {
    const place = `wasm[${index}]`;
    const resolved = resolveModule(module, place, baseUrl);
    const loaded = await load(resolved, module.hash);
    if ('module' in loaded) return loaded;
    throw new PluginError('not-a-plugin', {
      message: `${resolved.label} is a manifest, and a manifest can only name modules`,
      where: place,
      expected: 'a WebAssembly module',
      actual: 'a manifest',
    });
  };
  return Promise.all(manifest.modules.map(loadOne));
}

function resolveModule(module: ParsedModule, place: string, baseUrl: string): Resolved {
  if (module.kind === 'data') return fromBytes(module.bytes, place);
  return fromUrl(absoluteUrl(module.url, baseUrl), module.method, [...module.headers]);
}

function overrides(options: PluginOptions): ReturnType<typeof parseOverrides> {
  const { maxTableEntries: _notOfTheManifest, ...memory } = options.memory ?? {};
  return parseOverrides({ ...options, memory });
}
