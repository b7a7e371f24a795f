// The specs in WebKit: `node e2e/run/webkit.mjs [--filter words] [--page plain|isolated|insecure] [--json file]`.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { serveSpecs, specPages, specPagesOf } from '../server/spec-site.mjs';
import { waitFor } from '../setup/processes.mjs';
import { countSpecs, printSpecs } from './spec-results.mjs';
import { openWebKit } from './webdriver.mjs';

/** @typedef {import('./spec-results.mjs').SpecResult} SpecResult */

const pageTimeoutMs = 1_200_000;

/**
 * @param {Awaited<ReturnType<typeof openWebKit>>} webkit
 * @param {import('../server/spec-site.mjs').SpecPage} page
 * @returns {Promise<SpecResult[]>}
 */
async function runPage(webkit, page) {
  const { url, close } = await serveSpecs(page);
  try {
    await webkit.goto(url);
    const ask = async () => (await webkit.execute('return window.specResults ?? null')) ?? undefined;
    const answer = await waitFor('the specs page to end', ask, pageTimeoutMs);
    return /** @type {SpecResult[]} */ (answer);
  } catch (error) {
    const now = await webkit.execute('return window.currentSpec ?? "before the first spec"').catch(() => 'unknown');
    const message = `the page did not end; it was at: ${String(now)}. ${String(error)}`;
    return [{ name: 'the specs page ends', ok: false, ms: 0, error: message }];
  } finally {
    await close();
  }
}

/**
 * Runs the specs in WebKit and prints each spec.
 * @param {readonly import('../server/spec-site.mjs').SpecPage[]} pages
 */
export async function runWebKitSpecs(pages = specPagesOf('webkit')) {
  /** @type {SpecResult[]} */
  const all = [];
  const webkit = await openWebKit();
  try {
    for (const page of pages) {
      const results = await runPage(webkit, page);
      printSpecs(`webkit, ${page} page`, results);
      all.push(...results);
    }
  } finally {
    await webkit.close();
  }
  return all;
}

async function main() {
  const { values } = parseArgs({
    options: { filter: { type: 'string' }, page: { type: 'string' }, json: { type: 'string' } },
  });
  if (values.filter !== undefined) process.env['TENON_FILTER'] = values.filter;
  const { page } = values;
  const results = await runWebKitSpecs(
    page === undefined ? specPagesOf('webkit') : specPages.filter((kind) => kind === page),
  );
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results));
  if (results.length === 0) process.stdout.write(`No spec has "${values.filter ?? ''}" in its title.\n`);
  const { passed, failed, skipped } = countSpecs(results);
  process.stdout.write(`WebKit: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  process.exitCode = failed === 0 && results.length > 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
