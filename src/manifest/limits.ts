import { defaultLimits } from '../contract/policy.js';
import type { Pages } from '../contract/units.js';
import type { AllowedPath, ManifestSettings, SettingOverrides } from './parsed.js';

/** The limits of a plug-in; null for no limit. */
export interface PluginLimits {
  readonly maxPages: Pages | null;
  readonly maxHttpResponseBytes: number;
  /** 0 disables vars. */
  readonly maxVarBytes: number;
  readonly timeoutMs: number | null;
}

/** The combined settings of a manifest and an app's options. */
export interface CombinedSettings {
  readonly config: ReadonlyMap<string, string>;
  readonly allowedHosts: readonly string[];
  readonly allowedPaths: readonly AllowedPath[];
  readonly limits: PluginLimits;
}

/** The settings of a bare module, which has no manifest. */
export const noSettings: ManifestSettings = Object.freeze({
  config: new Map<string, string>(),
  allowedHosts: Object.freeze([]),
  allowedPaths: Object.freeze([]),
  memory: Object.freeze({ maxPages: null, maxHttpResponseBytes: null, maxVarBytes: null }),
  timeoutMs: null,
});

/**
 * Combines a manifest with an app's options. Options override each config entry, and all of `allowedHosts` and
 * `allowedPaths`. The smaller of two limits applies; a limit that neither sets has its default.
 */
export function combineLimits(manifest: ManifestSettings, options: SettingOverrides): CombinedSettings {
  const limit = (key: 'maxHttpResponseBytes' | 'maxVarBytes'): number | null =>
    smallerLimit(manifest.memory[key], options.memory?.[key] ?? null);
  return Object.freeze({
    config: new Map([...manifest.config, ...(options.config ?? [])]),
    allowedHosts: options.allowedHosts ?? manifest.allowedHosts,
    allowedPaths: options.allowedPaths ?? manifest.allowedPaths,
    limits: Object.freeze({
      maxPages: smallerLimit(manifest.memory.maxPages, options.memory?.maxPages ?? null),
      maxHttpResponseBytes: limit('maxHttpResponseBytes') ?? defaultLimits.maxHttpResponseBytes,
      maxVarBytes: limit('maxVarBytes') ?? defaultLimits.maxVarBytes,
      timeoutMs: smallerLimit(manifest.timeoutMs, options.timeoutMs),
    }),
  });
}

/** Returns the smaller of two limits; null is no limit. */
export function smallerLimit<Limit extends number>(a: Limit | null, b: Limit | null): Limit | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}
