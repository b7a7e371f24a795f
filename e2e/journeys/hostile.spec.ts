import { expect, test } from '@playwright/test';
import { runCorpus } from '../security/hostile/run.mjs';
import { serveHostile } from '../security/hostile/site.mjs';

/** Each hostile plug-in counts as one test: the runner finds them in the attachment. */
test('every hostile plug-in is contained', async ({ browser, browserName }, testInfo) => {
  // Where memory is measured, there are pauses.
  test.setTimeout(process.env['TENON_MEMORY'] === undefined ? 900_000 : 3_600_000);
  if (browserName === 'webkit')
    throw new Error('Playwright cannot drive WebKit here: run e2e/security/hostile/webkit.mjs');
  const site = await serveHostile();
  const open = async () => {
    const page = await browser.newPage();
    await page.goto(`${site.origin}/`);
    await page.waitForFunction(() => 'hostile' in globalThis);
    return page;
  };
  let page = await open();
  try {
    const results = await runCorpus({
      engine: browserName,
      run: (name) => page.evaluate((name) => window.hostile(name), name),
      finish: () => page.evaluate(() => window.finishHostile()),
      reopen: async () => {
        await page.close().catch(() => undefined); // A crashed page may be gone already.
        page = await open();
      },
    });
    await testInfo.attach('specs', { body: JSON.stringify(results), contentType: 'application/json' });
    expect(results.filter(({ ok }) => !ok).map(({ name, error }) => `${name}: ${error}`)).toEqual([]);
  } finally {
    await page.close().catch(() => undefined); // A crashed page may be gone already.
    await site.stop();
  }
});
