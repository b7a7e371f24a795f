import type { CapabilityGroup } from '../../wasm/inspect.js';
import type { PluginRecord, RequestedRight, VersionRecord } from '../storage/record.js';
import { decisionOf, describeRight, newRights, type RightDecision, rightKey } from './rights.js';

/** A right that the user is asked for. */
export interface ConsentRight extends RequestedRight {
  /** The key of the right in an answer. */
  readonly key: string;
  /** What the plug-in can do with the right, as an English sentence. */
  readonly sentence: string;
}

/** How a version's signature relates to the pinned key. `changed` (another key) and `dropped` (no signature) may be an attack. */
export type PublisherState = 'unsigned' | 'new' | 'same' | 'changed' | 'dropped';

/** What the user decides about. Names and reasons are the author's: show them as text, never as markup. */
export interface ConsentRequest {
  /** `run`: a running plug-in needed a right that is not decided yet. */
  readonly kind: 'install' | 'update' | 'run';
  readonly id: string;
  readonly name: string;
  readonly version: string | null;
  /** The installed version. */
  readonly installedVersion: string | null;
  readonly author: string | null;
  readonly homepage: string | null;
  readonly description: string | null;
  readonly source: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The host that the running plug-in tried to reach. Null for an installation or an update. */
  readonly wanted: string | null;
  /** The rights that are not decided yet; for an update, the new ones. */
  readonly rights: readonly ConsentRight[];
  /** Rights of the installed version that the new one does not ask for. */
  readonly droppedRights: readonly ConsentRight[];
  /** What the imports of its modules allow it to do. */
  readonly capabilities: readonly CapabilityGroup[];
  readonly publisher: PublisherState;
  /** The raw Ed25519 key of the signature in base64; null if unsigned. */
  readonly publisherKey: string | null;
  /** Names of the extension points that it runs at. */
  readonly points: readonly string[];
  readonly signal: AbortSignal;
}

/** The decisions, by the keys of the rights. A right without a decision is not granted. */
export type ConsentAnswer =
  | { readonly allowed: false }
  | { readonly allowed: true; readonly rights: Readonly<Record<string, Exclude<RightDecision, 'ask'>>> };

/** Asks the user. If it throws or rejects, nothing is granted: an installation or update fails, and a running plug-in stays without the right. */
export type Consent = (request: ConsentRequest) => Promise<ConsentAnswer> | ConsentAnswer;

export interface Asking {
  readonly id: string;
  readonly old: PluginRecord | null;
  readonly next: VersionRecord;
  readonly points: readonly string[];
  readonly signal: AbortSignal;
}

export function publisherState(old: PluginRecord | null, next: VersionRecord): PublisherState {
  const pinned = old?.publisher ?? null;
  const key = next.signature?.publicKey ?? null;
  if (pinned === null) return key === null ? 'unsigned' : 'new';
  if (key === null) return 'dropped';
  return key === pinned ? 'same' : 'changed';
}

export function consentRequest({ id, old, next, points, signal }: Asking): ConsentRequest {
  const undecided = (right: RequestedRight): boolean =>
    old === null || decisionOf({ record: old, once: new Set() }, rightKey(right)) === 'ask';
  return {
    ...aboutVersion(next),
    kind: old === null ? 'install' : 'update',
    id,
    installedVersion: old?.current.version ?? null,
    wanted: null,
    rights: newRights(old?.current ?? null, next)
      .filter(undecided)
      .map(described),
    droppedRights: old === null ? [] : newRights(next, old.current).map(described),
    publisher: publisherState(old, next),
    points,
    signal,
  };
}

export interface AskingAtRunTime {
  readonly record: PluginRecord;
  readonly right: RequestedRight;
  readonly host: string;
  readonly points: readonly string[];
  readonly signal: AbortSignal;
}

export function runTimeRequest({ record, right, host, points, signal }: AskingAtRunTime): ConsentRequest {
  const { id, current } = record;
  return {
    ...aboutVersion(current),
    kind: 'run',
    id,
    installedVersion: current.version,
    wanted: host,
    rights: [described(right)],
    droppedRights: [],
    publisher: publisherState(record, current),
    points,
    signal,
  };
}

function described(right: RequestedRight): ConsentRight {
  return { ...right, key: rightKey(right), sentence: describeRight(right) };
}

function aboutVersion(about: VersionRecord) {
  const { name, version, author, homepage, description, source, sizeBytes, sha256, capabilities, signature } = about;
  const publisherKey = signature?.publicKey ?? null;
  return { name, version, author, homepage, description, source, sizeBytes, sha256, capabilities, publisherKey };
}
