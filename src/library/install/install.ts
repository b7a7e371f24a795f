import { isPluginError, PluginError } from '../../contract/errors.js';
import { abortedError } from '../../page/base/aborted.js';
import type { Host } from '../../page/host/host.js';
import type { PluginOptions } from '../../page/base/options.js';
import { blockedError, isBlocked } from '../permissions/blocked.js';
import {
  type AllowingAnswer,
  type Consent,
  type ConsentAnswer,
  type ConsentRequest,
  consentRequest,
  publisherState,
} from '../permissions/consent.js';
import { pageRules } from './addresses.js';
import { examine } from './examine.js';
import { addressOf, type Arrival, freeId, isInstalled, matchOf, publisherOf } from './identity.js';
import { type Package, readPackage } from './read-package.js';
import type { InstallProgress, InstallSource } from './read-source.js';
import { type KeptDecision, type PluginRecord, recordSchema, type VersionRecord } from '../storage/record.js';
import { isUsable, type PageDecision, rightKey, rightsOf } from '../permissions/rights.js';
import { verifySignature } from './signature.js';
import { pluginStatement } from './statement.js';
import type { FileEntry, Store } from '../storage/store.js';
import { isDowngrade, isNewer } from './versions.js';

export interface InstallOptions {
  /** Aborts the installation at any step. Nothing is stored then. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: InstallProgress) => void;
  /** A detached signature for a source without one: JSON text or an object with `publicKey` and `signature`. */
  readonly signature?: unknown;
  /** The expected sha256 of the source's bytes, in hex. */
  readonly sha256?: string;
}

/** What installing needs from the library. */
export interface InstallContext {
  readonly store: Store;
  readonly host: Host;
  readonly limits: PluginOptions;
  readonly maxPagesOnRequest: number;
  readonly maxBytes: number;
  readonly installHosts: readonly string[];
  /** The origin that the source's address may have although it is local; undefined: the page's own. */
  readonly trusted?: string | null;
  readonly consent: Consent;
  /** Returns the names of the extension points that a plug-in with these functions runs at. */
  readonly pointsOf: (functions: readonly string[]) => readonly string[];
  /** Grants rights on this page. */
  readonly allowOnPage: (id: string, decisions: ReadonlyMap<string, PageDecision>) => void;
  /** Revokes the rights that were granted until the page closes. */
  readonly forget: (id: string) => void;
}

/** Installs a plug-in and returns its record. `target` is the plug-in to update; null for a first installation. */
export async function installFrom(
  source: InstallSource,
  target: PluginRecord | null,
  options: InstallOptions,
  context: InstallContext,
): Promise<PluginRecord> {
  const { store, host, limits, maxPagesOnRequest, maxBytes } = context;
  const rules = pageRules(context.installHosts);
  const signal = options.signal ?? new AbortController().signal;
  const enter = (step: InstallProgress['step']): void => {
    if (signal.aborted) throw abortedError('Installation', signal);
    options.onProgress?.({ step, bytes: 0, totalBytes: null });
  };
  const onProgress = (progress: InstallProgress): void => options.onProgress?.(progress);
  try {
    const pack = await readPackage(source, {
      signal,
      rules,
      trusted: context.trusted === undefined ? rules.ownOrigin : context.trusted,
      maxBytes,
      onProgress,
      signature: options.signature,
      host,
      sha256: options.sha256 ?? null,
    });
    enter('checking');
    const known = target?.declaredId ?? null;
    const { id, version } = await examine(pack, { host, limits, maxPagesOnRequest, signal, id: known });
    if (known !== null && known !== id) throw idMismatch(known, id);
    if (isBlocked(version, await store.blocked())) throw blockedError(version);
    if (version.signature !== null) await checkSignature(id, version, pack);
    const arrival = { declaredId: id, version, address: addressOf(source) };
    return await decideAndSave(arrival, { target, pack, signal, enter, context });
  } catch (error) {
    // Deletes files that were written for the failed installation.
    await store.sweep().catch(() => {});
    throw signal.aborted && !isPluginError(error) ? abortedError('installing', signal) : error;
  }
}

interface Deciding {
  readonly target: PluginRecord | null;
  readonly pack: Package;
  readonly signal: AbortSignal;
  readonly enter: (step: InstallProgress['step']) => void;
  readonly context: InstallContext;
}

/** Finds out whose plug-in it is, asks the user and saves. Does so again if another tab took its id or installed a newer version meanwhile. */
async function decideAndSave(arrival: Arrival, deciding: Deciding): Promise<PluginRecord> {
  const { target, signal, enter, context } = deciding;
  const { store, consent } = context;
  const { declaredId, version } = arrival;
  for (;;) {
    if (target === null) await store.find(declaredId); // throws for a damaged record
    const now = target === null ? null : await store.get(target.id);
    if (now?.installation !== target?.installation) throw removedMeanwhile(version.name, declaredId);
    const records = now === null ? await store.list() : [now];
    const same = records.find((record) => isInstalled(arrival, record));
    if (same !== undefined) return same;
    const { old, replaceable } = now === null ? matchOf(arrival, records) : { old: now, replaceable: null };
    if (publisherState(old, version) === 'dropped') throw publisherChanged(version.name, declaredId, 'dropped');
    enter('asking');
    const points = context.pointsOf(version.functions);
    const id = old?.id ?? (await freeId(declaredId, store));
    const isOlder = (than: PluginRecord | null): boolean => isDowngrade(version.version, than);
    const asking = { id, old, replaceable, next: version, isDowngrade: isOlder, points, signal };
    const answer = await ask(consentRequest(asking), target !== null, consent);
    enter('saving');
    const base = old ?? (answer.replace === true ? replaceable : null);
    const record = await save({ ...deciding, arrival, id: base?.id ?? id, base, isMatch: base === old, answer });
    if (record !== null) return record;
  }
}

async function checkSignature(id: string, next: VersionRecord, { moduleHashes }: Package): Promise<void> {
  if (next.signature === null) return;
  const statement = await pluginStatement({ id, version: next.version, manifest: next.manifest, moduleHashes });
  await verifySignature(next.signature, statement, next.source);
}

/** Asks for consent, except for an update without new rights by the same publisher, with the same name, that is no downgrade. */
async function ask(request: ConsentRequest, isUpdate: boolean, consent: Consent): Promise<AllowingAnswer> {
  const { id, name, installedName, installedVersion, version, isDowngrade: isOlder, publisher, signal } = request;
  const isExpected = publisher !== 'changed' && publisher !== 'new' && name === installedName && !isOlder;
  if (isUpdate && request.rights.length === 0 && isExpected) return { allowed: true, rights: {} };
  const answer = await answered(request, consent);
  if (answer.allowed && (!isOlder || answer.downgrade === true)) return answer;
  if (signal.aborted) throw abortedError(`installing ${name}`, signal);
  if (publisher === 'changed') throw publisherChanged(name, id, 'changed');
  const older = `not updated: ${version ?? 'a version without a number'} is older than the installed ${installedVersion}, and the user did not allow it`;
  throw new PluginError('consent-denied', {
    message: `${name} was ${isOlder ? older : 'not installed: the user did not allow it'}`,
    where: id,
  });
}

async function answered(request: ConsentRequest, consent: Consent): Promise<ConsentAnswer> {
  const { signal } = request;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortedError(`installing ${request.name}`, signal));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const asked = async (): Promise<ConsentAnswer> => consent(request);
    asked()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}

interface Saving extends Deciding {
  readonly arrival: Arrival;
  readonly id: string;
  /** The record that it changes; null for a new one. */
  readonly base: PluginRecord | null;
  /** Whether `base` is the same plug-in, and is not replaced by another one. */
  readonly isMatch: boolean;
  readonly answer: AllowingAnswer;
}

/** Saves the version and returns its record; null if another tab has taken the id of a new plug-in, or installed a newer version. */
async function save(saving: Saving): Promise<PluginRecord | null> {
  const { arrival, id, base, isMatch, pack, answer, signal, context } = saving;
  const { store } = context;
  const { version } = arrival;
  const files: FileEntry[] = [...pack.modules, ...pack.sources].map(({ sha256, bytes }) => [sha256, bytes]);
  if (pack.icon !== null) files.push([pack.icon.sha256, pack.icon.bytes]);
  const order = ((await store.list()).at(-1)?.order ?? 0) + 1;
  const installation = base?.installation ?? crypto.randomUUID();
  const isSame = isMatch && publisherState(base, version) !== 'changed';
  const conflict = { isNewer: false };
  const record = await store.commit(id, files, (now) => {
    if (signal.aborted) throw abortedError(`installing ${version.name}`, signal);
    // Another tab installed the same version meanwhile, or another plug-in with this id.
    if (now !== null && (base === null || isInstalled(arrival, now))) return null;
    if (now?.installation !== base?.installation) throw removedMeanwhile(version.name, id);
    if (publisherState(now, version) !== publisherState(base, version)) throw changedMeanwhile(version.name, id);
    conflict.isNewer = isConflict(saving, now);
    if (conflict.isNewer) return null;
    return nextRecord({ ...saving, now, installation, order, isSame });
  });
  if (record === null) return store.get(id);
  if (conflict.isNewer || (record.installation !== installation && !isInstalled(arrival, record))) return null;
  if (!isSame) context.forget(id);
  context.allowOnPage(id, new Map([...decided(answer, 'once'), ...decided(answer, 'page')]));
  return record;
}

/** Returns whether another tab has installed a newer version, so that the user was not asked about a downgrade. */
function isConflict({ arrival: { version }, base, answer }: Saving, now: PluginRecord | null): boolean {
  const isOlder = (than: PluginRecord | null): boolean => isDowngrade(version.version, than);
  return isOlder(now) && !isOlder(base) && answer.downgrade !== true;
}

interface Next extends Saving {
  readonly now: PluginRecord | null;
  readonly installation: string;
  readonly order: number;
  /** Whether it is the same plug-in by the same publisher, which keeps its grants and secrets. */
  readonly isSame: boolean;
}

function nextRecord({ arrival, id, now, installation, answer, order, isSame }: Next): PluginRecord {
  const { declaredId, version, address } = arrival;
  const before = isSame ? now : null;
  const publisher = publisherOf(version);
  const floor = before?.versionFloor ?? null;
  return {
    schema: recordSchema,
    id,
    declaredId,
    addresses: address === null ? (before?.addresses ?? []) : addressesWith(address, before),
    versionFloor: publisher === null ? null : newer(version.version, floor),
    installation,
    revision: now?.revision ?? 0,
    filesEpoch: now?.filesEpoch ?? 0,
    current: version,
    // What another author wrote is no version to return to: it would get the rights of this one.
    previous: before?.current ?? null,
    isEnabled: now?.isEnabled ?? true,
    disabledReason: now?.disabledReason ?? null,
    isQuarantined: now?.isQuarantined ?? false,
    order: now?.order ?? order,
    grants: grantsOf(answer, version, before),
    settings: isSame ? (now?.settings ?? new Map()) : withoutSecrets(now),
    publisher,
  };
}

/** Returns the first address that it was installed from, and the last one. */
function addressesWith(address: string, before: PluginRecord | null): readonly string[] {
  return [...new Set([...(before?.addresses ?? []).slice(0, 1), address])];
}

function newer(version: string | null, floor: string | null): string | null {
  return version === null || (floor !== null && !isNewer(version, floor)) ? floor : version;
}

function grantsOf(answer: AllowingAnswer, version: VersionRecord, before: PluginRecord | null): PluginRecord['grants'] {
  const asked = new Set(version.rights.filter((right) => isUsable(version, right)).map(rightKey));
  const grants = new Map([...(before?.grants ?? []), ...decided(answer, 'always'), ...decided(answer, 'deny')]);
  // Grants of the previous version are kept for a rollback; all others that are not asked for are removed.
  const had = new Set(before === null ? [] : rightsOf({ record: before, onPage: new Map() }).map(rightKey));
  for (const key of grants.keys()) if (!asked.has(key) && !had.has(key)) grants.delete(key);
  return grants;
}

/** Returns the values of settings that no version of the plug-in declared as a secret. */
function withoutSecrets(record: PluginRecord | null): PluginRecord['settings'] {
  const declared = [record?.current, record?.previous].flatMap((version) => version?.settings ?? []);
  const isOpen = (key: string): boolean => {
    const named = declared.filter((setting) => setting.key === key);
    return named.length > 0 && named.every(({ isSecret }) => !isSecret);
  };
  return new Map([...(record?.settings ?? [])].filter(([key]) => isOpen(key)));
}

function decided<Decision extends KeptDecision | PageDecision>(
  answer: AllowingAnswer,
  decision: Decision,
): [string, Decision][] {
  return Object.entries(answer.rights).flatMap(([key, given]) => (given === decision ? [[key, decision]] : []));
}

function idMismatch(expected: string, actual: string): PluginError {
  return new PluginError('id-mismatch', {
    message: `The update of "${expected}" has another id: expected "${expected}", found "${actual}"`,
    where: expected,
    expected,
    actual,
    fix: 'Install it as a plug-in of its own.',
  });
}

function publisherChanged(name: string, id: string, state: 'changed' | 'dropped'): PluginError {
  return new PluginError('publisher-changed', {
    message: `${name} was not updated: its new version is ${state === 'changed' ? 'signed by another publisher' : 'not signed, but the installed one is'}`,
    where: id,
    fix: 'Ask the publisher to confirm the new version.',
  });
}

function removedMeanwhile(name: string, id: string): PluginError {
  return new PluginError('not-installed', {
    message: `${name} was not updated: it was removed in the meantime`,
    where: id,
  });
}

function changedMeanwhile(name: string, id: string): PluginError {
  return new PluginError('publisher-changed', {
    message: `${name} was not updated: another tab has installed a version by another publisher`,
    where: id,
    fix: 'Check the installed version, then try again.',
  });
}
