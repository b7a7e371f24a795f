import type { CapabilityGroup } from '../../wasm/inspect.js';
import { PluginError } from '../../contract/errors.js';
import type { Sha256Hex } from '../../contract/units.js';
import type { ManifestSettings } from '../../manifest/parsed.js';
import type { SettingsSchema, SettingValue } from '../settings.js';

/** The kinds of rights that a plug-in may ask for. */
export type RightKind = 'host' | 'path' | 'capability' | 'memory';

/** A right as the manifest asks for it. */
export interface RequestedRight {
  readonly kind: RightKind;
  /** A host pattern, a path inside the plug-in, the name of a capability of the app, or a number of memory pages. */
  readonly value: string;
  /** The author's reason, or null. */
  readonly reason: string | null;
}

/** A stored decision about a right. A right without one is not granted. */
export type KeptDecision = 'always' | 'deny';

export interface ModuleFile {
  readonly name: string | null;
  readonly sha256: Sha256Hex;
  readonly sizeBytes: number;
}

/** A file that a plug-in in JavaScript was compiled from. */
export interface SourceFile {
  readonly path: string;
  readonly sha256: Sha256Hex;
}

/** One version of a plug-in, without the user's decisions. Its bytes are stored by their hashes. */
export interface VersionRecord {
  readonly version: string | null;
  readonly name: string;
  readonly description: string | null;
  readonly author: string | null;
  readonly homepage: string | null;
  readonly updateUrl: string | null;
  /** The unchanged text of the manifest; null for a bare module. */
  readonly manifest: string | null;
  /** In the manifest's order. Of a plug-in in JavaScript the engine is the first, and the main module is compiled. */
  readonly modules: readonly ModuleFile[];
  /** What a plug-in in JavaScript was compiled from, for its export. @default none */
  readonly sources?: readonly SourceFile[];
  readonly readme: string | null;
  /** `isChecked`: a PNG that this library encoded. Earlier versions stored the author's file, which is not shown. */
  readonly icon: { readonly sha256: Sha256Hex; readonly type: string; readonly isChecked?: boolean } | null;
  readonly signature: SignatureRecord | null;
  readonly runs: ManifestSettings;
  readonly rights: readonly RequestedRight[];
  readonly settings: SettingsSchema | null;
  readonly capabilities: readonly CapabilityGroup[];
  /** Names of the exported functions. */
  readonly functions: readonly string[];
  readonly sizeBytes: number;
  /** The sha256 of the statement about the version: its id, version, manifest and modules. */
  readonly sha256: Sha256Hex;
  /** A URL or a file's name. */
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly installedAt: number;
  /** How many pages crashed in a row while this version ran. @default 0 */
  readonly crashes?: number;
}

export interface SignatureRecord {
  /** Base64 of the raw Ed25519 key. */
  readonly publicKey: string;
  readonly signature: string;
}

/** An installed plug-in as it is stored. */
export interface PluginRecord {
  readonly schema: typeof recordSchema;
  /** Unique in the library: the declared id, with a number if another plug-in has it already. */
  readonly id: string;
  /** The id that its versions declare. It identifies the plug-in only together with `publisher` or `addresses`. */
  readonly declaredId: string;
  /** The URLs that it was installed and last updated from, without query. Empty for a file or bytes. */
  readonly addresses: readonly string[];
  /** The newest version of a signed plug-in that was installed; null for an unsigned one. */
  readonly versionFloor: string | null;
  /** A random id of each first installation, so that it does not get the data of an earlier one. */
  readonly installation: string;
  /** Increases when the user removes stored files, so that running instances are replaced. @default 0 */
  readonly filesEpoch?: number;
  /** Increases with every change. */
  readonly revision: number;
  readonly current: VersionRecord;
  readonly previous: VersionRecord | null;
  readonly isEnabled: boolean;
  /** Why the library disabled it; null if it is enabled, or its user disabled it. */
  readonly disabledReason: string | null;
  /** Whether it was disabled because it ran when a page crashed. @default false */
  readonly isQuarantined?: boolean;
  /** The position in the user's order. */
  readonly order: number;
  readonly grants: ReadonlyMap<string, KeptDecision>;
  readonly settings: ReadonlyMap<string, SettingValue>;
  /** The trusted publisher key of this plug-in, a raw Ed25519 key in base64; null for an unsigned one. */
  readonly publisher: string | null;
}

/** The version of the record's format. `readRecord` migrates every older one. */
export const recordSchema = 3;

/**
 * Reads a stored record of this format or an older one.
 * @throws PluginError `record-corrupt`, `record-newer`
 */
export function readRecord(id: string, stored: unknown): PluginRecord {
  if (!isObject(stored)) throw corrupt(id, `expected a record, found ${typeof stored}`);
  const { schema } = stored;
  if (typeof schema === 'number' && schema > recordSchema) {
    throw new PluginError('record-newer', {
      message: `${id} was stored by a newer version of this app`,
      where: id,
      expected: `a record of format ${recordSchema} or older`,
      actual: `format ${schema}`,
      fix: 'Reload the page to get the newer version.',
    });
  }
  const second = schema === 1 ? fromFormat1(stored) : stored;
  const record = second['schema'] === 2 ? fromFormat2(second) : second;
  const fault = faultOf(id, record);
  if (fault !== null) throw corrupt(id, fault);
  return record as unknown as PluginRecord; // faultOf checked every field that is used without a check
}

/** Format 1 stored grants as pairs, and had no publisher. */
function fromFormat1(stored: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { grants } = stored;
  const pairs = Array.isArray(grants) ? grants.filter((pair) => Array.isArray(pair) && pair.length === 2) : [];
  return { ...stored, schema: 2, grants: new Map(pairs as [string, KeptDecision][]), publisher: null };
}

/** In format 2 the id alone identified a plug-in. */
function fromFormat2(stored: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { id, current, publisher } = stored;
  const { source, version = null } = isObject(current) ? current : {};
  const address = typeof source === 'string' ? /^https?:[^?#]*/.exec(source)?.[0] : undefined;
  return {
    ...stored,
    schema: recordSchema,
    declaredId: id,
    addresses: address === undefined ? [] : [address],
    versionFloor: publisher === null ? null : version,
  };
}

function faultOf(id: string, record: Readonly<Record<string, unknown>>): string | null {
  if (record['schema'] !== recordSchema) return 'the format is unknown';
  if (record['id'] !== id) return 'the id differs';
  if (typeof record['declaredId'] !== 'string' || !Array.isArray(record['addresses'])) return 'fields are missing';
  if (typeof record['installation'] !== 'string' || typeof record['revision'] !== 'number') return 'fields are missing';
  if (typeof record['isEnabled'] !== 'boolean' || typeof record['order'] !== 'number') return 'fields are missing';
  if (!(record['grants'] instanceof Map) || !(record['settings'] instanceof Map))
    return 'grants or settings are missing';
  if (!isVersion(record['current'])) return 'the current version is damaged';
  return record['previous'] === null || isVersion(record['previous']) ? null : 'the previous version is damaged';
}

function isVersion(value: unknown): boolean {
  if (!isObject(value) || typeof value['name'] !== 'string' || !isHash(value['sha256'])) return false;
  const { modules, sources = [], rights, functions, capabilities, runs } = value;
  if (!isObject(runs) || !Array.isArray(runs['allowedPaths']) || !(runs['config'] instanceof Map)) return false;
  if (![rights, functions, capabilities, sources].every((field) => Array.isArray(field))) return false;
  return Array.isArray(modules) && modules.length > 0 && modules.every((one) => isObject(one) && isHash(one['sha256']));
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export function corrupt(id: string, what: string, cause?: unknown): PluginError {
  return new PluginError('record-corrupt', {
    message: `The stored data of ${id} is damaged: ${what}`,
    where: id,
    fix: 'Remove the plug-in and install it again.',
    cause,
  });
}

/** Returns the icon of a version, or null if there is none that may be shown. */
export function shownIcon({ icon }: VersionRecord): VersionRecord['icon'] {
  return icon?.isChecked === true ? icon : null;
}

/** Returns the hashes of all files that a record needs. */
export function filesOf({ current, previous }: PluginRecord): Sha256Hex[] {
  return [current, previous].flatMap((version) => {
    if (version === null) return [];
    const { modules, sources = [] } = version;
    return [
      ...[...modules, ...sources].map(({ sha256 }) => sha256),
      ...(version.icon === null ? [] : [version.icon.sha256]),
    ];
  });
}

/** Returns the prefix of the names of an installation's stored directories. */
export function filesOwner(library: string, installation: string): string {
  return `library/${encodeURIComponent(library)}/${installation}`;
}
