// Finds the browsers of this machine and how to start each. System packages are preferred, because Debian offers them;
// elsewhere Playwright's builds are used. Imported by vite.config.ts, the Playwright configuration and the runners.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {'chromium' | 'firefox' | 'webkit'} Engine */
/** @typedef {{ executablePath?: string, channel?: string, args?: string[] }} LaunchOptions */
/** @typedef {{ driver: string, miniBrowser: string }} WebKitPaths */

const quietChromium = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * @param {string[]} candidates
 * @returns {string | undefined}
 */
function firstExisting(candidates) {
  return candidates.find((path) => existsSync(path));
}

/**
 * Returns Playwright's launch options for an engine, installed or not. Nothing is cached, because set-up calls this before and
 * after it installs browsers.
 * @param {'chromium' | 'firefox'} engine
 * @returns {LaunchOptions}
 */
export function launchOptions(engine) {
  if (engine === 'chromium') {
    const systemChromium = firstExisting(['/usr/bin/chromium']);
    return { args: quietChromium, ...(systemChromium === undefined ? {} : { executablePath: systemChromium }) };
  }
  const systemFirefox = firstExisting(['/usr/bin/firefox-esr']);
  // Playwright drives a stock Firefox over WebDriver BiDi; its own build has another protocol and needs no channel.
  return systemFirefox === undefined ? {} : { channel: 'moz-firefox', executablePath: systemFirefox };
}

/**
 * Returns Playwright's launch options for tests that need an engine, but no browser around it: Chromium's headless shell, where it
 * is installed, takes 40 percent less processor time to start workers. Soaks and benchmarks use `launchOptions`, and journeys that start a
 * browser of their own: with a profile, a back-forward cache or a renderer that crashes.
 * @param {'chromium' | 'firefox'} engine
 * @returns {LaunchOptions}
 */
export function engineLaunchOptions(engine) {
  const shell = engine === 'chromium' ? firstExisting(['/usr/bin/chromium-headless-shell']) : undefined;
  if (shell === undefined) return launchOptions(engine);
  // Without its crash reporter, Debian's shell has no trap handler, and a guest's access out of bounds ends the page's process.
  return { executablePath: shell, args: [...quietChromium, '--enable-crash-reporter'] };
}

/**
 * Returns the paths of WebKitGTK's driver and its small browser, if they are installed.
 * @returns {WebKitPaths | undefined}
 */
export function webkitPaths() {
  const driver = firstExisting(['/usr/bin/WebKitWebDriver']);
  const libraries = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((folder) => join('/usr/lib', folder)) : [];
  const miniBrowser = firstExisting(libraries.map((folder) => join(folder, 'webkit2gtk-4.1/MiniBrowser')));
  return driver === undefined || miniBrowser === undefined ? undefined : { driver, miniBrowser };
}

/**
 * Returns whether Playwright can start the engine, from a system package or from a build that it has downloaded.
 * @param {'chromium' | 'firefox'} engine
 * @returns {Promise<boolean>}
 */
async function playwrightHas(engine) {
  if (launchOptions(engine).executablePath !== undefined) return true;
  const playwright = await import('playwright');
  return existsSync(playwright[engine].executablePath());
}

/**
 * Returns the engines in which tests can run on this machine.
 * @returns {Promise<Record<Engine, boolean>>}
 */
export async function installedEngines() {
  return {
    chromium: await playwrightHas('chromium'),
    firefox: await playwrightHas('firefox'),
    webkit: webkitPaths() !== undefined && existsSync('/usr/bin/Xvfb'),
  };
}
