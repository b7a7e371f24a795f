import { PluginError } from '../contract/errors.js';
import { localReason } from './addresses.js';
import { isName, matchesGlob, parseHostPattern } from './host-pattern.js';
import type { HostPattern } from './host-pattern.js';
import { quote } from './issues.js';

/** The parts of a URL that are matched. A `URL` or a `Location` has them. */
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

export interface MatcherOptions {
  /**
   * The patterns of a foreign manifest, which grant nothing: a URL must match one of them too. A `*` among them matches any text,
   * because what is closed to a `*` depends on the patterns that grant. @default null, for none
   */
  readonly requestedHosts?: readonly string[] | null;
  /** How messages name the list of the patterns that grant. @default 'allowedHosts' */
  readonly list?: string;
}

/**
 * Creates the check for HTTP requests of a plug-in. `own` is the page's own origin, or null for an opaque one. A pattern with
 * `*` does not cover the host of `own`, loopback, link-local, private and reserved addresses, or local names: those must be
 * listed exactly. The address that a public name resolves to is not checked, because a page cannot see it.
 *
 * @throws PluginError `invalid-argument` for an invalid pattern
 */
export function createHostMatcher(
  allowedHosts: readonly string[],
  own: HostTarget | null,
  { requestedHosts = null, list = 'allowedHosts' }: MatcherOptions = {},
): HostMatcher {
  const patterns = allowedHosts.map((text) => patternOf(text, list));
  const requested = requestedHosts?.map((text) => patternOf(text, 'allowed_hosts'));
  const ownTarget = own === null ? null : normalize(own);
  return (written) => {
    const target = normalize(written);
    if (typeof target === 'string') return { allowed: false, reason: target };
    if (requested !== undefined && patterns.length === 0) return { allowed: false, reason: grantsNothing };
    const verdict = decide(patterns, target, { own: ownTarget, list });
    if (requested === undefined || !verdict.allowed || requested.some((pattern) => covers(pattern, target)))
      return verdict;
    return { allowed: false, reason: `the manifest does not ask for ${name(target)} in allowed_hosts` };
  };
}

const grantsNothing =
  'allowedHosts of the options is empty, and allowed_hosts of a manifest from elsewhere grants nothing';

function patternOf(text: string, list: string): HostPattern {
  const pattern = parseHostPattern(text);
  if (typeof pattern !== 'string') return pattern;
  throw new PluginError('invalid-argument', {
    message: `${list}: ${quote(text)}: ${pattern}`,
    where: list,
  });
}

interface DecideContext {
  readonly own: Target | string | null;
  readonly list: string;
}

function decide(patterns: readonly HostPattern[], target: Target, { own, list }: DecideContext): HostVerdict {
  let reason = patterns.length === 0 ? `${list} is empty` : `no entry of ${list} covers ${name(target)}`;
  for (const pattern of patterns) {
    if (!covers(pattern, target)) continue;
    const { isGlob, text } = pattern;
    const closed = isGlob ? (isOwnHost(target, own) ? "the page's own host" : localReason(target.host)) : null;
    if (closed === null) return { allowed: true, pattern: text };
    reason = `${name(target)} is ${closed}, which ${quote(text)} does not cover: name it exactly in ${list}`;
  }
  return { allowed: false, reason };
}

function covers({ scheme, host, isGlob, port }: HostPattern, target: Target): boolean {
  if (scheme !== null && scheme !== target.scheme) return false;
  if (port !== null && port !== target.port) return false;
  return isGlob ? matchesGlob(host, target.host) : host === target.host;
}

function normalize({ protocol, hostname, port }: HostTarget): Target | string {
  const scheme = protocol.toLowerCase().replace(/:$/, '');
  if (scheme !== 'http' && scheme !== 'https') return `its scheme is ${quote(protocol)}, not http or https`;
  const host = hostname.toLowerCase().replace(/\.$/, '');
  if (!isName(host) && !/^\[[\da-f:]+\]$/.test(host)) return `${quote(hostname)} is not a canonical host name`;
  return { scheme, host, port: port === '' ? (scheme === 'http' ? 80 : 443) : Number(port) };
}

/** Returns whether the target is the page's own host, on any port and with either scheme: its other servers are the app's too. */
function isOwnHost(target: Target, own: Target | string | null): boolean {
  return own !== null && typeof own === 'object' && own.host === target.host;
}

/** Returns the target as an entry of allowedHosts. */
function name({ scheme, host, port }: Target): string {
  return quote(port === (scheme === 'http' ? 80 : 443) ? host : `${host}:${port}`);
}
