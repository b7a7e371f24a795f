import { isPluginError, PluginError } from '../../contract/errors.js';
import { abortedError } from '../../page/base/aborted.js';
import type { Host } from '../../page/host/host.js';
import type { PluginOptions } from '../../page/base/options.js';
import { blockedError, isBlocked } from '../permissions/blocked.js';
import {
  type Consent,
  type ConsentAnswer,
  type ConsentRequest,
  consentRequest,
  publisherState,
} from '../permissions/consent.js';
import { pageRules } from './addresses.js';
import { examine } from './examine.js';
import { type Package, readPackage } from './read-package.js';
import type { InstallProgress, InstallSource } from './read-source.js';
import { type KeptDecision, type PluginRecord, recordSchema, type VersionRecord } from '../storage/record.js';
import { rightKey } from '../permissions/rights.js';
import { verifySignature } from './signature.js';
import { pluginStatement } from './statement.js';
import type { FileEntry, Store } from '../storage/store.js';

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
  /** Grants rights until the page closes. */
  readonly allowOnce: (id: string, keys: readonly string[]) => void;
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
      startReader: () => host.startReader(),
      sha256: options.sha256 ?? null,
    });
    enter('checking');
    const { id, version } = await examine(pack, { host, limits, maxPagesOnRequest, signal, id: target?.id ?? null });
    if (target !== null && target.id !== id) throw idMismatch(target.id, id);
    if (isBlocked(version, await store.blocked())) throw blockedError(version);
    if (version.signature !== null) await checkSignature(id, version);
    const old = target ?? (await store.find(id));
    if (old?.current.sha256 === version.sha256) return old;
    enter('asking');
    const points = context.pointsOf(version.functions);
    const answer = await ask(
      consentRequest({ id, old, next: version, points, signal }),
      target !== null,
      context.consent,
    );
    enter('saving');
    const record = await save({ id, old, version, pack, answer, signal }, store);
    context.allowOnce(id, keysWith(answer, 'once'));
    return record;
  } catch (error) {
    // Deletes files that were written for the failed installation.
    await store.sweep().catch(() => {});
    throw signal.aborted && !isPluginError(error) ? abortedError('installing', signal) : error;
  }
}

async function checkSignature(id: string, next: VersionRecord): Promise<void> {
  if (next.signature === null) return;
  const moduleHashes = next.modules.map(({ sha256 }) => sha256);
  const statement = await pluginStatement({ id, version: next.version, manifest: next.manifest, moduleHashes });
  await verifySignature(next.signature, statement, next.source);
}

/** Asks for consent, except for an update without new rights by the same publisher. */
async function ask(
  request: ConsentRequest,
  isUpdate: boolean,
  consent: Consent,
): Promise<ConsentAnswer & { allowed: true }> {
  const isNewPublisher = request.publisher === 'changed' || request.publisher === 'dropped';
  if (isUpdate && request.rights.length === 0 && !isNewPublisher) return { allowed: true, rights: {} };
  const answer = await answered(request, consent);
  if (answer.allowed) return answer;
  const { name, signal } = request;
  if (signal.aborted) throw abortedError(`installing ${name}`, signal);
  if (isNewPublisher) {
    throw new PluginError('publisher-changed', {
      message: `${name} was not updated: its new version is ${request.publisher === 'changed' ? 'signed by another publisher' : 'not signed, but the installed one is'}`,
      where: request.id,
      fix: 'Ask the publisher to confirm the new version.',
    });
  }
  throw new PluginError('consent-denied', {
    message: `${name} was not installed: the user did not allow it`,
    where: request.id,
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

interface Saving {
  readonly id: string;
  readonly old: PluginRecord | null;
  readonly version: VersionRecord;
  readonly pack: Package;
  readonly answer: ConsentAnswer & { allowed: true };
  readonly signal: AbortSignal;
}

async function save({ id, old, version, pack, answer, signal }: Saving, store: Store): Promise<PluginRecord> {
  const files: FileEntry[] = pack.modules.map(({ sha256, bytes }) => [sha256, bytes]);
  if (pack.icon !== null) files.push([pack.icon.sha256, pack.icon.bytes]);
  const last = (await store.list()).at(-1)?.order ?? 0;
  const record = await store.commit(id, files, (now) => {
    if (signal.aborted) throw abortedError(`installing ${version.name}`, signal);
    // Another tab installed the same version meanwhile.
    if (now?.current.sha256 === version.sha256) return null;
    if (old !== null && now === null) throw removedMeanwhile(version.name, id);
    // The user's answer was about another publisher than the one trusted now.
    if (publisherState(now, version) !== publisherState(old, version)) throw changedMeanwhile(version.name, id);
    return nextRecord({ id, now, version, answer, order: last + 1 });
  });
  return record ?? store.get(id);
}

interface Next {
  readonly id: string;
  readonly now: PluginRecord | null;
  readonly version: VersionRecord;
  readonly answer: ConsentAnswer & { allowed: true };
  readonly order: number;
}

function nextRecord({ id, now, version, answer, order }: Next): PluginRecord {
  const asked = new Set(version.rights.map(rightKey));
  const decided = (decision: KeptDecision): [string, KeptDecision][] =>
    keysWith(answer, decision).map((key) => [key, decision]);
  const grants = new Map([...(now?.grants ?? []), ...decided('always'), ...decided('deny')]);
  // Grants of the previous version are kept for a rollback; all others that are not asked for are removed.
  const before = new Set(now?.current.rights.map(rightKey));
  for (const key of grants.keys()) if (!asked.has(key) && !before.has(key)) grants.delete(key);
  return {
    schema: recordSchema,
    id,
    installation: now?.installation ?? crypto.randomUUID(),
    revision: now?.revision ?? 0,
    current: version,
    previous: now?.current ?? null,
    isEnabled: now?.isEnabled ?? true,
    disabledReason: now?.disabledReason ?? null,
    isQuarantined: now?.isQuarantined ?? false,
    order: now?.order ?? order,
    grants,
    settings: now?.settings ?? new Map(),
    publisher: version.signature?.publicKey ?? null,
  };
}

function keysWith(answer: ConsentAnswer & { allowed: true }, decision: 'always' | 'once' | 'deny'): string[] {
  return Object.entries(answer.rights).flatMap(([key, given]) => (given === decision ? [key] : []));
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
