import type { Page } from '@playwright/test';
import { seriousFaults } from './axe.js';
import { expect, fixture, test } from './playground-page.js';

/** Presses Tab until `accept` returns true for the name of the focused element. Throws at the end of the page. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let steps = 0; steps < 80; steps += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const { activeElement } = document;
      return activeElement?.getAttribute('aria-label') ?? activeElement?.textContent ?? '';
    });
    if (focused === name) return;
  }
  throw new Error(`Keyboard: expected Tab to reach "${name}"`);
}

test.describe('access', () => {
  test('every control can be operated with the keyboard', async ({ playground, page }) => {
    await tabTo(page, 'Run');
    await page.keyboard.press('Enter');
    await expect(playground.output).toContainText('"count": 3');
    await expect(playground.run).toBeFocused();
    await page.getByLabel('Input', { exact: true }).focus();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('aaaa');
    await page.keyboard.press('Control+Enter');
    await expect(playground.output).toContainText('"count": 4');
    await page.reload();
    await playground.ready();
    await tabTo(page, 'Kitchen sinkkitchen_sink.wasm');
    await page.keyboard.press('Enter');
    await expect(playground.heading).toHaveText('Kitchen sink');
    await playground.ready();
    await page.getByLabel('Function').selectOption('loop_forever');
    await playground.run.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('progressbar')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByText('Stopped. kitchen_sink.wasm is ready')).toBeVisible();
  });

  test('the keyboard resizes panes, and their sizes are kept', async ({ playground, page }) => {
    await page.setViewportSize({ width: 1280, height: 800 });
    const split = page.getByRole('separator', { name: 'Width of the plug-ins' });
    await expect(split).toHaveAttribute('aria-valuenow', '272');
    await split.focus();
    await page.keyboard.press('ArrowRight');
    await expect(split).toHaveAttribute('aria-valuenow', '288');
    await page.reload();
    await playground.ready();
    await expect(split).toHaveAttribute('aria-valuenow', '288');
    await split.focus();
    await page.keyboard.press('Home');
    await expect(split).toHaveAttribute('aria-valuenow', '200');
    await page.keyboard.press('Enter');
    await expect(split).toHaveAttribute('aria-valuenow', '272');
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test('panes are tabs, and nothing scrolls sideways', async ({ playground, page }) => {
    const fits = async (): Promise<void> => {
      const tooWide = await page.evaluate(() =>
        Array.from(document.querySelectorAll<HTMLElement>('body, body *'))
          .filter((element) => element.scrollWidth > element.clientWidth && element.clientWidth > 1)
          .filter((element) => !['visible', 'hidden', 'clip'].includes(getComputedStyle(element).overflowX))
          .filter((element) => element.localName !== 'pre' && element.localName !== 'textarea')
          .map((element) => element.outerHTML.slice(0, 120)),
      );
      expect(tooWide).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    };
    await fits();
    await playground.run.click();
    await expect(playground.output).toBeVisible();
    await fits();
    const tab = (name: string | RegExp) => page.getByRole('tab', { name });
    await tab('Run').focus();
    await page.keyboard.press('ArrowRight');
    await expect(tab('Inspector')).toBeFocused();
    await expect(page.getByRole('tabpanel', { name: 'Inspector' })).toBeVisible();
    await expect(playground.run).toBeHidden();
    await fits();
    await tab(/^Log/u).click();
    await expect(page.getByRole('log')).toContainText('count_vowels');
    await fits();
    await tab('Plug-ins').click();
    await playground.open({ ...fixture('odd_export_names.wasm'), name: `${'long-'.repeat(40)}name.wasm` });
    await expect(playground.heading).toBeVisible();
    await fits();
    await tab('Plug-ins').click();
    await fits();
    expect(await seriousFaults(page)).toEqual([]);
  });
});
