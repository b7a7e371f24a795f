import { isShownIn, seriousFaults } from './axe.js';
import { expect, fixture, type PlaygroundPage, test } from './playground-page.js';

/** The states of the playground, and how to reach each. */
const states: readonly (readonly [name: string, reach: (playground: PlaygroundPage) => Promise<void>])[] = [
  ['at first', async () => {}],
  ['with an output', async ({ run, output }) => (await run.click(), await expect(output).toBeVisible())],
  [
    'while it runs',
    async (playground) => {
      await playground.choose('Kitchen sink');
      await playground.call('loop_forever');
      await expect(playground.page.getByRole('progressbar')).toBeVisible();
    },
  ],
  [
    'with a failure and logs',
    async (playground) => {
      await playground.choose('Kitchen sink');
      await playground.call('log_all', 'x');
      await playground.call('trap');
      await expect(playground.failure).toBeVisible();
    },
  ],
  [
    'with nothing open',
    async (playground) => {
      await playground.open(fixture('missing_many.wasm'));
      await playground.page.getByRole('button', { name: 'Remove missing_many.wasm' }).click();
      await expect(playground.page.getByText('No plug-in is open.')).toBeVisible();
    },
  ],
];

/** Defines the test for one colour scheme; each has a file, because it needs its own browser. */
export function testFaults(colorScheme: 'light' | 'dark'): void {
  test(`axe finds no serious fault, ${colorScheme}`, async ({ playground, page, browserName }) => {
    test.setTimeout(180_000);
    expect(await isShownIn(page, colorScheme)).toBe(true);
    for (const [name, reach] of states) {
      await playground.visit();
      await reach(playground);
      expect(await seriousFaults(page), name).toEqual([]);
      if (browserName !== 'chromium') continue;
      // A stock Firefox ignores emulation.
      const other = colorScheme === 'light' ? 'dark' : 'light';
      await page.emulateMedia({ colorScheme: other });
      expect(await seriousFaults(page), `${name}, ${other}`).toEqual([]);
      await page.emulateMedia({ colorScheme });
    }
  });
}
