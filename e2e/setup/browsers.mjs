// Which browsers this machine has, and how each must be started. System packages come first (they are what Debian offers);
// elsewhere Playwright's own builds are used. Imported by vite.config.ts, the Playwright configuration and the runners.
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
 * Playwright launch options for an engine, whether or not the browser is there. Looked up at each call: a set-up asks before
 * and after it has installed browsers.
 * @param {'chromium' | 'firefox'} engine
 * @returns {LaunchOptions}
 */
export function launchOptions(engine) {
  if (engine === 'chromium') {
    const systemChromium = firstExisting(['/usr/bin/chromium']);
    return { args: quietChromium, ...(systemChromium === undefined ? {} : { executablePath: systemChromium }) };
  }
  const systemFirefox = firstExisting(['/usr/bin/firefox-esr']);
  // A stock Firefox is driven over WebDriver BiDi; Playwright's own build has its own protocol and needs no channel.
  return systemFirefox === undefined ? {} : { channel: 'moz-firefox', executablePath: systemFirefox };
}

/**
 * Where WebKitGTK's driver and its small browser are, if they are installed.
 * @returns {WebKitPaths | undefined}
 */
export function webkitPaths() {
  const driver = firstExisting(['/usr/bin/WebKitWebDriver']);
  const libraries = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((folder) => join('/usr/lib', folder)) : [];
  const miniBrowser = firstExisting(libraries.map((folder) => join(folder, 'webkit2gtk-4.1/MiniBrowser')));
  return driver === undefined || miniBrowser === undefined ? undefined : { driver, miniBrowser };
}

/**
 * Whether Playwright can start the engine: as a system package, or as a build it has downloaded.
 * @param {'chromium' | 'firefox'} engine
 * @returns {Promise<boolean>}
 */
async function playwrightHas(engine) {
  if (launchOptions(engine).executablePath !== undefined) return true;
  const playwright = await import('playwright');
  return existsSync(playwright[engine].executablePath());
}

/**
 * The engines tests can run in, on this machine, now.
 * @returns {Promise<Record<Engine, boolean>>}
 */
export async function installedEngines() {
  return {
    chromium: await playwrightHas('chromium'),
    firefox: await playwrightHas('firefox'),
    webkit: webkitPaths() !== undefined && existsSync('/usr/bin/Xvfb'),
  };
}
