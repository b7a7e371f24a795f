import { runGenerated, serveGenerated } from '../../../fuzz/generated/run.mjs';
import { launchOptions } from '../../../setup/browsers.mjs';

/**
 * 20,000 modules made from random bytes, each beside its metered version; `npm test` has a step of its own for fewer.
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
