import { expect, test } from '@playwright/test';
import { compareAll, serveDifferential } from '../fuzz/differential/run.mjs';

/** The gate refuses about half of the hostile modules. */
const fewest = 300;

test('every module of the tests and of the hostile plug-ins behaves in the same way when it is metered', async ({
  page,
}) => {
  test.setTimeout(900_000);
  const { site, modules, features } = await serveDifferential();
  try {
    await page.goto(`${site.origin}/differential/page/`);
    const tally = await compareAll(page, modules());
    process.stdout.write(`  ${tally.modules} modules, ${tally.compared} compared with their metered versions\n`);
    process.stdout.write(`  among them a module for each of: ${tally.features.join(', ')}\n`);
    expect(tally.faults).toEqual([]);
    expect(tally.features, 'features of WebAssembly').toEqual(features);
    expect(tally.compared, 'modules compared').toBeGreaterThan(fewest);
  } finally {
    await site.stop();
  }
});
