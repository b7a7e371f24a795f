import { pageBytes } from '../contract/units.js';
import type { Pages } from '../contract/units.js';
import { maxConfigChars, maxConfigKeys, maxHosts, maxModules, maxPathChars, maxPaths } from './caps.js';
import { quote } from './issues.js';
import type { Place } from './issues.js';
import { noSettings } from './limits.js';
import { moduleShape } from './module-shape.js';
import type { ModuleDraft } from './module-shape.js';
import type {
  AllowedPath,
  ManifestSettings,
  ParsedManifest,
  ParsedMemory,
  ParsedModule,
  SettingOverrides,
} from './parsed.js';
import { hostPattern, plugin } from './plugin-shape.js';
import { integer, list, map, ownEntries, record, refine, shortText, snakeCase } from './shape.js';
import type { Shape } from './shape.js';

/** The pages of a whole 32-bit memory. */
const maxPages = 2 ** 32 / pageBytes;

const size = integer(0, Number.MAX_SAFE_INTEGER);

export const memoryShape: Shape<ParsedMemory> = record(
  { maxPages: integer(0, maxPages), maxHttpResponseBytes: size, maxVarBytes: size },
  ({ parts }) =>
    Object.freeze({
      maxPages: (parts.maxPages ?? null) as Pages | null, // the field counts pages
      maxHttpResponseBytes: parts.maxHttpResponseBytes ?? null,
      maxVarBytes: parts.maxVarBytes ?? null,
    }),
);

const allowedPaths: Shape<readonly AllowedPath[]> = refine(
  map(shortText(maxPathChars), undefined, maxPaths),
  (paths, place) => {
    const read: AllowedPath[] = [];
    for (const [key, guestPath] of paths) {
      const isReadOnly = key.startsWith('ro:');
      const hostPath = isReadOnly ? key.slice('ro:'.length) : key;
      if (hostPath === '' || guestPath === '') place.inside(key).fault('a path must not be empty');
      read.push(Object.freeze({ hostPath, guestPath, isReadOnly }));
    }
    return Object.freeze(read);
  },
);

/** The fields that an app's options may set too. */
const settingFields = {
  memory: memoryShape,
  config: map(shortText(maxConfigChars), undefined, maxConfigKeys),
  allowedHosts: list(hostPattern, 0, maxHosts),
  allowedPaths,
  timeoutMs: size,
} as const;

export const manifestShape: Shape<ParsedManifest> = record(
  { wasm: list(moduleShape, 1, maxModules), ...settingFields, plugin },
  ({ parts, given, extensions }, place) => {
    if (!given.has('wasm')) place.inside('wasm').fault('missing: a manifest lists at least one module');
    const modules = nameModules(parts.wasm ?? []);
    const main = modules.find(({ name }) => name === 'main');
    // Without a main module, a fault was reported above.
    if (main === undefined) return undefined;
    const requested = Object.freeze({ hosts: parts.allowedHosts ?? null, paths: parts.allowedPaths ?? null });
    return Object.freeze({ modules, main, ...settings(parts), plugin: parts.plugin ?? null, requested, extensions });
  },
);

const settingsOnly: Shape<SettingOverrides> = record(settingFields, ({ parts, nulls }) => ({
  config: parts.config ?? null,
  // Null denies, as in a manifest. Only a missing field keeps the manifest's list.
  allowedHosts: parts.allowedHosts ?? (nulls.has('allowedHosts') ? [] : null),
  allowedPaths: parts.allowedPaths ?? (nulls.has('allowedPaths') ? [] : null),
  memory: parts.memory ?? null,
  timeoutMs: parts.timeoutMs ?? null,
}));

const settingKeys: ReadonlySet<string> = new Set(
  Object.keys(settingFields).flatMap((field) => [field, snakeCase(field)]),
);

/** Reads the manifest's settings from an app's options. Other fields are ignored, except inside `memory`. */
export const overridesShape: Shape<SettingOverrides> = {
  form: settingsOnly.form,
  read(value, place) {
    const entries = ownEntries(value, place)?.filter(([key]) => settingKeys.has(key));
    return entries && settingsOnly.read(Object.fromEntries(entries), place);
  },
};

function settings(parts: {
  readonly [Key in keyof ManifestSettings]: ManifestSettings[Key] | undefined;
}): ManifestSettings {
  return {
    config: parts.config ?? noSettings.config,
    allowedHosts: parts.allowedHosts ?? noSettings.allowedHosts,
    allowedPaths: parts.allowedPaths ?? noSettings.allowedPaths,
    memory: parts.memory ?? noSettings.memory,
    timeoutMs: parts.timeoutMs ?? null,
  };
}

/** Names the main module: the one called `main`, else the last. A single module is always `main`. */
function nameModules(drafts: readonly ModuleDraft[]): readonly ParsedModule[] {
  const taken = new Map<string, Place>();
  for (const { name, namePlace } of drafts) {
    if (name === undefined) continue;
    const other = taken.get(name);
    if (other !== undefined) namePlace.fault(`${quote(name)} is the name of another module too: ${other.path}`);
    else taken.set(name, namePlace);
  }
  const modules: ParsedModule[] = [];
  const last = taken.has('main') && drafts.length > 1 ? -1 : drafts.length - 1;
  drafts.forEach(({ module }, index) => {
    if (module !== undefined) modules.push(Object.freeze(index === last ? { ...module, name: 'main' } : module));
  });
  return Object.freeze(modules);
}
