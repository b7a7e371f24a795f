// `npm run build`: dist/ (library, worker, types, manifest schema) and build/demo (the playground).
// With `specs`, also build/specs: the specs' page. Steps whose sources did not change are skipped.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { ensureDependencies } from './dependencies.mjs';
import { entries, entriesOf, typedEntries } from './entries.mjs';
import { root, say, script, tool } from './processes.mjs';
import { bundleLazyChunks, duplicatedIdentities, filesOfPages, lazyChunksOf, readGraph } from './lazy-chunks.mjs';
import { checkTypes } from './published-types.mjs';
import { onlyWhenChanged } from './stamps.mjs';

const configuration = ['vite.config.ts', 'package.json', 'package-lock.json', 'e2e/setup'];

/** @param {string} mode */
function vite(mode) {
  // writeSchema's Vite sets NODE_ENV of this process to development, and builds would inherit it.
  const environment = { NODE_ENV: 'production' };
  return tool('vite', ['build', '--mode', mode, '--logLevel', 'warn'], { quiet: true, environment });
}

/** Builds the kernel, the JavaScript engine and the example plug-ins; the scripts skip what is up to date. */
export async function buildPlugins() {
  say('Building the kernel, the JavaScript engine and the example plug-ins...');
  const kernel = await script('e2e/setup/build-kernel.mjs', [], { quiet: true });
  const engine = await script('e2e/setup/build-javascript.mjs', [], { quiet: true });
  const plugins = await script('e2e/setup/build-plugins.mjs', [], { quiet: true });
  return kernel && engine && plugins;
}

/**
 * Returns why a worker's script is not one self-contained file, valid as a module and as a classic script; undefined when it is.
 * @param {string} file
 */
function workerFault(file) {
  const code = readFileSync(join(root, 'dist', file), 'utf8');
  if (/\bimport\.meta\b/u.test(code)) return 'it uses import.meta';
  if (/\bimport\s*\((?:\s|\/\*.*?\*\/)*["'`]/u.test(code)) return 'it imports another file by a fixed name';
  try {
    // Parsing it as a classic script refuses import, export and top-level await.
    void new Script(code);
    return undefined;
  } catch (error) {
    return `it is no classic script: ${String(error)}`;
  }
}

/**
 * Reports lazy chunks of the page that import another lazy chunk at once, which could never be loaded again, and modules that a page must
 * not have twice. Returns whether there are none.
 * @param {readonly string[]} pageFiles
 */
function chunkFaults(pageFiles) {
  const folder = join(root, 'dist');
  const graph = readGraph(folder);
  const faults = Array.from(lazyChunksOf(pageFiles, graph)).flatMap(([chunk, loaded]) =>
    (graph.get(chunk)?.statics ?? [])
      .filter((file) => !loaded.includes(file))
      .map((file) => `dist/${chunk} imports dist/${file} at once, which its page may not have loaded.`),
  );
  for (const [source, files] of duplicatedIdentities(folder, filesOfPages(pageFiles, graph))) {
    faults.push(`${relative(root, source)} is in ${files.join(' and ')}: add it to the chunk that every page loads.`);
  }
  for (const fault of faults) say(`  ${fault}`);
  return faults.length === 0;
}

async function writeSchema() {
  const { runnerImport } = await import('vite');
  /** @type {{ module: { buildManifestSchema: () => unknown } }} */
  for (const { source, file } of entriesOf('schema')) {
    /** @type {{ module: { buildManifestSchema: () => unknown } }} */
    const { module } = await runnerImport(join(root, source), { configFile: false });
    writeFileSync(join(root, 'dist', file), `${JSON.stringify(module.buildManifestSchema(), null, 2)}\n`);
  }
}

async function writeTypes() {
  const emit = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', 'dist/types'];
  const typed = typedEntries();
  const projects = new Set(typed.flatMap(({ typesProject }) => typesProject ?? []));
  let emitted = true;
  for (const project of projects) emitted = (await tool('tsc', ['-p', project, ...emit], { quiet: true })) && emitted;
  // A worker's script exports nothing.
  for (const { types } of entriesOf('worker-script'))
    writeFileSync(join(root, 'dist/types', types ?? ''), 'export {};\n');
  const faults = typed.flatMap(({ types }) => checkTypes(join(root, 'dist/types', types ?? '')));
  for (const fault of faults) say(`  Published types: ${fault}`);
  return emitted && faults.length === 0;
}

async function buildLibrary() {
  say('Building the library...');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const pageFiles = entriesOf('page').map(({ file }) => file);
  const builtAlone = entriesOf('worker-script', 'lazy-chunk', 'service-worker', 'node').map(({ name }) => name);
  for (const mode of ['library', ...builtAlone]) {
    if (!(await vite(mode))) return false;
    if (mode === 'library') await bundleLazyChunks(join(root, 'dist'), pageFiles);
  }
  for (const { source, file } of entriesOf('binary')) copyFileSync(join(root, source), join(root, 'dist', file));
  let selfContained = chunkFaults(pageFiles);
  for (const { file } of entriesOf('worker-script')) {
    const fault = workerFault(file);
    if (fault === undefined) continue;
    say(`  dist/${file} must be one self-contained file, but ${fault}.`);
    selfContained = false;
  }
  const typesWritten = await writeTypes();
  await writeSchema();
  return selfContained && typesWritten;
}

/**
 * Builds the library and the given pages, as far as they are out of date.
 * @param {readonly ('demo' | 'specs')[]} pages
 * @returns {Promise<boolean>} Whether every step succeeded.
 */
export async function build(pages = ['demo']) {
  const pluginsBuilt = await buildPlugins();
  const librarySources = ['src', 'tsconfig.json', ...configuration];
  const outputs = ['dist/types/index.d.ts', ...entries.map(({ file }) => `dist/${file}`)];
  const library = await onlyWhenChanged({ name: 'library', inputs: librarySources, outputs }, buildLibrary);
  if (library === 'skipped') say('The library is up to date.');
  let pagesBuilt = true;
  for (const page of pages) {
    const folder = page === 'demo' ? 'demo' : 'e2e/specs';
    const inputs = [folder, 'public', ...librarySources];
    const step = { name: page, inputs, outputs: [`build/${page}/index.html`] };
    const built = await onlyWhenChanged(step, () => {
      say(page === 'demo' ? 'Building the playground...' : "Building the specs' page...");
      return vite(page);
    });
    if (built === 'failed') pagesBuilt = false;
  }
  return pluginsBuilt && library !== 'failed' && pagesBuilt;
}

async function main() {
  await ensureDependencies();
  const ok = await build(process.argv.includes('specs') ? ['demo', 'specs'] : ['demo']);
  say(ok ? 'Built: dist/ (the library) and build/demo (the playground).' : 'The build failed: see the messages above.');
  process.exitCode = ok ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
