import { runGenerated, serveGenerated } from '../generated/run.mjs';
import { launchOptions } from '../setup/browsers.mjs';

/**
 * 10,000 modules, of a seed that is another each time unless `TENON_SEED` says which.
 * @param {'chromium' | 'firefox'} engine
 */
export async function soakGenerated(engine) {
  const seed = Number(process.env['TENON_SEED'] ?? Math.floor(Date.now() / 1_000));
  const wanted = { seed, count: Number(process.env['TENON_GENERATED'] ?? 10_000) };
  const playwright = await import('playwright');
  const site = await serveGenerated(wanted);
  const browser = await playwright[engine].launch(launchOptions(engine));
  try {
    const page = await browser.newPage();
    await page.goto(`${site.origin}/`);
    const { loaded, ends, faults } = await runGenerated(page, wanted);
    return {
      ok: faults.length === 0,
      ...wanted,
      version: browser.version(),
      loaded,
      ends,
      faults: faults.slice(0, 20),
    };
  } finally {
    await browser.close();
    await site.stop();
  }
}
