import { expect, test } from '@playwright/test';
import { runGenerated, serveGenerated } from '../fuzz/generated/run.mjs';

const wanted = { seed: Number(process.env['TENON_SEED'] ?? 1), count: Number(process.env['TENON_GENERATED'] ?? 1_000) };

test(`${wanted.count} generated modules each end in values or typed errors`, async ({ page }) => {
  test.setTimeout(1_800_000);
  const site = await serveGenerated(wanted);
  try {
    await page.goto(`${site.origin}/`);
    const { faults } = await runGenerated(page, wanted);
    expect(faults).toEqual([]);
  } finally {
    await site.stop();
  }
});
