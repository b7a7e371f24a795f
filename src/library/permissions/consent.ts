import type { CapabilityGroup } from '../../wasm/inspect.js';
import type { PluginRecord, RequestedRight, VersionRecord } from '../storage/record.js';
import { decisionOf, describeRight, newRights, type RightDecision, rightKey } from './rights.js';

/** One right the user is asked about. */
export interface ConsentRight extends RequestedRight {
  /** Names the right in an answer. */
  readonly key: string;
  /** What the plug-in can do with it, in one sentence. */
  readonly sentence: string;
}

/**
 * Who signed it, next to who signed before. `changed` and `dropped` are what an attacker would look like.
 */
export type PublisherState = 'unsigned' | 'new' | 'same' | 'changed' | 'dropped';

/** What the user is to decide. Names and reasons are the author's: show them as text. */
export interface ConsentRequest {
  /** `run`: it needed a right while it ran that nobody has decided about. */
  readonly kind: 'install' | 'update' | 'run';
  readonly id: string;
  readonly name: string;
  readonly version: string | null;
  /** The version that is installed now. */
  readonly installedVersion: string | null;
  readonly author: string | null;
  readonly homepage: string | null;
  readonly description: string | null;
  readonly source: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** What it asked for while it ran: the host's name. Null while installing. */
  readonly wanted: string | null;
  /** Only what is not decided yet: for an update, what is new. */
  readonly rights: readonly ConsentRight[];
  /** What it asked for before, and does not any more. */
  readonly droppedRights: readonly ConsentRight[];
  /** What the imports of its modules say it could do. */
  readonly capabilities: readonly CapabilityGroup[];
  readonly publisher: PublisherState;
  /** Base64 of the raw Ed25519 key that signed it; null where unsigned. */
  readonly publisherKey: string | null;
  /** Names of the app's extension points it would run at. */
  readonly points: readonly string[];
  readonly signal: AbortSignal;
}

/** By the rights' keys; what is not named is not given. */
export type ConsentAnswer =
  | { readonly allowed: false }
  | { readonly allowed: true; readonly rights: Readonly<Record<string, Exclude<RightDecision, 'ask'>>> };

/** Asks the user; rejecting is a no. */
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
