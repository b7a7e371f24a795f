import { expect, test } from '@playwright/test';
import { printSpecs } from '../run/spec-results.mjs';
import { serveSpecs, specPages, specPagesOf } from '../server/spec-site.mjs';

/** Each spec of the page counts as one test: the runner finds them in the attachment. */
for (const kind of specPages) {
  test(`the specs hold on the ${kind} page`, async ({ page, browserName }, testInfo) => {
    test.skip(!specPagesOf(browserName).includes(kind), 'in this engine only in a run in full');
    test.setTimeout(1_200_000);
    const { url, close } = await serveSpecs(kind);
    try {
      await page.goto(url);
      // By default the page is asked at every frame, and drawing those takes a quarter of a core.
      const options = { timeout: 1_190_000, polling: 500 };
      await page.waitForFunction(() => window.specResults !== undefined, undefined, options);
      const results = (await page.evaluate(() => window.specResults)) ?? [];
      await testInfo.attach('specs', { body: JSON.stringify(results), contentType: 'application/json' });
      printSpecs(`${browserName}, ${kind} page`, results);
      expect(results.length, 'specs run').toBeGreaterThan(0);
      expect(results.filter(({ ok }) => !ok).map(({ name, error }) => `${name}: ${error}`)).toEqual([]);
    } finally {
      await close();
    }
  });
}
