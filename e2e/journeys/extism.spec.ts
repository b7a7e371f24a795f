import { expect, test } from '@playwright/test';
import { compare, printRows, serveComparison } from '../specs/extism/run.mjs';

for (const isolated of [false, true]) {
  const kind = isolated ? 'isolated' : 'plain';
  test(
    `code for the Extism JS SDK runs the same, or better, on the ${kind} page`,
    { tag: '@any-engine' },
    async ({ page, browserName }) => {
      const inFull = process.env['TENON_EVERYTHING'] !== undefined;
      test.skip(
        isolated && browserName === 'firefox' && !inFull,
        'on the isolated page in Chromium, or in a run in full',
      );
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
    },
  );
}

for (const name of ['notes', 'news']) {
  test(`the app "${name}", written for the Extism JS SDK, runs with only the import changed`, async ({
    page,
    browserName,
  }) => {
    const site = await serveComparison(false);
    const run = async (whose: 'peer' | 'drop-in'): Promise<unknown> => {
      await page.goto(`${site.origin}/app/${whose}/${name}`);
      await page.waitForFunction(() => 'app' in globalThis);
      return page.evaluate(() => window.app);
    };
    try {
      const expected = await run('peer');
      expect(await run('drop-in'), `in ${browserName}`).toEqual(expected);
      expect(Object.values(expected as object)).not.toContain(undefined);
    } finally {
      await site.stop();
    }
  });
}
