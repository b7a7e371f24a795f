import { PluginError } from '../../contract/errors.js';
import { createHostMatcher } from '../../manifest/hosts.js';

/** Which addresses an installation may request, besides those of `hosts`. */
export interface AddressRules {
  /** Patterns as in `allowedHosts`. */
  readonly hosts: readonly string[];
  /** The page's own origin; null for an opaque one. */
  readonly ownOrigin: string | null;
}

/** Returns the rules of this page. */
export function pageRules(hosts: readonly string[]): AddressRules {
  return { hosts, ownOrigin: origin === 'null' ? null : origin };
}

/**
 * Checks an address before it is requested. Installing follows the rules of a plug-in's requests: a `*` covers no local address.
 * @param trusted the origin that is allowed besides: the page's own for an address of the app, that of the source for one in it
 * @throws PluginError `host-not-allowed`
 */
export function checkAddress(address: string, trusted: string | null, { hosts, ownOrigin }: AddressRules): void {
  const url = new URL(address);
  if (trusted !== null && url.origin === trusted) return;
  const own = ownOrigin === null ? null : new URL(ownOrigin);
  const verdict = createHostMatcher(hosts, own, { list: 'installHosts' })(url);
  if (verdict.allowed) return;
  const host = url.host || url.protocol;
  throw new PluginError('host-not-allowed', {
    message: `Request to "${host}" during an installation is not allowed: ${verdict.reason}`,
    where: address.slice(0, 2_048),
    expected: 'a public address, one of the same origin as the source, or one that installHosts names',
    actual: host,
    fix: `Name "${host}" in installHosts of createLibrary, or install from a file.`,
  });
}

/** Returns the origin of an installed version's source; null if that was a file or bytes. */
export function originOf(source: string): string | null {
  return /^https?:\/\//.test(source) ? new URL(source).origin : null;
}
