// Runs the network cases in WebKit: `node e2e/security/network/webkit.mjs [--json file]`.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { countSpecs } from '../../run/spec-results.mjs';
import { openWebKit } from '../../run/webdriver.mjs';
import { waitFor } from '../../setup/processes.mjs';
import { runEveryCase } from './every-case.mjs';

/** @typedef {import('./run-cases.js').Outcome} Outcome */

const limitMs = 60_000;

const webkit = await openWebKit();
try {
  const results = await runEveryCase('webkit', async (url) => {
    await webkit.goto(url);
    const ready = async () => (await webkit.execute('return "performCase" in window')) === true || undefined;
    await waitFor('the page to load', ready, limitMs);
    await webkit.execute("document.cookie = 'network-test=1; path=/'");
    const script =
      'const [subject, one, done] = arguments; window.performCase(subject, one).then(done, (error) => done({ code: "thrown", message: String(error) }));';
    return async (subject, one) => /** @type {Outcome} */ (await webkit.executeAsync(script, [subject, one]));
  });
  const { values } = parseArgs({ options: { json: { type: 'string' } } });
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results));
  for (const { name, ok, error, skipped } of results) {
    if (!ok) process.stdout.write(`  ✗ ${name}\n        ${error}\n`);
    if (skipped !== undefined) process.stdout.write(`  - ${name} (skipped: ${skipped})\n`);
  }
  const { passed, failed, skipped } = countSpecs(results);
  process.stdout.write(`WebKit: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await webkit.close();
}
