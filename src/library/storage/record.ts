import type { CapabilityGroup } from '../../wasm/inspect.js';
import { PluginError } from '../../contract/errors.js';
import type { Sha256Hex } from '../../contract/units.js';
import type { ManifestSettings } from '../../manifest/parsed.js';
import type { SettingsSchema, SettingValue } from '../settings.js';

/** What kind of right a plug-in may ask for. */
export type RightKind = 'host' | 'path' | 'capability';

/** One right, as the manifest asks for it. */
export interface RequestedRight {
  readonly kind: RightKind;
  /** A host pattern, a path inside the plug-in, or the name of something the app offers. */
  readonly value: string;
  /** The author's words; null where there are none. */
  readonly reason: string | null;
}

/** What the user decided about one right. Where nothing is kept, the right is not given. */
export type KeptDecision = 'always' | 'deny';

export interface ModuleFile {
  readonly name: string | null;
  readonly sha256: Sha256Hex;
  readonly sizeBytes: number;
}

/** One version of a plug-in: everything about it but what the user decided. The bytes are kept by their hashes. */
export interface VersionRecord {
  readonly version: string | null;
  readonly name: string;
  readonly description: string | null;
  readonly author: string | null;
  readonly homepage: string | null;
  readonly updateUrl: string | null;
  /** The manifest's text, exactly; null for a bare module. */
  readonly manifest: string | null;
  readonly modules: readonly ModuleFile[];
  readonly readme: string | null;
  readonly icon: { readonly sha256: Sha256Hex; readonly type: string } | null;
  readonly signature: SignatureRecord | null;
  readonly runs: ManifestSettings;
  readonly rights: readonly RequestedRight[];
  readonly settings: SettingsSchema | null;
  readonly capabilities: readonly CapabilityGroup[];
  /** Names of the functions it exports. */
  readonly functions: readonly string[];
  readonly sizeBytes: number;
  /** Sha256 of the statement about the version: its id, version, manifest and modules. */
  readonly sha256: Sha256Hex;
  /** A URL or a file's name. */
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly installedAt: number;
}

export interface SignatureRecord {
  /** Base64 of the raw Ed25519 key. */
  readonly publicKey: string;
  readonly signature: string;
}

/** One installed plug-in. */
export interface PluginRecord {
  readonly schema: typeof recordSchema;
  readonly id: string;
  /** Made anew by each first installation: what was kept for an earlier one is not this one's. */
  readonly installation: string;
  /** Counts up when its user removes files that it keeps: what runs with them starts anew. @default 0 */
  readonly filesEpoch?: number;
  /** Counts up with every change. */
  readonly revision: number;
  readonly current: VersionRecord;
  readonly previous: VersionRecord | null;
  readonly isEnabled: boolean;
  /** Why the library turned it off; null if it is on, or the user did. */
  readonly disabledReason: string | null;
  /** Place in the user's order. */
  readonly order: number;
  readonly grants: ReadonlyMap<string, KeptDecision>;
  readonly settings: ReadonlyMap<string, SettingValue>;
  /** The key whose signature the user trusts for this plug-in: base64, raw Ed25519; null: none so far. */
  readonly publisher: string | null;
}

/** Counts up when what is kept changes its form; `migrate` reads every older one. */
export const recordSchema = 2;

/**
 * Reads what the database holds: a record of this or an older form.
 * @throws PluginError `record-corrupt`, `record-newer`
 */
export function readRecord(id: string, stored: unknown): PluginRecord {
  if (!isObject(stored)) throw corrupt(id, `expected a record, found ${typeof stored}`);
  const { schema } = stored;
  if (typeof schema === 'number' && schema > recordSchema) {
    throw new PluginError('record-newer', {
      message: `${id} was kept by a newer version of this app`,
      where: id,
      expected: `a record of form ${recordSchema} or older`,
      actual: `form ${schema}`,
      fix: 'Reload the page to get the newer version.',
    });
  }
  const record = schema === 1 ? fromFirstForm(stored) : stored;
  const fault = faultOf(id, record);
  if (fault !== null) throw corrupt(id, fault);
  return record as unknown as PluginRecord; // faultOf looked at every field that is used without care
}

/** Form 1 kept grants as pairs, and knew no publisher. */
function fromFirstForm(stored: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { grants } = stored;
  const pairs = Array.isArray(grants) ? grants.filter((pair) => Array.isArray(pair) && pair.length === 2) : [];
  return { ...stored, schema: recordSchema, grants: new Map(pairs as [string, KeptDecision][]), publisher: null };
}

function faultOf(id: string, record: Readonly<Record<string, unknown>>): string | null {
  if (record['schema'] !== recordSchema) return 'its form is unknown';
  if (record['id'] !== id) return 'it has another id';
  if (typeof record['installation'] !== 'string' || typeof record['revision'] !== 'number') return 'fields are missing';
  if (typeof record['isEnabled'] !== 'boolean' || typeof record['order'] !== 'number') return 'fields are missing';
  if (!(record['grants'] instanceof Map) || !(record['settings'] instanceof Map))
    return 'grants or settings are missing';
  if (!isVersion(record['current'])) return 'its version is damaged';
  return record['previous'] === null || isVersion(record['previous']) ? null : 'its previous version is damaged';
}

function isVersion(value: unknown): boolean {
  if (!isObject(value) || typeof value['name'] !== 'string' || !isHash(value['sha256'])) return false;
  const { modules, rights, functions, capabilities, runs } = value;
  if (!isObject(runs) || !Array.isArray(runs['allowedPaths']) || !(runs['config'] instanceof Map)) return false;
  if (![rights, functions, capabilities].every((field) => Array.isArray(field))) return false;
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
    message: `What was kept of ${id} is damaged: ${what}`,
    where: id,
    fix: 'Remove the plug-in and install it again.',
    cause,
  });
}

/** Hashes of everything a record needs from the files. */
export function filesOf({ current, previous }: PluginRecord): Sha256Hex[] {
  return [current, previous].flatMap((version) => {
    if (version === null) return [];
    return [...version.modules.map(({ sha256 }) => sha256), ...(version.icon === null ? [] : [version.icon.sha256])];
  });
}
