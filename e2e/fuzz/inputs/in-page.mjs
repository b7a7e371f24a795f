// Serves the page that fuzzes the built package, and runs it in an open browser.
import { fileURLToPath } from 'node:url';
import { forgetRendererPeak, rendererBytes, rendererPeakBytes } from '../../perf/bench/renderer-memory.mjs';
import { serve, testRoots } from '../../server/serve.mjs';
import { findingsOf, seeds } from './seeds.mjs';

/** What a page is given: modules, manifests and bundles. */
const targets = ['gate', 'manifest', 'package'];
const batch = 20;
/** The most memory that a batch may take beyond the memory at its start. */
const maxBytes = 256 << 20;

/** @param {string} path */
const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));
/** @param {readonly Uint8Array[]} inputs */
const encoded = (inputs) => inputs.map((input) => Buffer.from(input).toString('base64'));

export async function serveInputs() {
  // As the folders are on the disk, so that the page imports what lies beside it.
  const roots = {
    '/fuzz/inputs/': fromHere('./'),
    '/security/hostile/page/': fromHere('../../security/hostile/page/'),
  };
  const site = await serve({ roots: { ...roots, ...testRoots } });
  const all = targets.map((target) => {
    const { inputs = [], words = [] } = seeds[target] ?? {};
    return [target, { inputs: encoded([...inputs, ...findingsOf(target)]), words: encoded(words) }];
  });
  site.route(/^\/seeds\.json$/u, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(Object.fromEntries(all)));
  });
  return site;
}

/**
 * Runs `count` inputs. A page that dies rejects.
 * @param {import('playwright').Page} page At the served page.
 * @param {{ seed: number, count: number }} wanted
 */
export async function fuzzPage(page, { seed, count }) {
  await page.waitForFunction(() => 'fuzzInputs' in globalThis);
  /** @type {string[]} */
  const faults = [];
  let mostBytes = 0;
  for (let from = 0; from < count; from += batch) {
    forgetRendererPeak();
    const startBytes = rendererBytes() ?? 0;
    const found = await page.evaluate(
      ([seed, from, size]) => window.fuzzInputs(seed, from, size),
      /** @type {const} */ ([seed, from, Math.min(batch, count - from)]),
    );
    faults.push(...found);
    const bytes = (rendererPeakBytes() ?? 0) - startBytes;
    mostBytes = Math.max(mostBytes, bytes);
    if (bytes > maxBytes) faults.push(`inputs ${from} to ${from + batch} of seed ${seed} took ${bytes >> 20} MiB`);
  }
  process.stdout.write(
    `  ${count} fuzzed inputs (seed ${seed}) on a page; most memory ${mostBytes >> 20} MiB; ${faults.length} faults\n`,
  );
  return faults;
}
