import type { Semantics } from '../../contract/policy.js';
import type { HostMatcher } from '../../manifest/hosts.js';
import type { CallOptions, CallSource } from './call-options.js';

/**
 * The differences between a drop-in for another runtime and the Extism reference. Apps cannot set one: the key is a symbol that
 * the package does not export.
 */
export interface CompatibilityProfile {
  readonly semantics: Semantics;
  /** Converts the JSON value of a fetched manifest as that runtime does. The result is the input of `parseManifest`. */
  readonly readManifest: (value: unknown) => unknown;
  /** Compiled modules, by their index in the manifest; they replace the manifest's entries. */
  readonly ready: ReadonlyMap<number, WebAssembly.Module>;
  /** Throws if the other runtime would reject a plug-in because it imports WASI, or does not. */
  readonly checkWasi: (isImported: boolean) => void;
  /** Decides which hosts HTTP requests may reach. */
  readonly matchHost: HostMatcher;
  /**
   * Converts the result of a raw host function to a WebAssembly value. `type` is the result's type in the modules that import the
   * function; null: it has no result, undefined: unknown. What it throws fails the call as if the function had thrown it.
   */
  readonly convertResult: (value: unknown, type: string | null | undefined) => number | bigint | undefined;
  /** Milliseconds for instantiation and init hooks; null: the usual limit. */
  readonly startingMs: number | null;
  /** Receives, once the plug-in has started, the function that calls its exports. */
  readonly onStart: (run: RunCall) => void;
}

/** Calls an exported function, and returns null for no output, which other runtimes distinguish from an empty one. */
export type RunCall = (name: string, input: CallSource, options: CallOptions) => Promise<RunResult>;

export interface RunResult {
  readonly output: Uint8Array<ArrayBuffer> | null;
  /** Milliseconds of the function's own run in the worker. */
  readonly guestMs: number;
}

/** The key of a {@link CompatibilityProfile} in plug-in options. */
export const profileKey: unique symbol = Symbol('profile');

export interface ProfileHolder {
  readonly [profileKey]?: CompatibilityProfile;
}

/** Returns the compatibility profile in `options`, if any. */
export function profileOf(options: object): CompatibilityProfile | null {
  return (options as ProfileHolder)[profileKey] ?? null;
}
