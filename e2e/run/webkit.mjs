// The behaviour suite in WebKit: `node e2e/run/webkit.mjs [--filter words] [--page plain|isolated|insecure] [--json file]`.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { serveSuite, suitePages } from '../server/spec-site.mjs';
import { waitFor } from '../setup/processes.mjs';
import { countBehaviours, printBehaviours } from './spec-results.mjs';
import { openWebKit } from './webdriver.mjs';

/** @typedef {import('./spec-results.mjs').BehaviourResult} BehaviourResult */

const pageTimeoutMs = 600_000;

/**
 * @param {Awaited<ReturnType<typeof openWebKit>>} webkit
 * @param {import('../server/spec-site.mjs').SuitePage} page
 * @returns {Promise<BehaviourResult[]>}
 */
async function runPage(webkit, page) {
  const { url, close } = await serveSuite(page);
  try {
    await webkit.goto(url);
    const ask = async () => (await webkit.execute('return window.suiteResults ?? null')) ?? undefined;
    const answer = await waitFor('the suite page to end', ask, pageTimeoutMs);
    return /** @type {BehaviourResult[]} */ (answer);
  } catch (error) {
    const now = await webkit.execute('return window.suiteNow ?? "before the first behaviour"').catch(() => 'unknown');
    const message = `the page did not end; it was at: ${String(now)}. ${String(error)}`;
    return [{ name: 'the suite page ends', ok: false, ms: 0, error: message }];
  } finally {
    await close();
  }
}

/**
 * Runs the suite in WebKit and prints each behaviour.
 * @param {readonly import('../server/spec-site.mjs').SuitePage[]} pages
 */
export async function runWebKitSuite(pages = suitePages) {
  /** @type {BehaviourResult[]} */
  const all = [];
  const webkit = await openWebKit();
  try {
    for (const page of pages) {
      const results = await runPage(webkit, page);
      printBehaviours(`webkit, ${page} page`, results);
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
  const results = await runWebKitSuite(suitePages.filter((page) => values.page === undefined || values.page === page));
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results));
  const { passed, failed, skipped } = countBehaviours(results);
  process.stdout.write(`WebKit: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
