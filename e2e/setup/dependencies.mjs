// Installs the npm dependencies when they are missing or differ from the lock file. Needs only Node.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, say } from './processes.mjs';

/** @typedef {{ version?: string, optional?: boolean, devOptional?: boolean }} LockedPackage */

/**
 * @param {string} file
 * @returns {Map<string, LockedPackage>}
 */
function lockedPackages(file) {
  if (!existsSync(file)) return new Map();
  /** @type {{ packages?: Record<string, LockedPackage> }} */
  const { packages = {} } = JSON.parse(readFileSync(file, 'utf8'));
  return new Map(Object.entries(packages).filter(([path]) => path !== ''));
}

function installedAsLocked() {
  const installed = lockedPackages(join(root, 'node_modules/.package-lock.json'));
  const locked = lockedPackages(join(root, 'package-lock.json'));
  // Most optional packages are for other platforms.
  return Array.from(locked).every(
    ([path, { version, optional }]) => optional === true || installed.get(path)?.version === version,
  );
}

/** Installs the dependencies if needed, and ends the process with a message when that fails. */
export async function ensureDependencies() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    say(`Tenon's tools: expected Node 20.19 or newer, found ${process.versions.node}.`);
    process.exit(1);
  }
  if (installedAsLocked()) return say('npm dependencies: up to date.');
  say('npm dependencies: installing (about half a minute)...');
  const command = existsSync(join(root, 'node_modules')) ? 'install' : 'ci';
  const environment = { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' };
  if (await run('npm', [command, '--no-audit', '--no-fund'], { quiet: true, environment })) return undefined;
  say('npm could not install the dependencies: see its messages above.');
  return process.exit(1);
}
