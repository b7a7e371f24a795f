import type * as fileSystem from 'node:fs';
import { expect, test, vi } from 'vitest';
import { engineLaunchOptions, installedEngines, launchOptions } from './browsers.mjs';

/** Files that exist only for the code under test. */
const appeared = vi.hoisted(() => new Set<string>());
const shell = '/usr/bin/chromium-headless-shell';
const browsers = ['/usr/bin/chromium', shell, '/usr/bin/firefox-esr', '/usr/bin/WebKitWebDriver', '/usr/bin/Xvfb'];

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fileSystem>();
  return {
    ...real,
    existsSync: (path: string) => (browsers.includes(path) ? appeared.has(path) : real.existsSync(path)),
  };
});

test('a browser that was installed a moment ago is found by the process that installed it', async () => {
  appeared.clear();
  expect(launchOptions('chromium')).not.toHaveProperty('executablePath');
  expect(launchOptions('firefox')).toEqual({});
  for (const path of browsers) appeared.add(path);
  expect(launchOptions('chromium')).toHaveProperty('executablePath', '/usr/bin/chromium');
  expect(launchOptions('firefox')).toHaveProperty('executablePath', '/usr/bin/firefox-esr');
  expect(await installedEngines()).toMatchObject({ chromium: true, firefox: true });
});

test('an engine alone is the headless shell where it is installed, else the browser', () => {
  appeared.clear();
  appeared.add('/usr/bin/chromium');
  expect(engineLaunchOptions('chromium')).toEqual(launchOptions('chromium'));
  appeared.add(shell);
  expect(engineLaunchOptions('chromium')).toHaveProperty('executablePath', shell);
  expect(engineLaunchOptions('firefox')).toEqual(launchOptions('firefox'));
});
