import { expect, test } from '@playwright/test';
import { runEveryCase } from '../security/network/every-case.mjs';

/** Each case counts as one test: the runner finds them in the attachment. */
test('plug-ins reach listed servers and no others', async ({ page, browserName }, testInfo) => {
  test.setTimeout(600_000);
  const results = await runEveryCase(browserName, async (url) => {
    await page.goto(url);
    await page.waitForFunction(() => 'performCase' in globalThis);
    await page.evaluate(() => void (document.cookie = 'network-test=1; path=/'));
    return (subject, one) => page.evaluate(({ subject, one }) => window.performCase(subject, one), { subject, one });
  });
  await testInfo.attach('specs', { body: JSON.stringify(results), contentType: 'application/json' });
  expect(results.length).toBeGreaterThan(200);
  expect(results.filter(({ ok }) => !ok).map(({ name, error }) => `${name}: ${error}`)).toEqual([]);
});
