import { expect, test } from '@playwright/test';
import { printBehaviours } from '../run/spec-results.mjs';
import { serveSuite, suitePages } from '../server/spec-site.mjs';

/** Each behaviour of the page counts as one test: the runner finds them in the attachment. */
for (const kind of suitePages) {
  test(`the behaviour suite holds on the ${kind} page`, async ({ page, browserName }, testInfo) => {
    test.setTimeout(600_000);
    const { url, close } = await serveSuite(kind);
    try {
      await page.goto(url);
      await page.waitForFunction(() => window.suiteResults !== undefined, undefined, { timeout: 590_000 });
      const results = (await page.evaluate(() => window.suiteResults)) ?? [];
      await testInfo.attach('behaviours', { body: JSON.stringify(results), contentType: 'application/json' });
      printBehaviours(`${browserName}, ${kind} page`, results);
      expect(results.length, 'behaviours run').toBeGreaterThan(0);
      expect(results.filter(({ ok }) => !ok).map(({ name, error }) => `${name}: ${error}`)).toEqual([]);
    } finally {
      await close();
    }
  });
}
