import { checkForeignModules, combineForeign } from '../../manifest/foreign.js';
import { type CombinedSettings, combineLimits, noSettings } from '../../manifest/limits.js';
import { parseManifest, parseOverrides } from '../../manifest/parse.js';
import type { ParsedManifest } from '../../manifest/parsed.js';
import { profileOf } from '../base/compatibility-profile.js';
import type { PluginOptions, PluginSettings } from '../base/options.js';
import { parseOptions } from './parse-options.js';

/**
 * Normalizes options and manifests. A lazy chunk: a bare module without options needs none of it.
 */

/** Options in their normal form, and the limits they set where there is no manifest. */
export interface NormalizedOptions {
  readonly settings: PluginSettings;
  readonly combined: CombinedSettings;
}

export interface NormalizedManifest {
  readonly manifest: ParsedManifest;
  readonly combined: CombinedSettings;
}

/** @throws PluginError `invalid-argument` */
export function normalizeOptions(options: PluginOptions): NormalizedOptions {
  return { settings: parseOptions(options), combined: combineLimits(noSettings, overrides(options)) };
}

/** What a manifest is read with. */
interface ManifestContext {
  readonly label: string;
  readonly options: PluginOptions;
  /** The directories of the option `files`, if the manifest is foreign; null if it is the app's own. */
  readonly directories: ReadonlyMap<string, unknown> | null;
}

/** @throws PluginError `invalid-argument`, `invalid-manifest` */
export function normalizeManifest(
  input: unknown,
  { label, options, directories }: ManifestContext,
): NormalizedManifest {
  const unknownFields = profileOf(options)?.semantics.unknownFields ?? 'refuse';
  const manifest = parseManifest(input, label, { unknownFields });
  if (directories === null) return { manifest, combined: combineLimits(manifest, overrides(options)) };
  checkForeignModules(manifest, label);
  return { manifest, combined: combineForeign(manifest, overrides(options), directories.keys()) };
}

function overrides(options: PluginOptions): ReturnType<typeof parseOverrides> {
  const { maxTableEntries: _notOfTheManifest, ...memory } = options.memory ?? {};
  return parseOverrides({ ...options, memory });
}
