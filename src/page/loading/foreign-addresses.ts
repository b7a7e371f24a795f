import { PluginError } from '../../contract/errors.js';
import { createHostMatcher } from '../../manifest/hosts.js';
import type { ParsedManifest } from '../../manifest/parsed.js';
import type { PluginSettings } from '../base/options.js';
import { absoluteUrl } from './source.js';

export interface ForeignAddresses {
  /** How messages name the manifest. */
  readonly label: string;
  /** The URL of the manifest, or of the page. */
  readonly baseUrl: string;
  /** The hosts of the app's options. */
  readonly allowedHosts: readonly string[];
  readonly profile: PluginSettings['profile'];
}

/**
 * Rejects modules of a foreign manifest at addresses that a plug-in with `allowedHosts: ['*']` could not reach, so that no manifest makes
 * the user's browser request a router or a server on the same machine. The origins of the page and of the manifest are allowed, and what
 * the app's options allow the plug-in.
 * @throws PluginError `host-not-allowed`
 */
export function checkForeignAddresses({ modules }: ParsedManifest, context: ForeignAddresses): void {
  const { label, baseUrl, allowedHosts, profile } = context;
  const own = origin === 'null' ? null : new URL(origin);
  const match = createHostMatcher(['*', ...allowedHosts], own);
  const trusted = new Set([origin, new URL(baseUrl).origin].filter((one) => one !== 'null'));
  for (const [index, module] of modules.entries()) {
    if (module.kind !== 'url') continue;
    const url = new URL(absoluteUrl(module.url, baseUrl));
    // The bytes of a data: URL are in the manifest.
    if (url.protocol === 'data:' || trusted.has(url.origin) || profile?.matchHost(url).allowed === true) continue;
    const verdict = match(url);
    if (verdict.allowed) continue;
    const host = url.host || url.protocol;
    throw new PluginError('host-not-allowed', {
      message: `Request to "${host}" for wasm[${index}] of ${label} is not allowed: ${verdict.reason}`,
      where: `wasm[${index}]`,
      expected: 'a public address, or one with the origin of the manifest or the page',
      actual: host,
      fix: `Name "${host}" in allowedHosts, or pass trust: 'app' if the app trusts the author of the manifest.`,
    });
  }
}
