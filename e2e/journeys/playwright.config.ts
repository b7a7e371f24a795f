import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';
import { launchOptions } from '../setup/browsers.mjs';

const wanted = (process.env['TENON_ENGINES'] ?? 'chromium,firefox').split(',');

export default defineConfig({
  testDir: '.',
  outputDir: fileURLToPath(new URL('../../test-results/journeys', import.meta.url)),
  timeout: 60_000,
  // A busy machine may take its time over a worker; what never comes fails all the same.
  expect: { timeout: 15_000 },
  // Two cores, and some tests measure time: one at a time.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env['CI'] !== undefined,
  retries: 0,
  reporter: process.env['TENON_JOURNEYS_JSON']
    ? [['list'], ['json', { outputFile: process.env['TENON_JOURNEYS_JSON'] }]]
    : [['list']],
  use: { trace: 'retain-on-failure' },
  projects: (['chromium', 'firefox'] as const)
    .filter((engine) => wanted.includes(engine))
    .map((engine) => {
      const { channel, ...options } = launchOptions(engine);
      return {
        name: engine,
        use: { browserName: engine, ...(channel === undefined ? {} : { channel }), launchOptions: options },
      };
    }),
});
