import { PluginError } from '../contract/errors.js';
import { localReason } from './addresses.js';
import { isName, matchesGlob, parseHostPattern } from './host-pattern.js';
import type { HostPattern } from './host-pattern.js';
import { quote } from './issues.js';

/** The part of a parsed URL that decides; a `URL` or a `Location` is one. */
export interface HostTarget {
  /** With its colon: `https:`. */
  readonly protocol: string;
  /** IPv6 in brackets. */
  readonly hostname: string;
  /** Empty for the scheme's default. */
  readonly port: string;
}

export type HostVerdict =
  /** `pattern` is the entry that covers the host. */
  | { readonly allowed: true; readonly pattern: string }
  /** `reason` completes the sentence "the request is not allowed: …". */
  | { readonly allowed: false; readonly reason: string };

export type HostMatcher = (target: HostTarget) => HostVerdict;

interface Target {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Makes the check that every HTTP request of a plug-in passes. `own` is the page's own origin (null for an opaque one). A
 * pattern with `*` never covers `own`, nor loopback, link-local, private and reserved addresses, nor local names: those
 * must be named exactly. What a public name resolves to cannot be seen from a page.
 *
 * @throws PluginError `invalid-argument` for a pattern that `parseManifest` would refuse
 */
export function createHostMatcher(allowedHosts: readonly string[], own: HostTarget | null): HostMatcher {
  const patterns = allowedHosts.map(patternOf);
  const ownTarget = own === null ? null : normalise(own);
  return (written) => {
    const target = normalise(written);
    return typeof target === 'string' ? { allowed: false, reason: target } : decide(patterns, target, ownTarget);
  };
}

function patternOf(text: string): HostPattern {
  const pattern = parseHostPattern(text);
  if (typeof pattern !== 'string') return pattern;
  throw new PluginError('invalid-argument', {
    message: `allowedHosts: ${quote(text)}: ${pattern}`,
    where: 'allowedHosts',
  });
}

function decide(patterns: readonly HostPattern[], target: Target, own: Target | string | null): HostVerdict {
  let reason = patterns.length === 0 ? 'allowedHosts is empty' : `no entry of allowedHosts covers ${name(target)}`;
  for (const { text, scheme, host, isGlob, port } of patterns) {
    if (scheme !== null && scheme !== target.scheme) continue;
    if (port !== null && port !== target.port) continue;
    if (!(isGlob ? matchesGlob(host, target.host) : host === target.host)) continue;
    const closed = isGlob ? (isSame(target, own) ? "the page's own origin" : localReason(target.host)) : null;
    if (closed === null) return { allowed: true, pattern: text };
    reason = `${name(target)} is ${closed}, which ${quote(text)} does not cover: name it exactly in allowedHosts`;
  }
  return { allowed: false, reason };
}

function normalise({ protocol, hostname, port }: HostTarget): Target | string {
  const scheme = protocol.toLowerCase().replace(/:$/, '');
  if (scheme !== 'http' && scheme !== 'https') return `its scheme is ${quote(protocol)}, not http or https`;
  const host = hostname.toLowerCase().replace(/\.$/, '');
  if (!isName(host) && !/^\[[\da-f:]+\]$/.test(host)) return `${quote(hostname)} is not a canonical host name`;
  return { scheme, host, port: port === '' ? (scheme === 'http' ? 80 : 443) : Number(port) };
}

function isSame(target: Target, own: Target | string | null): boolean {
  if (own === null || typeof own === 'string') return false;
  return own.scheme === target.scheme && own.host === target.host && own.port === target.port;
}

/** The target as a user would write it in allowedHosts. */
function name({ scheme, host, port }: Target): string {
  return quote(port === (scheme === 'http' ? 80 : 443) ? host : `${host}:${port}`);
}
