import { groupImports } from '../../wasm/inspect.js';
import { customSection, ModuleIndex } from '../../wasm/module-index.js';
import { PluginError } from '../../contract/errors.js';
import type { Host } from '../../page/host/host.js';
import type { PluginOptions } from '../../page/base/options.js';
import { noSettings, smallerLimit } from '../../manifest/limits.js';
import type { Package } from './read-package.js';
import type { VersionRecord } from '../storage/record.js';
import { requestedRights } from '../permissions/rights.js';
import { readSettings } from '../settings.js';
import { statementHash } from './statement.js';

export interface Examined {
  readonly id: string;
  readonly version: VersionRecord;
}

export interface ExamineOptions {
  readonly host: Host;
  readonly limits: PluginOptions;
  readonly signal: AbortSignal | null;
  /** The id for a plug-in without one: that of the plug-in to update, or null. */
  readonly id: string | null;
}

/**
 * Compiles every module behind the gate, without running any, and returns the version's record.
 * @throws PluginError `invalid-manifest`, and as `Host.compile`
 */
export async function examine(pack: Package, { host, limits, signal, id: knownId }: ExamineOptions): Promise<Examined> {
  const options = gateOptions(pack, limits);
  const modules: WebAssembly.Module[] = [];
  for (const { bytes } of pack.modules) {
    modules.push(await host.compile(bytes, { ...options, cache: 'off', ...(signal === null ? {} : { signal }) }));
  }
  const main = modules[pack.modules.indexOf(pack.main)];
  if (main === undefined) throw new PluginError('bug', { message: 'BUG: a plug-in without a main module' });
  const indexes = modules.map((module) => new ModuleIndex(module, null));
  const exported = [...(indexes[modules.indexOf(main)]?.exports.values() ?? [])];
  const plugin = pack.manifest?.plugin ?? null;
  const fileName = labelName(pack.label);
  const name = plugin?.name ?? sectionText(main, 'name') ?? fileName;
  const id = plugin?.id ?? knownId ?? slug(plugin?.name ?? fileName);
  const moduleHashes = pack.modules.map(({ sha256 }) => sha256);
  const statement = { id, version: plugin?.version ?? null, manifest: pack.manifestText, moduleHashes };
  const names = pack.modules.map((module) => module.name ?? '');
  return {
    id,
    version: {
      version: plugin?.version ?? null,
      name: name.slice(0, 100),
      description: plugin?.description ?? null,
      author: plugin?.author ?? null,
      homepage: plugin?.homepage ?? null,
      updateUrl: plugin?.updateUrl ?? null,
      manifest: pack.manifestText,
      modules: pack.modules.map(({ name, sha256, bytes }) => ({ name, sha256, sizeBytes: bytes.length })),
      readme: pack.readme,
      icon: pack.icon === null ? null : { sha256: pack.icon.sha256, type: pack.icon.type },
      signature: pack.signature,
      runs: runSettings(pack),
      rights: requestedRights(pack.manifest),
      settings: plugin?.settings ? readSettings(plugin.settings) : null,
      capabilities: groupImports(
        indexes.flatMap(({ imports }) => imports),
        names,
      ),
      functions: exported.flatMap(({ kind, name }) => (kind === 'function' ? [name] : [])),
      sizeBytes: pack.modules.reduce((sum, { bytes }) => sum + bytes.length, 0),
      sha256: await statementHash(statement),
      source: pack.label,
      installedAt: Date.now(),
    },
  };
}

/** Returns the manifest's settings in a form that can be stored. */
function runSettings({ manifest }: Package): VersionRecord['runs'] {
  const { config, allowedHosts, allowedPaths, memory, timeoutMs } = manifest ?? noSettings;
  return { config, allowedHosts, allowedPaths, memory, timeoutMs };
}

/** Returns the limits that the plug-in will run under, so that it is not compiled again. */
function gateOptions({ manifest }: Package, { memory = {}, allowGc, maxModuleBytes }: PluginOptions): PluginOptions {
  const maxPages = smallerLimit<number>(manifest?.memory.maxPages ?? null, memory.maxPages ?? null);
  return {
    memory: { ...memory, ...(maxPages === null ? {} : { maxPages }) },
    ...(allowGc === undefined ? {} : { allowGc }),
    ...(maxModuleBytes === undefined ? {} : { maxModuleBytes }),
  };
}

/** Returns the module name from the first subsection of its `name` section (https://webassembly.github.io/spec/core/appendix/custom.html). */
function sectionText(module: WebAssembly.Module, section: string): string | null {
  const content = customSection(module, section);
  if (content === undefined) return null;
  const bytes = new Uint8Array(content);
  // Subsection 0: its size, the length of the name, the name. Names over 127 bytes are not shown.
  const length = bytes[2] ?? 0;
  if (bytes[0] !== 0 || length === 0 || length > 127 || bytes[1] !== length + 1) return null;
  const name = new TextDecoder()
    .decode(bytes.subarray(3, 3 + length))
    .replace(/\.wasm$/, '')
    .trim();
  return /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u.test(name) && !isGenerated(name) ? name : null;
}

/** Returns whether a name is a compiler's default. */
function isGenerated(name: string): boolean {
  return /^(main|module|a\.out|plugin|index|lib|debug|release)$/i.test(name) || name.includes('/');
}

function labelName(label: string): string {
  const path = label.replace(/[?#].*$/, '').replace(/\/$/, '');
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.(wasm|zip|json)$/i, '') || 'plugin';
}

/** Returns an id for a name; the same file always gets the same id. */
function slug(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^\p{L}\p{N}._-]+/gu, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 100) || 'plugin'
  );
}
