// Finds the browsers that tests need and installs missing ones: as Debian packages on Debian, else as Playwright's builds.
import { existsSync, readFileSync } from 'node:fs';
import { installedEngines, webkitPaths } from './browsers.mjs';
import { run, say, tool } from './processes.mjs';

/** @typedef {import('./browsers.mjs').Engine} Engine */

/** By a file that the package installs: the name of the package. */
const debianPackages = new Map([
  ['/usr/bin/chromium', 'chromium'],
  ['/usr/bin/chromium-headless-shell', 'chromium-headless-shell'],
  ['/usr/bin/firefox-esr', 'firefox-esr'],
  ['/usr/bin/WebKitWebDriver', 'webkit2gtk-driver'],
  ['/usr/bin/Xvfb', 'xvfb'],
  ['/usr/bin/dbus-run-session', 'dbus'],
  ['/usr/bin/dbus-launch', 'dbus-x11'],
  ['/usr/bin/xauth', 'xauth'],
]);

function onDebian() {
  return existsSync('/etc/os-release') && /^ID=debian$/mu.test(readFileSync('/etc/os-release', 'utf8'));
}

async function installDebianPackages() {
  const missing = Array.from(debianPackages, ([file, name]) => (existsSync(file) ? [] : [name])).flat();
  if (missing.length === 0) return;
  say(`Browsers: installing the Debian packages ${missing.join(', ')} (a few minutes)...`);
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  const updated = await run('apt-get', ['update'], { quiet: true, environment });
  if (!updated) say('Browsers: apt-get update failed; continuing with the existing package lists.');
  const options = { quiet: true, environment, timeoutMs: 1_200_000 };
  const installed = await run('apt-get', ['install', '-y', ...missing], options);
  if (!installed) say('Browsers: apt-get could not install them: see its messages above.');
}

/** @param {readonly Engine[]} missing */
async function installPlaywrightBuilds(missing) {
  say(`Browsers: downloading Playwright's builds of ${missing.join(', ')}...`);
  const installed = await tool('playwright', ['install', ...missing], { timeoutMs: 1_200_000 });
  if (!installed) say('Browsers: Playwright could not download them.');
}

/** @returns {Promise<readonly Engine[]>} */
async function missingEngines() {
  const installed = await installedEngines();
  return /** @type {const} */ (['chromium', 'firefox', 'webkit']).filter((engine) => !installed[engine]);
}

/**
 * Installs missing browsers. Returns the engines that remain unavailable, each with the reason.
 * @returns {Promise<Map<Engine, string>>}
 */
export async function ensureBrowsers() {
  const debianRoot = onDebian() && process.getuid?.() === 0;
  if (debianRoot) await installDebianPackages();
  else if ((await missingEngines()).length > 0) await installPlaywrightBuilds(await missingEngines());
  const missing = await missingEngines();
  if (missing.length === 0) say(`Browsers: Chromium, Firefox and WebKit are installed.`);
  const way = debianRoot ? 'apt-get could not install it' : 'Playwright could not download it';
  const reasons = new Map(missing.map((engine) => [engine, `${engine} is not installed, and ${way}`]));
  if (onDebian() && !debianRoot && webkitPaths() === undefined && reasons.has('webkit')) {
    reasons.set('webkit', 'WebKit is not installed; on Debian, as root: apt-get install webkit2gtk-driver xvfb dbus');
  }
  return reasons;
}

/**
 * Returns those engines of `possible` that are installed and named by `list` (such as `chromium,firefox`; without a list, all).
 * Installs missing ones first. Throws when none is available, because a run without engines would prove nothing.
 * @template {Engine} One
 * @param {readonly One[]} possible
 * @param {string | undefined} list
 */
export async function ensureEngines(possible, list) {
  const asked = possible.filter((one) => list?.split(',').includes(one) ?? true);
  const installed = await installedEngines();
  if (asked.length > 0 && asked.every((engine) => installed[engine])) return asked;
  const missing = await ensureBrowsers();
  const here = asked.filter((engine) => !missing.has(engine));
  if (here.length > 0) return here;
  throw new Error(
    Array.from(missing.values()).join('; ') || `--engines: expected some of ${possible.join(', ')}, found "${list}"`,
  );
}
