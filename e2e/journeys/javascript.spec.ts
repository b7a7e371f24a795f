import { zipSync } from 'fflate';
import { type Chosen, withPointer } from './checkout-page.js';
import { expect, servePlayground, test } from './playground-page.js';

const host = 'rates.example.org';

const main = `import { priceOf, type Order } from './lib/price';

export const before_charge = plugin((order: Order): Order => ({ ...order, total: priceOf(order) }));
`;

const price = `export interface Order { total: number }

export function priceOf({ total }: Order): number {
  const answer: Order = JSON.parse(Http.request({ url: 'https://${host}/total.json' }).body);
  if (answer.total < 0) throw new RangeError(\`a negative price instead of \${total}\`);
  return answer.total;
}
`;

/** Returns a plug-in of two TypeScript files, as its author would publish it. */
function bundle(): Chosen {
  const manifest = {
    wasm: [{ url: 'main.ts' }],
    plugin: {
      id: 'org.example.prices',
      name: 'Prices',
      version: '1.0.0',
      permissions: [{ host, reason: 'reads prices' }],
    },
  };
  const files = { 'manifest.json': JSON.stringify(manifest), 'main.ts': main, 'lib/price.ts': price };
  const entries = Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)] as const);
  const buffer = Buffer.from(zipSync(Object.fromEntries(entries)));
  return { name: 'prices.zip', mimeType: 'application/zip', buffer };
}

test('a user adds a plug-in of two TypeScript files, allows its host, and sees where it failed', async ({ page }) => {
  test.setTimeout(240_000);
  const site = await servePlayground();
  const checkout = withPointer(page);
  const { hands, sheet } = checkout;
  let total = 80;
  try {
    await page.route(`https://${host}/**`, (route) =>
      route.fulfill({ json: { total }, headers: { 'access-control-allow-origin': '*' } }),
    );
    await page.goto(`${site.origin}/library.html`);
    await checkout.chooseWith('Choose a file', bundle());
    await expect(sheet.getByRole('heading', { name: 'Add Prices 1.0.0?' })).toBeVisible();
    await expect(sheet.getByText('Before the card is charged')).toBeVisible();
    await expect(sheet.getByText('reads prices')).toBeVisible();
    await checkout.canAnswer();
    await hands.tick('Allow');
    await checkout.answer('Add');
    await expect(page.getByText('Prices is installed.')).toBeVisible();
    await checkout.charge('€80.00 charged.');
    total = -1;
    await checkout.charge('€100.00 charged.');
    const log = page.getByRole('log');
    await expect(log.getByText('RangeError: a negative price instead of 100')).toBeVisible();
    await expect(log.getByText('at priceOf (lib/price.ts:5)')).toBeVisible();
  } finally {
    await site.stop();
  }
});
