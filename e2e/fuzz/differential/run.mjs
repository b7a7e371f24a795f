// Compares every module of the tests, examples, benchmarks and hostile plug-ins with its metered versions.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { corpus, makeAssembler } from '../../security/hostile/corpus.mjs';
import { featureModules } from './features.mjs';
import { serve, testRoots } from '../../server/serve.mjs';

/** The URL prefix of the page's scripts. */
export const differentialRoot = { '/differential/page/': fileURLToPath(new URL('page/', import.meta.url)) };

/**
 * Hostile plug-ins whose code is that of others in larger numbers, and whose modules take seconds to compile, metered and not. Only a run in
 * full (`npm run soak -- differential`) compares them.
 */
const large =
  /^(?:body-of-7-mb|calls-of-many|cost-below|custom-of-20|data-many-overlapping|exception-hoard|functions-100000|locals-50000|nesting-|stack-of-values|types-100000)/u;
const inFull = process.env['TENON_EVERYTHING'] !== undefined;

/** @param {import('../../security/hostile/corpus.mjs').HostileCase} hostile */
function isCompared({ name, onlyInFull }) {
  // Without the generated pairs, the only cases that say whether they run only in full.
  return onlyInFull === undefined && (inFull || !large.test(name));
}

/** Folders that contain modules. */
const folders = /** @type {const} */ (['/fixtures/', '/wasi/', '/plugins/', '/kernels/']);

/**
 * @typedef {object} DifferentialTally
 * @property {number} modules
 * @property {number} compared
 * @property {string[]} features The features of WebAssembly whose module was compared.
 * @property {string[]} faults
 */

/** Serves the page; the hostile modules are added to it one case at a time. */
export async function serveDifferential() {
  const site = await serve({ roots: { ...testRoots, ...differentialRoot } });
  /** @type {ReadonlyMap<string, Uint8Array<ArrayBuffer>>} */
  let files = new Map();
  site.route(/^\/hostile\/(?<file>[^/]+)\.wasm$/u, (_request, response, { match }) => {
    const bytes = files.get(decodeURIComponent(match.groups?.['file'] ?? ''));
    if (bytes === undefined) return site.sendText(response, 404, 'No such module');
    response.writeHead(200, { 'content-type': 'application/wasm', 'content-length': bytes.length });
    response.end(bytes);
  });
  const assemble = await makeAssembler();
  const features = featureModules();
  site.route(/^\/features\/(?<name>[^/]+)\.wasm$/u, (_request, response, { match }) => {
    response.writeHead(200, { 'content-type': 'application/wasm' });
    response.end(features.get(match.groups?.['name'] ?? ''));
  });
  /** Yields names and URLs one at a time, because the hostile modules are some 100 MB together. */
  function* modules() {
    for (const name of features.keys()) yield { name, path: `/features/${name}.wasm`, feature: true };
    for (const folder of folders) {
      for (const file of readdirSync(testRoots[folder])) {
        if (file.endsWith('.wasm')) yield { name: file, path: `${folder}${file}` };
      }
    }
    for (const hostile of corpus.filter(isCompared)) {
      ({ files } = assemble(hostile));
      for (const file of files.keys()) {
        yield { name: `${hostile.name} ${file}`, path: `/hostile/${encodeURIComponent(file)}.wasm` };
      }
    }
  }
  return { site, modules, features: Array.from(features.keys()) };
}

/**
 * @param {import('playwright').Page} page At `/differential/page/`.
 * @param {Iterable<{ name: string, path: string, feature?: boolean }>} modules
 * @returns {Promise<DifferentialTally>}
 */
export async function compareAll(page, modules) {
  await page.waitForFunction(() => 'compareWithMetered' in globalThis);
  /** @type {DifferentialTally} */
  const tally = { modules: 0, compared: 0, features: [], faults: [] };
  for (const { name, path, feature = false } of modules) {
    const { compared, faults } = await page.evaluate(
      ([path, allowGc]) => window.compareWithMetered(path, allowGc),
      /** @type {const} */ ([path, feature]),
    );
    tally.modules += 1;
    if (compared) tally.compared += 1;
    if (compared && feature) tally.features.push(name);
    tally.faults.push(...faults.map((fault) => `${name}: ${fault}`));
  }
  return tally;
}
