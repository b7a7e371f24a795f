// What axe finds in a page, and pages shown in one colour scheme to find it in.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { LaunchOptions, Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A line for each fault that axe calls serious or critical; none, if all is well. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  // A colour on its way to another is none that anybody reads.
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((animation) => animation instanceof CSSTransition)
        .map((transition) => transition.finished),
    ),
  );
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`,
    );
}

type ColorScheme = 'light' | 'dark';

/** What `test.use` takes, at the top of a file, to show every page of the file in one scheme, and still. */
export function shownIn(colorScheme: ColorScheme) {
  return {
    colorScheme,
    contextOptions: { reducedMotion: 'reduce' },
    // A stock Firefox heeds no emulation: its preferences have to say it before it starts.
    launchOptions: async (
      { launchOptions, browserName }: { launchOptions: LaunchOptions; browserName: string },
      use: (options: LaunchOptions) => Promise<void>,
    ) => {
      const firefoxUserPrefs = {
        'layout.css.prefers-color-scheme.content-override': colorScheme === 'dark' ? 0 : 1,
        'ui.prefersReducedMotion': 1,
      };
      await use(browserName === 'firefox' ? { ...launchOptions, firefoxUserPrefs } : launchOptions);
    },
  } as const;
}

/** Whether the page is shown as {@link shownIn} asked for. */
export function isShownIn(page: Page, colorScheme: ColorScheme): Promise<boolean> {
  return page.evaluate(
    (scheme) =>
      matchMedia(`(prefers-color-scheme: ${scheme})`).matches && matchMedia('(prefers-reduced-motion: reduce)').matches,
    colorScheme,
  );
}
