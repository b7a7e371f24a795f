// Finds accessibility faults with axe, in pages shown in one colour scheme.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { LaunchOptions, Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Returns a line for each fault that axe rates serious or critical. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  // Colours in transition do not count.
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

/** Returns options for `test.use` at the top of a file, which show every page in one colour scheme and without motion. */
export function shownIn(colorScheme: ColorScheme) {
  return {
    colorScheme,
    contextOptions: { reducedMotion: 'reduce' },
    // A stock Firefox ignores emulation, so that the preferences of the profile select the scheme.
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

/** Whether the page has the colour scheme that {@link shownIn} selects. */
export function isShownIn(page: Page, colorScheme: ColorScheme): Promise<boolean> {
  return page.evaluate(
    (scheme) =>
      matchMedia(`(prefers-color-scheme: ${scheme})`).matches && matchMedia('(prefers-reduced-motion: reduce)').matches,
    colorScheme,
  );
}
