// Runs the hostile plug-ins in WebKit: `node e2e/security/hostile/webkit.mjs [--json file]`.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { countSpecs } from '../../run/spec-results.mjs';
import { openWebKit } from '../../run/webdriver.mjs';
import { waitFor } from '../../setup/processes.mjs';
import { runCorpus } from './run.mjs';
import { serveHostile } from './site.mjs';

const limitMs = 60_000;

async function runInWebKit() {
  const site = await serveHostile();
  let webkit = await openWebKit();
  /**
   * Runs code in the page and waits for the promise that it returns. WebDriver's own scripts have a shorter time limit.
   * @param {string} code
   * @param {unknown[]} parameters
   */
  const ask = async (code, parameters) => {
    await webkit.execute(
      `window.answer = undefined; (${code}).then((value) => (window.answer = { value }))`,
      parameters,
    );
    const poll = async () => (await webkit.execute('return window.answer ?? null')) ?? undefined;
    const { value } = /** @type {{ value: unknown }} */ (await waitFor(`${code} to end`, poll, limitMs));
    return value;
  };
  const open = async () => {
    await webkit.goto(`${site.origin}/`);
    const ready = async () => (await webkit.execute('return "hostile" in window')) === true || undefined;
    await waitFor('the page to load', ready, limitMs);
  };
  try {
    await open();
    return await runCorpus({
      engine: 'webkit',
      run: async (name) =>
        /** @type {import('./run.mjs').Outcome} */ (await ask('window.hostile(arguments[0])', [name])),
      finish: async () => Number(await ask('window.finishHostile()', [])),
      reopen: async () => {
        await webkit.close();
        webkit = await openWebKit();
        await open();
      },
    });
  } finally {
    await webkit.close();
    await site.stop();
  }
}

const { values } = parseArgs({ options: { json: { type: 'string' } } });
const results = await runInWebKit();
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results));
const { passed, failed, skipped } = countSpecs(results);
process.stdout.write(`WebKit: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;
