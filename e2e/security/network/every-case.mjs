// Runs every network case with a real plug-in, and returns results for the test runners.
import { serveNetworkPage } from './run.mjs';

/** @typedef {import('../../specs/harness.js').SpecResult} SpecResult */

/**
 * @param {import('../../setup/browsers.mjs').Engine} engine
 * @param {(url: string) => Promise<import('./run.mjs').Perform>} open Opens the page. Returns how to make a request.
 * @returns {Promise<SpecResult[]>}
 */
export async function runEveryCase(engine, open) {
  const served = await serveNetworkPage();
  try {
    const perform = await open(`${served.site.origin}/`);
    /** @type {SpecResult[]} */
    const results = [];
    for (const one of served.cases) {
      if (engine === 'webkit' && one.notInWebKit !== null) {
        results.push({ name: one.name, ok: true, ms: 0, skipped: one.notInWebKit });
        continue;
      }
      const start = performance.now();
      const { fault } = await served.run('tenon', one, perform);
      const ms = Math.round(performance.now() - start);
      results.push({ name: one.name, ok: fault === null, ms, ...(fault === null ? {} : { error: fault }) });
    }
    return results;
  } finally {
    await served.stop();
  }
}
