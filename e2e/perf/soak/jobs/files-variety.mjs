// 10,000 files with names in thirty scripts, a large one, deep ones and links: the same after they were stored, exported and imported.
import { onPage } from '../site.mjs';

/** @param {import('../site.mjs').Engine} engine @param {{ part: boolean }} share */
export function filesVariety(engine, { part }) {
  const wanted = part ? { files: 300, megabytes: 2 } : { files: 10_000, megabytes: 200 };
  return onPage(engine, async (page) => ({
    figures: await page.evaluate((given) => window.soak.keepVariety(given), wanted),
    faults: [],
  }));
}
