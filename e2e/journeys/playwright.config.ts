import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';
import { engineLaunchOptions, launchOptions } from '../setup/browsers.mjs';

const wanted = (process.env['TENON_ENGINES'] ?? 'chromium,firefox').split(',');

/** The files that are steps of `npm test`; all others form the step `journeys`. */
const parts = ['specs', 'hostile', 'generated', 'network', 'differential'];
const part = process.env['TENON_PART'];
const files = parts.map((name) => `**/${name}.spec.ts`);

const inFull = process.env['TENON_EVERYTHING'] !== undefined;

/**
 * Files of one engine: a colour scheme, whose faults are those of the style sheet, and the playground's controls, whose faults are those
 * of the page. Chromium looks at the playground in both schemes. `npm run soak -- journeys` runs every journey in both engines.
 */
const ofTheOther = {
  chromium: ['**/library-dark.spec.ts', '**/playground-light.spec.ts'],
  firefox: [
    '**/library-light.spec.ts',
    '**/playground-light.spec.ts',
    '**/playground-dark.spec.ts',
    '**/playground.spec.ts',
    '**/playground-access.spec.ts',
    '**/playground-files.spec.ts',
  ],
};

/** The tag of journeys that would show a fault in any engine: Chromium runs them. */
const anyEngine = /@any-engine/u;

export default defineConfig({
  testDir: '.',
  ...(part !== undefined && parts.includes(part) ? { testMatch: `**/${part}.spec.ts` } : {}),
  outputDir: fileURLToPath(new URL('../../test-results/journeys', import.meta.url)),
  timeout: 180_000,
  // Workers may be slow to start on a busy machine.
  expect: { timeout: 60_000 },
  // `npm test` runs three such processes at a time, for two cores.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env['CI'] !== undefined,
  retries: 0,
  reporter: process.env['TENON_JOURNEYS_JSON']
    ? [['list'], ['json', { outputFile: process.env['TENON_JOURNEYS_JSON'] }]]
    : [['list']],
  // Traces double the time. Set TENON_TRACE=1 to record them.
  use: { trace: process.env['TENON_TRACE'] === undefined ? 'off' : 'retain-on-failure' },
  projects: (['chromium', 'firefox'] as const)
    .filter((engine) => wanted.includes(engine))
    .map((engine) => {
      const { channel, ...options } = inFull ? launchOptions(engine) : engineLaunchOptions(engine);
      return {
        name: engine,
        testIgnore: part === 'journeys' ? [...files, ...(inFull ? [] : ofTheOther[engine])] : [],
        ...(engine === 'firefox' && part === 'journeys' && !inFull ? { grepInvert: anyEngine } : {}),
        use: { browserName: engine, ...(channel === undefined ? {} : { channel }), launchOptions: options },
      };
    }),
});
