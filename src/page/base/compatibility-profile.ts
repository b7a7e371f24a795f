import type { Semantics } from '../../contract/policy.js';
import type { HostMatcher } from '../../manifest/hosts.js';

/**
 * How a drop-in for another runtime differs from the reference. No app can ask for it: the key is a symbol that the package
 * does not export.
 */
export interface CompatibilityProfile {
  readonly semantics: Semantics;
  /** A manifest's text as that runtime reads it, for `parseManifest`. */
  readonly readManifest: (text: string) => unknown;
  /** Modules that come compiled, by their place in the manifest: what the manifest holds there is not looked at. */
  readonly ready: ReadonlyMap<number, WebAssembly.Module>;
  /** Throws where that runtime would refuse a plug-in because it imports WASI, or does not. */
  readonly checkWasi: (isImported: boolean) => void;
  /** The check that every HTTP request passes. */
  readonly matchHost: HostMatcher;
  /** Milliseconds for instantiating, hooks included; null: as elsewhere. */
  readonly startingMs: number | null;
}

/** Where options hold a {@link CompatibilityProfile}. */
export const profileKey: unique symbol = Symbol('profile');

export interface ProfileHolder {
  readonly [profileKey]?: CompatibilityProfile;
}

export function profileOf(options: object): CompatibilityProfile | null {
  return (options as ProfileHolder)[profileKey] ?? null;
}
