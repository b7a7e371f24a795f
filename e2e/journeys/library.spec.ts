import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from '@playwright/test';
import { example, expect, servePlayground, test } from './playground-page.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Chosen {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** The discount as its author would publish it. */
function discount(version: string, hosts: readonly string[]): Chosen {
  const data = example('discount.wasm').buffer.toString('base64');
  const permissions = hosts.map((host) => ({ host, reason: `reads rates from ${host}` }));
  const settings = {
    properties: { percent: { type: 'number', title: 'Percent off', minimum: 0, maximum: 100, default: 10 } },
  };
  const plugin = { id: 'org.example.discount', name: 'Discount', version, permissions, settings };
  const manifest = JSON.stringify({ wasm: [{ data }], plugin });
  return { name: 'discount.json', mimeType: 'application/json', buffer: Buffer.from(manifest) };
}

/** The checkout, as someone sees it who adds plug-ins. */
class Checkout {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async charge(expected: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Charge the card' }).click();
    await expect(this.page.getByText(expected, { exact: true })).toBeVisible();
  }

  async choose(file: Chosen): Promise<void> {
    await this.page.locator('plugin-upload input[type=file]').setInputFiles(file);
  }

  async answer(button: string): Promise<void> {
    await this.page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click();
    await expect(this.page.getByRole('dialog')).toBeHidden();
  }

  right(host: string): ReturnType<Page['getByLabel']> {
    return this.page.getByLabel(`Discount: Talk to ${host}`);
  }

  /** As a person does: Firefox's driver would put what it fills in behind what is there. */
  async setPercent(percent: string): Promise<void> {
    await this.page.getByLabel('Percent off').focus();
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.type(percent);
  }

  async clean(state: string): Promise<void> {
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate<AxeResults>('axe.run()');
    const bad = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(
      bad.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
      state,
    ).toEqual([]);
  }
}

test('a user adds a plug-in, uses it offline, decides about hosts, updates, rolls back, turns off, removes', async ({
  page,
}) => {
  test.setTimeout(180_000);
  const site = await servePlayground();
  const checkout = new Checkout(page);
  try {
    await page.goto(`${site.origin}/library.html`);
    await expect(page.getByText('No plug-ins yet.')).toBeVisible();
    await expect(page.getByText('Works offline')).toBeVisible();
    await checkout.clean('empty');
    await checkout.charge('€100.00 charged.');

    await checkout.choose(discount('1.0.0', ['a.example.org']));
    const sheet = page.getByRole('dialog');
    await expect(sheet.getByRole('heading', { name: 'Add Discount 1.0.0?' })).toBeVisible();
    await expect(sheet.getByText('Before the card is charged')).toBeVisible();
    await expect(sheet.getByText('reads rates from a.example.org')).toBeVisible();
    await expect(sheet.getByRole('button', { name: 'Do not add' })).toBeFocused();
    await checkout.clean('asking');
    await sheet.getByLabel('Allow', { exact: true }).check();
    await checkout.answer('Add');
    await expect(page.getByText('Discount is installed.')).toBeVisible();
    await checkout.charge('€90.00 charged.');

    await site.stop();
    await page.reload();
    await checkout.charge('€90.00 charged.');

    await page.getByText('Manage Discount').click();
    await expect(checkout.right('a.example.org')).toHaveValue('always');
    await checkout.right('a.example.org').selectOption('Not allowed');
    await expect(page.getByText('Talk to a.example.org: Not allowed.')).toBeVisible();
    await checkout.charge('€90.00 charged.');
    await checkout.right('a.example.org').selectOption('Allowed');
    await expect(page.getByText('Talk to a.example.org: Allowed.')).toBeVisible();
    await checkout.setPercent('150');
    await page.getByRole('button', { name: 'Save settings' }).click();
    await expect(page.getByText('expected at most 100')).toBeVisible();
    await checkout.clean('a wrong setting');
    await checkout.setPercent('25');
    await page.getByRole('button', { name: 'Save settings' }).click();
    await expect(page.getByText('Saved.')).toBeVisible();
    await checkout.charge('€75.00 charged.');

    await page
      .getByLabel('New version of Discount')
      .setInputFiles(discount('2.0.0', ['a.example.org', 'b.example.org']));
    await expect(sheet.getByRole('heading', { name: 'Update Discount from 1.0.0 to 2.0.0?' })).toBeVisible();
    await expect(sheet.getByRole('radio')).toHaveCount(3); // one right
    await expect(sheet.getByText('Talk to b.example.org')).toBeVisible();
    await checkout.answer('Update');
    await expect(page.getByRole('heading', { name: 'Discount 2.0.0' })).toBeVisible();
    await expect(checkout.right('b.example.org')).toHaveValue('deny');
    await page.getByRole('button', { name: 'Go back to 1.0.0' }).click();
    await expect(page.getByRole('heading', { name: 'Discount 1.0.0' })).toBeVisible();
    await checkout.charge('€75.00 charged.');

    await page.getByRole('switch', { name: 'Discount is on' }).uncheck();
    await expect(page.getByText('Discount is off.')).toBeVisible();
    await checkout.charge('€100.00 charged.');
    await checkout.clean('turned off');
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await expect(page.getByRole('button', { name: 'Keep it' })).toBeFocused();
    await page.getByRole('button', { name: 'Remove it' }).click();
    await expect(page.getByText('No plug-ins yet.')).toBeVisible();
    await checkout.charge('€100.00 charged.');
  } finally {
    await site.stop();
  }
});

test('the same through the keyboard alone', async ({ page, browserName }) => {
  test.setTimeout(120_000);
  const site = await servePlayground();
  const checkout = new Checkout(page);
  const tabTo = async (name: string): Promise<void> => {
    for (let steps = 0; steps < 80; steps += 1) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(() => {
        let active = document.activeElement;
        while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
        const label = active instanceof HTMLInputElement ? (active.labels?.[0]?.textContent ?? '') : '';
        return (active?.getAttribute('aria-label') ?? (label || (active?.textContent ?? ''))).trim();
      });
      if (focused === name) return;
    }
    throw new Error(`Tab never reaches "${name}" in ${browserName}`);
  };
  const press = async (name: string, key: string = 'Enter'): Promise<void> => {
    await tabTo(name);
    await page.keyboard.press(key);
  };
  try {
    await page.goto(`${site.origin}/library.html`);
    await expect(page.getByText('No plug-ins yet.')).toBeVisible();
    await press('Add the discount example');
    const sheet = page.getByRole('dialog');
    await expect(sheet.getByRole('button', { name: 'Do not add' })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(page.getByText('Nothing was installed.')).toBeVisible();
    await press('Add the discount example');
    await expect(sheet.getByRole('button', { name: 'Do not add' })).toBeFocused();
    await press('Add');
    await expect(page.getByText('is installed.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Choose a file' })).toBeFocused();
    await checkout.page.reload();
    await expect(page.getByText('Manage discount')).toBeVisible();
    await press('Charge the card');
    await expect(page.getByText('€90.00 charged.')).toBeVisible();
    await press('discount is on', 'Space');
    await expect(page.getByText('discount is off.')).toBeVisible();
    await press('Manage discount');
    await press('Remove');
    await expect(page.getByRole('button', { name: 'Keep it' })).toBeFocused();
    await press('Remove it');
    await expect(page.getByText('No plug-ins yet.')).toBeVisible();
  } finally {
    await site.stop();
  }
});

test('a page that may keep nothing says so', async ({ page }) => {
  const site = await servePlayground();
  try {
    // A sandboxed page has an origin of its own, and no storage: what browsers give where site data is turned off.
    await page.route(`${site.origin}/**`, async (route) => {
      const response = await route.fetch();
      const headers = { ...response.headers(), 'access-control-allow-origin': '*' };
      const isPage = route.request().resourceType() === 'document';
      const policy = isPage ? { 'content-security-policy': 'sandbox allow-scripts' } : {};
      await route.fulfill({ response, headers: { ...headers, ...policy } });
    });
    await page.goto(`${site.origin}/library.html`);
    await expect(page.getByText('This page may not keep plug-ins')).toBeVisible();
  } finally {
    await site.stop();
  }
});

test('a browser that gives no more room says so, and keeps no half of a plug-in', async ({ page, browserName }) => {
  test.skip(browserName !== 'chromium', 'only Chromium lets a test set how much room a site has');
  const site = await servePlayground();
  const checkout = new Checkout(page);
  try {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: 20_000 });
    await page.goto(`${site.origin}/library.html`);
    await expect(page.getByText('No plug-ins yet.')).toBeVisible();
    await checkout.choose(example('kitchen_sink.wasm'));
    await checkout.answer('Add');
    await expect(page.getByText('There is no room left')).toBeVisible();
    await expect(page.getByText('No plug-ins yet.')).toBeVisible();
  } finally {
    await site.stop();
  }
});
