import { expect, test } from '@playwright/test';
import { fuzzPage, serveInputs } from '../fuzz/inputs/in-page.mjs';

/** The soak runs more, and another seed each time. */
const inFull = process.env['TENON_EVERYTHING'] !== undefined;
const wanted = inFull ? { seed: Math.floor(Date.now() / 1_000), count: 5_000 } : { seed: 1, count: 120 };

test(
  `${wanted.count} fuzzed modules, manifests and bundles neither end nor hold up the page`,
  { tag: '@any-engine' },
  async ({ page }) => {
    test.setTimeout(1_800_000);
    const site = await serveInputs();
    try {
      await page.goto(`${site.origin}/fuzz/inputs/page/index.html`);
      expect(await fuzzPage(page, wanted)).toEqual([]);
    } finally {
      await site.stop();
    }
  },
);
