import type { Page } from '@playwright/test';
import { isShownIn } from './axe.js';
import { type CheckoutPage, rates } from './checkout-page.js';
import { expect, servePlayground, test } from './playground-page.js';

const host = 'rates.example.org';
const right = `Rates: Connect to ${host}`;

/** A third-party server that allows every origin. */
async function serveRates(page: Page): Promise<void> {
  await page.route(`https://${host}/**`, (route) =>
    route.fulfill({ json: { total: 80 }, headers: { 'access-control-allow-origin': '*' } }),
  );
}

/** Defines the test of everything that a user does with one plug-in; each colour scheme has a file, because it needs its own browser. */
export function testLife(how: string, withHands: (page: Page) => CheckoutPage, colorScheme: 'light' | 'dark'): void {
  test(`a user adds a plug-in, uses it offline, decides about hosts, updates, rolls back, turns off and removes it, ${how}`, async ({
    page,
  }) => {
    test.setTimeout(240_000);
    const site = await servePlayground();
    const checkout = withHands(page);
    const { hands, sheet } = checkout;
    expect(await isShownIn(page, colorScheme)).toBe(true);
    try {
      await serveRates(page);
      await page.goto(`${site.origin}/library.html`);
      await expect(page.getByText('No plug-ins yet.')).toBeVisible();
      await expect(page.getByText('Works offline', { exact: true })).toBeVisible();
      await checkout.clean('empty');
      await checkout.charge('€100.00 charged.');

      await checkout.chooseWith('Choose a file', rates('1.0.0', [host]));
      await expect(sheet.getByRole('heading', { name: 'Add Rates 1.0.0?' })).toBeVisible();
      await expect(sheet.getByText('Before the card is charged')).toBeVisible();
      await expect(sheet.getByText(`reads rates from ${host}`)).toBeVisible();
      await expect(sheet.getByRole('button', { name: 'Do not add' })).toBeFocused();
      await checkout.clean('asking');
      await checkout.canAnswer();
      await checkout.canAnswer();
      await hands.tick('Allow');
      await expect(sheet.getByRole('radio', { name: 'Allow', exact: true })).toBeChecked();
      await checkout.answer('Add');
      await expect(page.getByText('Rates is installed.')).toBeVisible();
      await checkout.charge('€80.00 charged.');

      await site.stop();
      await page.reload();
      await expect(page.getByText('Manage Rates')).toBeVisible();
      await checkout.charge('€80.00 charged.');

      await hands.press('Manage Rates');
      await expect(page.getByLabel(right)).toHaveValue('always');
      await hands.select(right, 'Not allowed');
      await expect(page.getByText(`Connect to ${host}: Not allowed.`)).toBeVisible();
      await checkout.charge('€100.00 charged.');
      await expect(page.getByRole('log').getByText('is not allowed').first()).toBeVisible();
      await checkout.clean('full, with a failure in the log');
      await hands.select(right, 'Ask when needed');
      await hands.press('Charge the card');
      await expect(sheet.getByRole('heading', { name: `Allow Rates to connect to ${host}?` })).toBeVisible();
      await expect(sheet.getByRole('button', { name: 'Do not allow' })).toBeFocused();
      await checkout.clean('asking while it runs');
      await checkout.answer('Allow');
      await expect(page.getByLabel(right)).toHaveValue('always');
      await checkout.charge('€80.00 charged.');

      await checkout.chooseWith('Update from a file', rates('2.0.0', [host, 'b.example.org']));
      await expect(sheet.getByRole('heading', { name: 'Update Rates from 1.0.0 to 2.0.0?' })).toBeVisible();
      await expect(sheet.getByRole('radio')).toHaveCount(4); // one right
      await expect(sheet.getByText('Connect to b.example.org')).toBeVisible();
      await checkout.clean('asking about an update');
      await checkout.answer('Update');
      await expect(page.getByRole('heading', { name: 'Rates 2.0.0' })).toBeVisible();
      await expect(page.getByLabel('Rates: Connect to b.example.org')).toHaveValue('ask');
      await checkout.charge('€80.00 charged.');
      await hands.press('Go back to 1.0.0');
      await expect(page.getByRole('heading', { name: 'Rates 1.0.0' })).toBeVisible();
      await checkout.charge('€80.00 charged.');

      await hands.tick('Rates is on');
      await expect(page.getByText('Rates is off.')).toBeVisible();
      await checkout.charge('€100.00 charged.');
      await checkout.clean('turned off');
      await hands.press('Remove');
      await expect(page.getByRole('button', { name: 'Keep it' })).toBeFocused();
      await checkout.clean('about to remove');
      await hands.press('Remove it');
      await expect(page.getByText('No plug-ins yet.')).toBeVisible();
      await checkout.charge('€100.00 charged.');
    } finally {
      await site.stop();
    }
  });
}
