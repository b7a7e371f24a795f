import { expect, test } from '@playwright/test';
import { goToSoak, serveSoak } from '../perf/soak/site.mjs';

for (const [tabs, rounds, tag] of [
  [2, 20, '@any-engine'],
  [5, 10, '@every-engine'],
] as const) {
  test(
    `${tabs} tabs that install, update and remove at the same time neither lose nor duplicate plug-ins`,
    { tag },
    async ({ context }) => {
      test.setTimeout(180_000);
      const { site } = await serveSoak();
      try {
        const pages = await Promise.all(Array.from({ length: tabs }, () => context.newPage()));
        await Promise.all(pages.map((page) => goToSoak(page, site.origin)));
        const faults = await Promise.all(
          pages.map((page, index) =>
            page.evaluate(([rounds, from]) => window.soak.hammerLibrary(rounds, from), [
              rounds,
              index * 1_000,
            ] as const),
          ),
        );
        expect(faults.flat()).toEqual([]);
        // All tabs list the same plug-ins, each once and complete.
        const seen = [];
        for (const page of pages) seen.push(await page.evaluate(() => window.soak.checkLibrary()));
        expect(seen.flatMap((one) => one.faults)).toEqual([]);
        const [first = { plugins: [] }] = seen;
        expect(new Set(first.plugins.map((plugin) => plugin.split(' ')[0])).size).toBe(first.plugins.length);
        for (const one of seen) expect(one.plugins).toEqual(first.plugins);
      } finally {
        await site.stop();
      }
    },
  );
}
