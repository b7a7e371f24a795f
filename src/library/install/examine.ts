import { groupImports } from '../../wasm/inspect.js';
import { customSection, ModuleIndex } from '../../wasm/module-index.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { Host } from '../../page/host/host.js';
import type { PluginOptions } from '../../page/base/options.js';
import { maxNameChars } from '../../manifest/caps.js';
import { noSettings } from '../../manifest/limits.js';
import type { Package } from './read-package.js';
import type { VersionRecord } from '../storage/record.js';
import { labelName, slug } from './plugin-id.js';
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
  readonly maxPagesOnRequest: number;
  readonly signal: AbortSignal | null;
  /** The id for a plug-in without one: that of the plug-in to update, or null. */
  readonly id: string | null;
}

/**
 * Compiles every module behind the gate, without running any, and returns the version's record.
 * @throws PluginError `invalid-manifest`, and as `Host.compile`
 */
export async function examine(pack: Package, options: ExamineOptions): Promise<Examined> {
  const { id: knownId } = options;
  const { modules, pages } = await compileAll(pack, options);
  const main = modules[pack.modules.indexOf(pack.main)];
  if (main === undefined) throw new PluginError('bug', { message: 'BUG: a plug-in without a main module' });
  const indexes = modules.map((module) => new ModuleIndex(module, null));
  const exported = [...(indexes[modules.indexOf(main)]?.exports.values() ?? [])];
  const plugin = pack.manifest?.plugin ?? null;
  const fileName = labelName(pack.label);
  const name = plugin?.name ?? sectionText(main, 'name') ?? fileName;
  const id = plugin?.id ?? knownId ?? slug(plugin?.name ?? fileName);
  const { moduleHashes } = pack;
  const statement = { id, version: plugin?.version ?? null, manifest: pack.manifestText, moduleHashes };
  const names = pack.modules.map((module) => module.name ?? '');
  return {
    id,
    version: {
      version: plugin?.version ?? null,
      name: name.slice(0, maxNameChars),
      description: plugin?.description ?? null,
      author: plugin?.author ?? null,
      homepage: plugin?.homepage ?? null,
      updateUrl: plugin?.updateUrl ?? null,
      manifest: pack.manifestText,
      modules: pack.modules.map(({ name, sha256, bytes }) => ({ name, sha256, sizeBytes: bytes.length })),
      sources: pack.sources.map(({ path, sha256 }) => ({ path, sha256 })),
      readme: pack.readme,
      icon: pack.icon === null ? null : { sha256: pack.icon.sha256, type: 'image/png', isChecked: true },
      signature: pack.signature,
      runs: runSettings(pack),
      rights: requestedRights(pack.manifest, pages),
      settings: plugin?.settings ? readSettings(plugin.settings) : null,
      capabilities: groupImports(
        indexes.flatMap(({ imports }) => imports),
        names,
      ),
      functions: pack.functions ?? exported.flatMap(({ kind, name }) => (kind === 'function' ? [name] : [])),
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

interface Compiled {
  readonly modules: readonly WebAssembly.Module[];
  /** The pages to ask the user for; null if the library's default is enough. */
  readonly pages: number | null;
}

/**
 * Compiles every module under the most pages that its user could allow, and within the limits of a plug-in for all modules together.
 * @throws PluginError `memory-limit` if they need more than the app lets a user allow
 */
async function compileAll({ manifest, modules }: Package, options: ExamineOptions): Promise<Compiled> {
  const { host, limits, maxPagesOnRequest, signal } = options;
  const usual = limits.memory?.maxPages ?? maxPagesOnRequest;
  const most = Math.max(usual, maxPagesOnRequest);
  const declared = manifest?.memory.maxPages ?? null;
  if (declared !== null && declared > most) throw tooManyPages(declared, most);
  try {
    const { modules: compiled, initialPages } = await host.compileAll(
      modules.map(({ bytes }) => bytes),
      { ...gateOptions(limits, declared ?? most), cache: 'off', ...(signal === null ? {} : { signal }) },
    );
    const pages = declared ?? initialPages;
    return { modules: compiled, pages: pages > usual ? pages : null };
  } catch (error) {
    const needed = isPluginError(error, 'memory-limit') ? error.details['count'] : null;
    throw declared === null && typeof needed === 'number' ? tooManyPages(needed, most) : error;
  }
}

function tooManyPages(pages: number, maxPages: number): PluginError {
  return new PluginError('memory-limit', {
    message: `The plug-in asks for ${pages} pages of memory, and this app allows at most ${maxPages}`,
    where: 'memory',
    expected: `at most ${maxPages} pages of 64 KiB`,
    actual: `${pages} pages`,
    fix: 'Raise limits.memory.maxPagesOnRequest, or build the plug-in with a smaller memory.',
    details: { pages, maxPages },
  });
}

/** Returns the limits that decide whether the plug-in will load. */
function gateOptions(options: PluginOptions, maxPages: number): PluginOptions {
  const { memory = {}, allowGc, maxModuleBytes, maxCompileCost } = options;
  return {
    memory: { ...memory, maxPages },
    ...(allowGc === undefined ? {} : { allowGc }),
    ...(maxModuleBytes === undefined ? {} : { maxModuleBytes }),
    ...(maxCompileCost === undefined ? {} : { maxCompileCost }),
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
