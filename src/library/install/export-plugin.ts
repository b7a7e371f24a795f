import { packBundle } from './pack-bundle.js';
import type { Sha256Hex } from '../../contract/units.js';
import {
  type ModuleFile,
  type PluginRecord,
  shownIcon,
  type SourceFile,
  type VersionRecord,
} from '../storage/record.js';
import type { Store } from '../storage/store.js';

/**
 * Packs the installed version as a zip bundle: its manifest and files, without grants, settings and vars. This module is a
 * lazy chunk, loaded with the first export.
 */
export async function exportPlugin(record: PluginRecord, store: Store): Promise<File> {
  const { id, current } = record;
  const encoder = new TextEncoder();
  const files = new Map<string, Uint8Array>();
  for (const [path, { sha256 }] of filePaths(current)) files.set(path, await store.file(id, sha256));
  if (current.manifest !== null) files.set('manifest.json', encoder.encode(current.manifest));
  if (current.readme !== null) files.set('README.md', encoder.encode(current.readme));
  if (current.signature !== null) files.set('signature.json', encoder.encode(JSON.stringify(current.signature)));
  const icon = shownIcon(current);
  if (icon !== null) files.set('icon.png', await store.file(id, icon.sha256));
  const name = `${id.replace(/[^\w.-]+/g, '-')}${current.version === null ? '' : `-${current.version.replace(/[^\w.-]+/g, '-')}`}.zip`;
  return new File([packBundle(files)], name, { type: 'application/zip' });
}

/** Returns the path of each module in the bundle. A plug-in in JavaScript is exported as its source, which signatures cover. */
function filePaths({ manifest, modules, sources = [] }: VersionRecord): [path: string, file: { sha256: Sha256Hex }][] {
  const isSource = sources.length > 0;
  // The engine is no module of the manifest.
  const listed = isSource ? modules.slice(1) : modules;
  const kept = listed.flatMap((file, index): [string, ModuleFile][] => {
    if (isSource && file.name === 'main') return [];
    return [[moduleName(manifest, index) ?? `${file.name ?? index}.wasm`, file]];
  });
  return [...kept, ...sources.map((file): [string, SourceFile] => [file.path, file])];
}

/**
 * Returns a module's path in the bundle, or null if the manifest does not name one: modules at absolute addresses are fetched
 * again, and those inside the manifest are part of it. The manifest's text is exported unchanged, because signatures cover it.
 */
function moduleName(manifest: string | null, index: number): string | null {
  if (manifest === null) return 'plugin.wasm';
  const { wasm } = JSON.parse(manifest) as { readonly wasm: readonly { readonly url?: string }[] }; // parsed at installation
  const url = wasm[index]?.url;
  return url === undefined || /^[a-z][a-z+.-]*:|^\/|\.\./i.test(url) ? null : url.replace(/^(\.\/)+/, '');
}
