import { createHostMatcher } from '../../manifest/hosts.js';
import { type PageDecision, rightKey } from './rights.js';

/**
 * Returns the keys of rights that were granted once and that a call has used: hosts that it requested, and every other right,
 * because the plug-in had it from its start.
 */
export function spentKeys(onPage: ReadonlyMap<string, PageDecision>, urls: readonly string[]): string[] {
  const prefix = rightKey({ kind: 'host', value: '' });
  const own = origin === 'null' ? null : new URL(origin);
  const targets = urls.filter((url) => URL.canParse(url)).map((url) => new URL(url));
  return [...onPage].flatMap(([key, decision]) => {
    if (decision !== 'once') return [];
    if (!key.startsWith(prefix)) return [key];
    const matches = createHostMatcher([key.slice(prefix.length)], own);
    return targets.some((target) => matches(target).allowed) ? [key] : [];
  });
}
