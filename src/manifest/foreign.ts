import { PluginError } from '../contract/errors.js';
import type { ErrorIssue } from '../contract/errors.js';
import { combineLimits } from './limits.js';
import type { CombinedSettings } from './limits.js';
import type { AllowedPath, ParsedManifest, SettingOverrides } from './parsed.js';

/**
 * Rejects what a foreign manifest must not decide: how its modules are requested. Such a request is a GET without headers, and one
 * that was written as anything else would get another response than the author meant.
 * @throws PluginError `invalid-manifest`
 */
export function checkForeignModules({ modules }: ParsedManifest, where: string): void {
  const issues = modules.flatMap((module, index): ErrorIssue[] => {
    if (module.kind !== 'url') return [];
    const path = `wasm[${index}]`;
    return [
      ...(module.method === 'GET' ? [] : [issue(`${path}.method`, 'GET', module.method)]),
      ...(module.headers.size === 0 ? [] : [issue(`${path}.headers`, 'no headers', `${module.headers.size}`)]),
    ];
  });
  const [first] = issues;
  if (first === undefined) return;
  throw new PluginError('invalid-manifest', {
    message: `${where}: ${first.path}: ${first.message}`,
    where,
    expected: first.expected,
    actual: first.actual,
    issues,
    fix: "Publish the module where a plain GET finds it. An app that trusts the manifest's author passes trust: 'app'.",
  });
}

function issue(path: string, expected: string, actual: string): ErrorIssue {
  const message = `expected ${expected} in a manifest that the app did not write, found ${actual}`;
  return { path, message, expected, actual };
}

/**
 * Combines a foreign manifest with an app's options. Its lists of hosts and paths grant nothing: the options do. Hosts are those of
 * the options; requests must match `manifest.requested.hosts` too.
 * @param directories the keys of the option `files`, which allow a path as `allowedPaths` does
 */
export function combineForeign(
  manifest: ParsedManifest,
  options: SettingOverrides,
  directories: Iterable<string>,
): CombinedSettings {
  const allowedPaths = commonPaths(manifest.requested.paths, options.allowedPaths, new Set(directories));
  return combineLimits(manifest, { ...options, allowedHosts: options.allowedHosts ?? [], allowedPaths });
}

/** Returns the paths that both the manifest and the options have, read-only if either says so. */
function commonPaths(
  requested: readonly AllowedPath[] | null,
  allowed: readonly AllowedPath[] | null,
  directories: ReadonlySet<string>,
): readonly AllowedPath[] {
  if (requested === null) return allowed ?? [];
  if (allowed === null) return requested.filter(({ hostPath }) => directories.has(hostPath));
  return allowed.flatMap((path) => {
    const same = requested.filter(
      ({ hostPath, guestPath }) => hostPath === path.hostPath && guestPath === path.guestPath,
    );
    if (same.length === 0) return [];
    return [{ ...path, isReadOnly: path.isReadOnly || same.some(({ isReadOnly }) => isReadOnly) }];
  });
}
