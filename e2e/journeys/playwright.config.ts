import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';
import { launchOptions } from '../setup/browsers.mjs';

const wanted = (process.env['TENON_ENGINES'] ?? 'chromium,firefox').split(',');

/** Files that are steps of `npm test` by themselves; the rest is the step `journeys`. */
const parts = ['specs', 'hostile', 'generated', 'network', 'differential'];
const part = process.env['TENON_PART'];
const files = parts.map((name) => `**/${name}.spec.ts`);

export default defineConfig({
  testDir: '.',
  ...(part !== undefined && parts.includes(part) ? { testMatch: `**/${part}.spec.ts` } : {}),
  ...(part === 'journeys' ? { testIgnore: files } : {}),
  outputDir: fileURLToPath(new URL('../../test-results/journeys', import.meta.url)),
  timeout: 60_000,
  // A busy machine may take its time over a worker; what never comes fails all the same.
  expect: { timeout: 15_000 },
  // `npm test` runs two such processes at once where nothing is measured: two cores.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env['CI'] !== undefined,
  retries: 0,
  reporter: process.env['TENON_JOURNEYS_JSON']
    ? [['list'], ['json', { outputFile: process.env['TENON_JOURNEYS_JSON'] }]]
    : [['list']],
  // A trace films the page, and doubles the time: TENON_TRACE=1 for whoever looks into a failure.
  use: { trace: process.env['TENON_TRACE'] === undefined ? 'off' : 'retain-on-failure' },
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
