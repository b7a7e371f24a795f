import type { Page } from '@playwright/test';
import { launchOptions } from '../setup/browsers.mjs';
import { discount, large, rates, withKeyboard, withPointer } from './checkout-page.js';
import { expect, servePlayground, test } from './playground-page.js';

const host = 'rates.example.org';
const right = `Rates: Talk to ${host}`;

/** A server of somebody else's, which allows every page. */
async function serveRates(page: Page): Promise<void> {
  await page.route(`https://${host}/**`, (route) =>
    route.fulfill({ json: { total: 80 }, headers: { 'access-control-allow-origin': '*' } }),
  );
}

for (const [how, withHands] of [
  ['with the pointer', withPointer],
  ['through the keyboard alone', withKeyboard],
] as const) {
  test(`a user adds a plug-in, uses it offline, decides about hosts, updates, rolls back, turns off and removes it, ${how}`, async ({
    page,
  }) => {
    test.setTimeout(240_000);
    const site = await servePlayground();
    const checkout = withHands(page);
    const { hands, sheet } = checkout;
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
      await expect(page.getByText(`Talk to ${host}: Not allowed.`)).toBeVisible();
      await checkout.charge('€100.00 charged.');
      await expect(page.getByRole('log').getByText('is not allowed').first()).toBeVisible();
      await checkout.clean('full, with a failure in the log');
      await hands.select(right, 'Ask when it is needed');
      await hands.press('Charge the card');
      await expect(sheet.getByRole('heading', { name: `May Rates reach ${host}?` })).toBeVisible();
      await expect(sheet.getByRole('button', { name: 'Do not allow' })).toBeFocused();
      await checkout.clean('asking while it runs');
      await checkout.answer('Allow');
      await expect(page.getByLabel(right)).toHaveValue('always');
      await checkout.charge('€80.00 charged.');

      await checkout.chooseWith('Update from a file', rates('2.0.0', [host, 'b.example.org']));
      await expect(sheet.getByRole('heading', { name: 'Update Rates from 1.0.0 to 2.0.0?' })).toBeVisible();
      await expect(sheet.getByRole('radio')).toHaveCount(3); // one right
      await expect(sheet.getByText('Talk to b.example.org')).toBeVisible();
      await checkout.clean('asking about an update');
      await checkout.answer('Update');
      await expect(page.getByRole('heading', { name: 'Rates 2.0.0' })).toBeVisible();
      await expect(page.getByLabel('Rates: Talk to b.example.org')).toHaveValue('deny');
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

test('a sheet that is closed with Escape adds nothing, and gives the focus back', async ({ page }) => {
  const site = await servePlayground();
  const { hands, sheet } = withKeyboard(page);
  try {
    await page.goto(`${site.origin}/library.html`);
    await expect(page.getByText('No plug-ins yet.')).toBeVisible();
    await hands.press('Add the discount example');
    await expect(sheet.getByRole('button', { name: 'Do not add' })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(page.getByText('Nothing was installed.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Choose a file' })).toBeFocused();
  } finally {
    await site.stop();
  }
});

test("a plug-in's settings are a form that says what is wrong", async ({ page }) => {
  const site = await servePlayground();
  const checkout = withPointer(page);
  const { hands } = checkout;
  /** As a person does: Firefox's driver would put what it fills in behind what is there. */
  const setPercent = async (percent: string): Promise<void> => {
    await page.getByLabel('Percent off').focus();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type(percent);
    await hands.press('Save settings');
  };
  try {
    await page.goto(`${site.origin}/library.html`);
    await checkout.chooseWith('Choose a file', discount('1.0.0'));
    await checkout.answer('Add');
    await hands.press('Manage Discount');
    await setPercent('150');
    await expect(page.getByText('expected at most 100')).toBeVisible();
    await checkout.clean('a wrong setting');
    await setPercent('25');
    await expect(page.getByText('Saved.')).toBeVisible();
    await checkout.charge('€75.00 charged.');
  } finally {
    await site.stop();
  }
});

test('a page that may keep nothing says so', async ({ page }) => {
  const site = await servePlayground();
  try {
    // A sandboxed page has an origin of its own, and no storage: what browsers give where site data is turned off.
    await page.route(`${site.origin}/**`, async (route) => {
      // A connection kept alive may be closed by the server just as it is used again.
      const response = await route.fetch({ maxRetries: 3 });
      const headers = { ...response.headers(), 'access-control-allow-origin': '*' };
      const isPage = route.request().resourceType() === 'document';
      const policy = isPage ? { 'content-security-policy': 'sandbox allow-scripts' } : {};
      // The page may be gone by then.
      await route.fulfill({ response, headers: { ...headers, ...policy } }).catch(() => {});
    });
    await page.goto(`${site.origin}/library.html`);
    await expect(page.getByText('This page may not keep plug-ins')).toBeVisible();
  } finally {
    await site.stop();
  }
});

test('a browser that gives no more room says so, and keeps no half of a plug-in', async ({
  browser,
  browserName,
  playwright,
}) => {
  const site = await servePlayground();
  // In kilobytes, for all sites together.
  const firefoxUserPrefs = { 'dom.quotaManager.temporaryStorage.fixedLimit': 4_096 };
  const own =
    browserName === 'firefox'
      ? await playwright.firefox.launch({ ...launchOptions('firefox'), firefoxUserPrefs })
      : null;
  const context = await (own ?? browser).newContext();
  const page = await context.newPage();
  const checkout = withPointer(page);
  try {
    if (browserName === 'chromium') {
      const devtools = await context.newCDPSession(page);
      await devtools.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: 4_000_000 });
    }
    await page.goto(`${site.origin}/library.html`);
    await expect(page.getByText('No plug-ins yet.')).toBeVisible();
    await checkout.chooseWith('Choose a file', large(6_000_000));
    await checkout.answer('Add');
    await expect(page.getByText('There is no room left')).toBeVisible();
    await expect(page.getByText('No plug-ins yet.')).toBeVisible();
  } finally {
    await context.close();
    await own?.close();
    await site.stop();
  }
});

test('in a private window of Firefox plug-ins are kept as long as it is open', async ({ browserName, playwright }) => {
  test.skip(browserName !== 'firefox', 'the other journeys in Chromium are in private windows anyway');
  const site = await servePlayground();
  const firefoxUserPrefs = { 'browser.privatebrowsing.autostart': true };
  const own = await playwright.firefox.launch({ ...launchOptions('firefox'), firefoxUserPrefs });
  try {
    const page = await own.newPage();
    const checkout = withPointer(page);
    await page.goto(`${site.origin}/library.html`);
    await expect(page.getByText('No plug-ins yet.')).toBeVisible();
    await checkout.chooseWith('Choose a file', discount('1.0.0'));
    await checkout.answer('Add');
    await checkout.charge('€90.00 charged.');
    await page.reload();
    await expect(page.getByText('Manage Discount')).toBeVisible();
    await checkout.charge('€90.00 charged.');
  } finally {
    await own.close();
    await site.stop();
  }
});
