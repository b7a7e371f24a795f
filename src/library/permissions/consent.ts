import { describeRight } from './describe-right.js';
import type { CapabilityGroup } from '../../wasm/inspect.js';
import type { PluginRecord, RequestedRight, VersionRecord } from '../storage/record.js';
import { asksForHosts, decisionOf, isUsable, newRights, type RightDecision, rightKey } from './rights.js';

/** A right that the user is asked for. */
export interface ConsentRight extends RequestedRight {
  /** The key of the right in an answer. */
  readonly key: string;
  /** What the plug-in can do with the right, as an English sentence. */
  readonly sentence: string;
}

/** How a version's signature relates to the pinned key. `changed` (another key) and `dropped` (no signature) may be an attack. */
export type PublisherState = 'unsigned' | 'new' | 'same' | 'changed' | 'dropped';

/** A plug-in that an unsigned file of the same declared id could replace. Its author may be another one. */
export interface Replaceable {
  readonly id: string;
  readonly name: string;
  readonly version: string | null;
  /** The URL or the name of the file that it was installed from. */
  readonly from: string;
  /** Whether it is newer than the version in the file. */
  readonly isNewer: boolean;
}

/** What the user decides about. Names and reasons are the author's: show them as text, never as markup. */
export interface ConsentRequest {
  /** `run`: a running plug-in needed a right that is not decided yet. */
  readonly kind: 'install' | 'update' | 'run';
  readonly id: string;
  readonly name: string;
  readonly version: string | null;
  /** The name and the version of the installed version. */
  readonly installedName: string | null;
  readonly installedVersion: string | null;
  /** Whether the version is older than the installed one. It is refused without `downgrade` in the answer. */
  readonly isDowngrade: boolean;
  /** An installed plug-in with the same declared id, which stays unless the answer says `replace`. */
  readonly replaces: Replaceable | null;
  readonly author: string | null;
  readonly homepage: string | null;
  readonly description: string | null;
  readonly source: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The host that the running plug-in tried to reach. Null for another right, an installation or an update. */
  readonly wanted: string | null;
  /** The rights that are not decided yet; for an update, the new ones. */
  readonly rights: readonly ConsentRight[];
  /** Rights that the manifest asks for and the code cannot use. They are not granted. */
  readonly unusedRights: readonly ConsentRight[];
  /** Whether its user is asked for each host that it requests: it has no manifest that lists them. */
  readonly asksForHosts: boolean;
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

/** The decisions, by the keys of the rights. A right without a decision is not granted, and is asked for when it is needed. */
export type ConsentAnswer = { readonly allowed: false } | AllowingAnswer;

export interface AllowingAnswer {
  readonly allowed: true;
  readonly rights: Readonly<Record<string, Exclude<RightDecision, 'ask'>>>;
  /** Installs it in place of the plug-in in `replaces`, with that one's settings and vars. Secrets are removed. @default false */
  readonly replace?: boolean;
  /** Installs a version that is older than the installed one. @default false */
  readonly downgrade?: boolean;
}

/** Asks the user. If it throws or rejects, nothing is granted: an installation or update fails, and a running plug-in stays without the right. */
export type Consent = (request: ConsentRequest) => Promise<ConsentAnswer> | ConsentAnswer;

export interface Asking {
  readonly id: string;
  readonly old: PluginRecord | null;
  readonly replaceable: PluginRecord | null;
  readonly next: VersionRecord;
  readonly isDowngrade: (old: PluginRecord | null) => boolean;
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

export function consentRequest(asking: Asking): ConsentRequest {
  const { id, old, replaceable, next, isDowngrade, points, signal } = asking;
  const publisher = publisherState(old, next);
  // Another publisher gets no right of the previous one.
  const known = publisher === 'changed' ? null : old;
  const undecided = (right: RequestedRight): boolean =>
    known === null || decisionOf({ record: known, onPage: new Map() }, rightKey(right)) === 'ask';
  const wanted = newRights(known?.current ?? null, next).filter(undecided);
  const usable = (right: RequestedRight): boolean => isUsable(next, right);
  return {
    ...aboutVersion(next),
    kind: old === null ? 'install' : 'update',
    id,
    installedName: old?.current.name ?? null,
    installedVersion: old?.current.version ?? null,
    isDowngrade: isDowngrade(old),
    replaces: replaceable === null ? null : replaced(replaceable, isDowngrade(replaceable)),
    wanted: null,
    rights: wanted.filter(usable).map(described),
    unusedRights: wanted.filter((right) => !usable(right)).map(described),
    droppedRights:
      old === null
        ? []
        : newRights(next, old.current)
            .filter((right) => isUsable(old.current, right))
            .map(described),
    publisher,
    points,
    signal,
  };
}

function replaced({ id, current }: PluginRecord, isNewerThanNext: boolean): Replaceable {
  return { id, name: current.name, version: current.version, from: current.source, isNewer: isNewerThanNext };
}

export interface AskingAtRunTime {
  readonly record: PluginRecord;
  readonly right: RequestedRight;
  /** The requested host; null for another right. */
  readonly host: string | null;
  readonly points: readonly string[];
  readonly signal: AbortSignal;
}

export function runTimeRequest({ record, right, host, points, signal }: AskingAtRunTime): ConsentRequest {
  const { id, current } = record;
  return {
    ...aboutVersion(current),
    kind: 'run',
    id,
    installedName: current.name,
    installedVersion: current.version,
    isDowngrade: false,
    replaces: null,
    wanted: host,
    rights: [described(right)],
    unusedRights: [],
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
  const texts = { name, version, author, homepage, description, source };
  return { ...texts, sizeBytes, sha256, capabilities, publisherKey, asksForHosts: asksForHosts(about) };
}
