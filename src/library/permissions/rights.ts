import { PluginError } from '../../contract/errors.js';
import { maxPermissions } from '../../manifest/caps.js';
import type { PluginOptions } from '../../page/base/options.js';
import type { ParsedManifest } from '../../manifest/parsed.js';
import {
  filesOwner,
  type KeptDecision,
  type PluginRecord,
  type RequestedRight,
  type RightKind,
  type VersionRecord,
} from '../storage/record.js';

/** The decision about one right. `ask`: none yet, so the right is not granted. `once` ends when the page closes. */
export type RightDecision = KeptDecision | 'once' | 'ask';

const pagesPerMebibyte = 16;

/** Returns the key of a right in grants and decisions. */
export function rightKey({ kind, value }: { readonly kind: RightKind; readonly value: string }): string {
  return `${kind}:${value}`;
}

/**
 * Returns all rights that a plug-in asks for, each once, with the author's reason if the manifest has one.
 * @param pages the memory that it needs, in pages of 64 KiB; null if the library's default is enough
 * @throws PluginError `invalid-manifest` for more than 100 rights
 */
export function requestedRights(manifest: ParsedManifest | null, pages: number | null): RequestedRight[] {
  const memory: RequestedRight[] = pages === null ? [] : [{ kind: 'memory', value: String(pages), reason: null }];
  return [...manifestRights(manifest), ...memory];
}

function manifestRights(manifest: ParsedManifest | null): RequestedRight[] {
  if (manifest === null) return [];
  const rights = new Map<string, RequestedRight>();
  for (const { kind, value, reason } of manifest.plugin?.permissions ?? []) {
    rights.set(rightKey({ kind, value }), { kind, value, reason });
  }
  const also = (kind: RightKind, value: string): void => {
    const key = rightKey({ kind, value });
    if (!rights.has(key)) rights.set(key, { kind, value, reason: null });
  };
  for (const pattern of manifest.allowedHosts) also('host', pattern);
  for (const { guestPath } of manifest.allowedPaths) also('path', guestPath);
  if (rights.size > maxPermissions) throw tooManyRights(rights.size);
  return [...rights.values()];
}

function tooManyRights(count: number): PluginError {
  const expected = `at most ${maxPermissions} permissions, allowed hosts and allowed paths`;
  return new PluginError('invalid-manifest', {
    message: `The manifest asks for too many rights: expected ${expected}, found ${count}`,
    where: 'plugin.permissions',
    expected,
    actual: String(count),
    issues: [{ path: 'plugin.permissions', message: `expected ${expected}, found ${count}` }],
    fix: 'Use fewer patterns, such as *.example.com.',
  });
}

/** Returns what a plug-in can do with a right, as an English sentence for its user. */
export function describeRight({ kind, value }: { readonly kind: RightKind; readonly value: string }): string {
  switch (kind) {
    case 'host':
      return value === '*' ? 'Connect to any site on the internet' : `Connect to ${value}`;
    case 'path':
      return `Store files in ${value}, a private folder in this browser`;
    case 'capability':
      return `Use ${value} of this app`;
    case 'memory':
      return `Use up to ${Math.round(Number(value) / pagesPerMebibyte)} MiB of memory`;
  }
}

/** Returns the rights that `next` asks for and `old` did not. */
export function newRights(old: VersionRecord | null, next: VersionRecord): RequestedRight[] {
  const had = new Set(old?.rights.map(rightKey));
  return next.rights.filter((right) => !had.has(rightKey(right)));
}

export interface Given {
  readonly record: PluginRecord;
  /** Keys of the rights granted until the page closes. */
  readonly once: ReadonlySet<string>;
}

export function decisionOf({ record, once }: Given, key: string): RightDecision {
  return once.has(key) ? 'once' : (record.grants.get(key) ?? 'ask');
}

export function isGiven(given: Given, key: string): boolean {
  return ['always', 'once'].includes(decisionOf(given, key));
}

/** Returns the hosts and directories that the manifest asks for and the user allows, and the app's own directories (`own`). */
export function grantedOptions(
  given: Given,
  library: string,
  own: NonNullable<PluginOptions['files']> = {},
): Pick<PluginOptions, 'allowedHosts' | 'allowedPaths' | 'files'> {
  const { rights, runs } = given.record.current;
  const granted = rights.filter((right) => isGiven(given, rightKey(right)));
  const paths = granted.filter(({ kind }) => kind === 'path').map(({ value }) => value);
  const directories = paths.map((path) => {
    const { isReadOnly = false } = runs.allowedPaths.find(({ guestPath }) => guestPath === path) ?? {};
    const directory =
      own[path] ?? ({ opfs: filesOwner(library, given.record.installation) + path, whenShared: 'wait' } as const);
    return [path, isReadOnly ? { ...directory, readOnly: true } : directory] as const;
  });
  return {
    allowedHosts: granted.filter(({ kind }) => kind === 'host').map(({ value }) => value),
    // A browser has no host paths: `files` maps each guest path to a directory.
    allowedPaths: {},
    files: { ...own, ...Object.fromEntries(directories) },
  };
}

/** Returns the granted limit of memory in pages, at most `maxPagesOnRequest`; null if the library's default applies. */
export function grantedPages(given: Given, maxPagesOnRequest: number): number | null {
  const right = given.record.current.rights.find((one) => one.kind === 'memory' && isGiven(given, rightKey(one)));
  return right === undefined ? null : Math.min(Number(right.value), maxPagesOnRequest);
}
