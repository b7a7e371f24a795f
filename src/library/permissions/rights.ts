import { PluginError } from '../../contract/errors.js';
import { maxPermissions } from '../../manifest/caps.js';
import type { PluginOptions } from '../../page/base/options.js';
import type { Capability } from '../../wasm/inspect.js';
import { freeSettings, type SettingsSchema } from '../settings.js';
import type { ParsedManifest } from '../../manifest/parsed.js';
import {
  filesOwner,
  type KeptDecision,
  type PluginRecord,
  type RequestedRight,
  type RightKind,
  type VersionRecord,
} from '../storage/record.js';

/** A decision that only this page knows. `once`: for one call that uses the right. `page`: until the page closes. */
export type PageDecision = 'once' | 'page';

/** The decision about one right. `ask`: none yet, so the right is not granted, and the user is asked when the plug-in needs it. */
export type RightDecision = KeptDecision | PageDecision | 'ask';

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

/** Returns the rights that `next` asks for and `old` did not, or could not use. */
export function newRights(old: VersionRecord | null, next: VersionRecord): RequestedRight[] {
  const had = new Set(old?.rights.filter((right) => isUsable(old, right)).map(rightKey));
  return next.rights.filter((right) => !had.has(rightKey(right)));
}

export interface Given {
  readonly record: PluginRecord;
  /** The rights that this page grants, by key. */
  readonly onPage: ReadonlyMap<string, PageDecision>;
}

export function decisionOf({ record, onPage }: Given, key: string): RightDecision {
  return onPage.get(key) ?? record.grants.get(key) ?? 'ask';
}

/** Returns the granted rights, among those that the plug-in's code can use. */
export function grantedRights(given: Given): RequestedRight[] {
  const isGranted = (right: RequestedRight): boolean =>
    !['ask', 'deny'].includes(decisionOf(given, rightKey(right))) && isUsable(given.record.current, right);
  return rightsOf(given).filter(isGranted);
}

/** Returns the rights that the manifest asks for, and the hosts that were decided about for a plug-in without a manifest. */
export function rightsOf({ record: { current, grants }, onPage }: Given): readonly RequestedRight[] {
  if (!asksForHosts(current)) return current.rights;
  const prefix = rightKey({ kind: 'host', value: '' });
  const hosts = new Set([...grants.keys(), ...onPage.keys()].filter((key) => key.startsWith(prefix)));
  const host = (key: string): RequestedRight => ({ kind: 'host', value: key.slice(prefix.length), reason: null });
  return [...current.rights, ...Array.from(hosts, host)];
}

/** What a module imports if its code can use a right of this kind. Any code can use the others. */
const neededImports: Partial<Record<RightKind, Capability>> = { host: 'http', path: 'files' };

/** Returns whether the plug-in's code can use a right. */
export function isUsable(version: VersionRecord, { kind }: RequestedRight): boolean {
  const needed = neededImports[kind];
  return needed === undefined || imports(version, needed);
}

/** Returns whether the user is asked for each host that the plug-in requests: it has no manifest that lists them. */
export function asksForHosts(version: VersionRecord): boolean {
  return version.manifest === null && imports(version, 'http');
}

/** Returns whether the plug-in may have settings of any name: it reads its config and has no manifest that lists them. */
export function takesAnySettings(version: VersionRecord): boolean {
  return version.manifest === null && imports(version, 'config');
}

function imports({ capabilities }: VersionRecord, wanted: Capability): boolean {
  return capabilities.some(({ capability }) => capability === wanted);
}

/** Returns the declared settings or, for a plug-in that takes any, those that are set and those named in `keys`. */
export function settingsOf({ current, settings }: PluginRecord, keys: readonly string[] = []): SettingsSchema {
  return current.settings ?? (takesAnySettings(current) ? freeSettings([...settings.keys(), ...keys]) : []);
}

export interface GrantedOptions extends Pick<PluginOptions, 'allowedPaths' | 'files'> {
  readonly allowedHosts: readonly string[];
}

/** Returns the hosts and directories that the manifest asks for and the user allows, and the app's own directories (`own`). */
export function grantedOptions(
  given: Given,
  library: string,
  own: NonNullable<PluginOptions['files']> = {},
): GrantedOptions {
  const { runs } = given.record.current;
  const granted = grantedRights(given);
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
  const right = grantedRights(given).find(({ kind }) => kind === 'memory');
  return right === undefined ? null : Math.min(Number(right.value), maxPagesOnRequest);
}
