import { expect, test } from '@playwright/test';
import { compare, printRows, serveComparison } from '../extism/run.mjs';

for (const isolated of [false, true]) {
  const kind = isolated ? 'isolated' : 'plain';
  test(`code for the Extism JS SDK runs the same, or better, on the ${kind} page`, async ({ page, browserName }) => {
    test.setTimeout(600_000);
    const site = await serveComparison(isolated);
    try {
      await page.goto(`${site.origin}/`);
      const rows = await compare(page);
      printRows(`${browserName}, ${kind} page`, rows);
      expect(rows.length, 'cases').toBeGreaterThanOrEqual(120);
      expect(rows.filter(({ verdict }) => verdict === 'worse')).toEqual([]);
    } finally {
      await site.stop();
    }
  });
}
