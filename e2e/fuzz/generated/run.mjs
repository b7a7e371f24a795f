// Runs generated modules from load to call in an open browser. Each load and each call must end in a value or a typed error within
// its time limit.
import { fileURLToPath } from 'node:url';
import { script } from '../../setup/processes.mjs';
import { serve, testRoots } from '../../server/serve.mjs';
import { differentialRoot } from '../differential/run.mjs';
import { folderOf } from './make.mjs';

/**
 * @typedef {object} Tally
 * @property {number} loaded Modules that loaded and were called.
 * @property {number} compared Modules whose metered versions ended in the same way.
 * @property {Record<string, number>} ends The number of loads and calls by how they ended.
 * @property {string[]} faults Sentences.
 */
/** @typedef {{ seed: number, count: number }} Wanted */

const batch = 50;

/**
 * Makes the modules unless they exist, and serves them with the page that runs them.
 * @param {Wanted} wanted
 */
export async function serveGenerated({ seed, count }) {
  const parameters = ['--seed', String(seed), '--count', String(count)];
  if (!(await script('e2e/fuzz/generated/make.mjs', parameters, { timeoutMs: 3_600_000 })))
    throw new Error('Expected generated modules, found none: run e2e/fuzz/generated/make.mjs to see why');
  const page = fileURLToPath(new URL('page/', import.meta.url));
  return serve({ roots: { '/': page, '/modules/': folderOf(seed), ...testRoots, ...differentialRoot } });
}

/**
 * @param {import('playwright').Page} page At the served page.
 * @param {Wanted} wanted
 * @returns {Promise<Tally>}
 */
export async function runGenerated(page, { seed, count }) {
  await page.waitForFunction(() => 'generated' in globalThis);
  /** @type {Tally} */
  const all = { loaded: 0, compared: 0, ends: {}, faults: [] };
  for (let from = 0; from < count; from += batch) {
    const size = Math.min(batch, count - from);
    const { loaded, compared, ends, faults } = await page.evaluate(
      ([from, size]) => window.generated(from, size),
      /** @type {const} */ ([from, size]),
    );
    for (const [end, times] of Object.entries(ends)) all.ends[end] = (all.ends[end] ?? 0) + times;
    all.faults.push(...faults);
    all.loaded += loaded;
    all.compared += compared;
  }
  if (all.loaded < count / 2)
    all.faults.push(`only ${all.loaded} of ${count} modules loaded: too few to prove anything`);
  if (all.compared < count / 2)
    all.faults.push(
      `only ${all.compared} of ${count} modules ran beside their metered versions: too few to prove anything`,
    );
  const { uncaught, workers } = await page.evaluate(() => window.finishGenerated());
  all.faults.push(...uncaught);
  if (workers > 0) all.faults.push(`${workers} workers left`);
  const ends = Object.entries(all.ends).toSorted(([, a], [, b]) => b - a);
  const text = ends.map(([end, times]) => `${end} ${times}`).join(', ');
  process.stdout.write(
    `  ${count} generated modules (seed ${seed}), ${all.loaded} loaded, ${all.compared} compared with their metered versions; loads and calls: ${text}; ${all.faults.length} faults\n`,
  );
  return all;
}
