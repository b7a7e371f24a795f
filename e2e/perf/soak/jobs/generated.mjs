import { runGenerated, serveGenerated } from '../../../fuzz/generated/run.mjs';
import { launchOptions } from '../../../setup/browsers.mjs';

/**
 * Runs 20,000 modules made of random bytes, each with its metered version; a step of `npm test` runs fewer.
 * @param {import('../site.mjs').Engine} engine
 * @param {{ seed: number }} share
 */
export async function soakGenerated(engine, { seed }) {
  const wanted = { seed, count: Number(process.env['TENON_GENERATED'] ?? 20_000) };
  const playwright = await import('playwright');
  const site = await serveGenerated(wanted);
  const browser = await playwright[engine].launch(launchOptions(engine));
  try {
    const page = await browser.newPage();
    await page.goto(`${site.origin}/`);
    const { loaded, compared, ends, faults } = await runGenerated(page, wanted);
    return { figures: { modules: wanted.count, seed, loaded, compared, ends }, faults };
  } finally {
    await browser.close();
    await site.stop();
  }
}
