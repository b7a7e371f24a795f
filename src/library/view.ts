import { describeRight } from './permissions/describe-right.js';
import type { CapabilityGroup } from '../wasm/inspect.js';
import { isBlocked, isBlockedByCrashes } from './permissions/blocked.js';
import { type PluginRecord, type RequestedRight, shownIcon } from './storage/record.js';
import {
  decisionOf,
  type Given,
  isUsable,
  type RightDecision,
  rightKey,
  rightsOf,
  settingsOf,
  takesAnySettings,
} from './permissions/rights.js';
import type { Setting, SettingValue } from './settings.js';

/** A right of an installed plug-in. */
export interface InstalledRight extends RequestedRight {
  readonly key: string;
  readonly sentence: string;
  readonly decision: RightDecision;
  /** Whether its code has no imports to use the right, so that it is not granted. */
  readonly isUnused: boolean;
}

/** A setting with its value. The value of a secret is null; `isSet` says whether there is one. */
export interface InstalledSetting extends Setting {
  readonly value: SettingValue | null;
  readonly isSet: boolean;
}

/**
 * What follows from crashes of pages on which the plug-in ran. `disabled`: it does not run until it is enabled. `blocked`: two
 * pages in a row crashed, so this version does not run any more.
 */
export type QuarantineState = 'disabled' | 'blocked';

/** A snapshot of an installed plug-in. Names in it are the author's: show them as text, never as markup. */
export interface InstalledPlugin {
  readonly id: string;
  /** The id that its manifest declares. Other plug-ins may declare it too; `id` is unique. */
  readonly declaredId: string;
  readonly name: string;
  readonly version: string | null;
  readonly description: string | null;
  readonly author: string | null;
  readonly homepage: string | null;
  readonly readme: string | null;
  readonly hasIcon: boolean;
  readonly isEnabled: boolean;
  /** Why the library disabled it; null if it is enabled, or its user disabled it. */
  readonly disabledReason: string | null;
  /** Whether the block list names it, or crashes block it, so that it does not run. */
  readonly isBlocked: boolean;
  /** Null if no page crashed while it ran, or if it was enabled since. */
  readonly quarantine: QuarantineState | null;
  readonly rights: readonly InstalledRight[];
  readonly settings: readonly InstalledSetting[];
  /** Whether `configure` takes any keys: it has no manifest and reads its config. */
  readonly takesAnySettings: boolean;
  readonly capabilities: readonly CapabilityGroup[];
  /** Names of the exported functions. */
  readonly functions: readonly string[];
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly modules: readonly { readonly name: string | null; readonly sha256: string; readonly sizeBytes: number }[];
  readonly source: string;
  /** When this version was installed, in milliseconds since the epoch. */
  readonly installedAt: number;
  readonly hasUpdateUrl: boolean;
  /** The version that `rollback` returns to. */
  readonly previous: { readonly version: string | null; readonly sha256: string } | null;
  /** The trusted publisher key, a raw Ed25519 key in base64. */
  readonly publisherKey: string | null;
}

/** Returns the snapshot of a record. */
export function viewOf(given: Given, blocked: ReadonlySet<string>): InstalledPlugin {
  const { record } = given;
  const { current, previous } = record;
  const { name, version, description, author, homepage, readme, capabilities, functions } = current;
  return Object.freeze({
    id: record.id,
    declaredId: record.declaredId,
    name,
    version,
    description,
    author,
    homepage,
    readme,
    capabilities,
    functions,
    hasIcon: shownIcon(current) !== null,
    isEnabled: record.isEnabled,
    disabledReason: record.disabledReason,
    isBlocked: isBlocked(record.current, blocked),
    quarantine: quarantineOf(record),
    rights: rightsOf(given).map((right) => {
      const key = rightKey(right);
      const isUnused = !isUsable(current, right);
      return { ...right, key, sentence: describeRight(right), decision: decisionOf(given, key), isUnused };
    }),
    takesAnySettings: takesAnySettings(current),
    settings: settingsOf(record).map((setting) => {
      const value = record.settings.get(setting.key) ?? null;
      return { ...setting, value: setting.isSecret ? null : value, isSet: value !== null };
    }),
    sizeBytes: current.sizeBytes,
    sha256: current.sha256,
    modules: current.modules,
    source: current.source,
    installedAt: current.installedAt,
    hasUpdateUrl: current.updateUrl !== null,
    previous: previous === null ? null : { version: previous.version, sha256: previous.sha256 },
    publisherKey: record.publisher,
  });
}

function quarantineOf({ current, isQuarantined = false }: PluginRecord): QuarantineState | null {
  if (isBlockedByCrashes(current)) return 'blocked';
  return isQuarantined ? 'disabled' : null;
}
