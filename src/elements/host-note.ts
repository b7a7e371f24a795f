import { localReason } from '../manifest/addresses.js';
import { parseHostPattern } from '../manifest/host-pattern.js';

/**
 * What a user should know about a host. `local`: it is on the user's device or network. `own`: it is this app's own. `letters`:
 * it has letters beyond ASCII, and may look like another one.
 */
export type HostNote = 'local' | 'own' | 'letters';

export interface ShownHost {
  /** The pattern as it is shown: in ASCII, and `*` for any site, however that is written. */
  readonly value: string;
  readonly note: HostNote | null;
}

/** Returns how to show a pattern of hosts. `ownHost` is the page's. */
export function shownHost(pattern: string, ownHost: string): ShownHost {
  const parsed = parseHostPattern(pattern);
  if (typeof parsed === 'string') return { value: pattern, note: null };
  const { host, isGlob, text } = parsed;
  if (isGlob && /^[*.]+$/.test(host)) return { value: '*', note: null };
  const note = noteOf(host.replaceAll('*', 'any'), ownHost);
  return { value: text, note };
}

function noteOf(host: string, ownHost: string): HostNote | null {
  if (host === ownHost) return 'own';
  if (localReason(host) !== null) return 'local';
  return /(?:^|\.)xn--/.test(host) ? 'letters' : null;
}
