import { type CombinedSettings, combineLimits, noSettings } from '../../manifest/limits.js';
import { parseManifest, parseOverrides } from '../../manifest/parse.js';
import type { ParsedManifest } from '../../manifest/parsed.js';
import { profileOf } from '../base/compatibility-profile.js';
import type { PluginOptions, PluginSettings } from '../base/options.js';
import { parseOptions } from './parse-options.js';

/**
 * Reads options and manifests. A part of its own, that loads when there is either: a bare module without options needs none
 * of it.
 */

/** Options in their normal form, and what they come to where there is no manifest. */
export interface SettledOptions {
  readonly settings: PluginSettings;
  readonly combined: CombinedSettings;
}

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
  const unknownFields = profileOf(options)?.semantics.unknownFields ?? 'refuse';
  const manifest = parseManifest(input, label, { unknownFields });
  return { manifest, combined: combineLimits(manifest, overrides(options)) };
}

function overrides(options: PluginOptions): ReturnType<typeof parseOverrides> {
  const { maxTableEntries: _notOfTheManifest, ...memory } = options.memory ?? {};
  return parseOverrides({ ...options, memory });
}
