// What an app pays: the gzipped size of each published file against its budget.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root, say } from '../setup/processes.mjs';

const kibibyte = 1024;
/** How far the README may be from what is measured. */
const looseKib = 0.3;
/** `beside`: an entry that an app has loaded anyway; what the two share counts once. `told`: where the README says it. */
const budgets = [
  { entry: 'index.js', what: 'page entry', limitBytes: 12 * kibibyte, told: /at once (\d+\.\d)/u },
  { entry: 'plan.js', what: 'first plug-in', limitBytes: 19 * kibibyte, told: /first plug-in (\d+\.\d)/u },
  { entry: 'worker.js', what: 'worker', limitBytes: 20 * kibibyte, told: /`worker\.js` (\d+\.\d)/u },
  { entry: 'loader.js', what: 'loader', limitBytes: 18 * kibibyte, told: /`loader\.js` (\d+\.\d)/u },
  { entry: 'library.js', what: 'library', limitBytes: 12 * kibibyte, beside: 'index.js', told: /library` (\d+\.\d)/u },
  { entry: 'extism.js', what: 'drop-in', limitBytes: 11 * kibibyte, beside: 'index.js', told: /extism` (\d+\.\d)/u },
  { entry: 'wasi.js', what: 'wasi', limitBytes: 14 * kibibyte, told: /`wasi\.js` (\d+\.\d)/u },
  {
    entry: 'elements.js',
    what: 'elements',
    limitBytes: 25 * kibibyte,
    beside: 'index.js',
    told: /elements` (\d+\.\d)/u,
  },
  { entry: 'hash.js', what: 'hash', limitBytes: 4 * kibibyte },
  { entry: 'meter.js', what: 'meter', limitBytes: 16 * kibibyte, told: /`meter\.js` (\d+\.\d)/u },
  { entry: 'service-worker.js', what: 'long-polled requests', limitBytes: 2 * kibibyte },
];

/**
 * An entry and every file it imports at once; what it imports on demand has a budget of its own.
 * @param {string} entry
 * @returns {string[]}
 */
function withImports(entry) {
  /** @type {Set<string>} */
  const files = new Set();
  const queue = [entry];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const code = readFileSync(file, 'utf8');
    for (const [, path = ''] of code.matchAll(/(?:from|import)\s*["'](\.{1,2}\/[^"']+)["']/gu)) {
      queue.push(join(dirname(file), path));
    }
  }
  return Array.from(files);
}

/** Prints the table; true when every file is within its budget, and the README says so. */
export function checkSizes() {
  let ok = true;
  const readme = readFileSync(join(root, 'README.md'), 'utf8').split('## Size')[1] ?? '';
  for (const { entry, what, limitBytes, beside, told } of budgets) {
    const file = join(root, 'dist', entry);
    if (!existsSync(file)) {
      say(`  ${what.padEnd(13)} dist/${entry} is missing`);
      ok = false;
      continue;
    }
    const shared = beside === undefined ? [] : withImports(join(root, 'dist', beside));
    const own = withImports(file).filter((one) => !shared.includes(one));
    const bytes = own.reduce((sum, one) => sum + gzipSync(readFileSync(one), { level: 9 }).length, 0);
    const within = bytes <= limitBytes;
    const kib = (/** @type {number} */ value) => (value / kibibyte).toFixed(2).padStart(6);
    say(`  ${what.padEnd(13)} ${kib(bytes)} KiB of ${kib(limitBytes)} KiB gzip${within ? '' : '  OVER BUDGET'}`);
    ok &&= within;
    if (told === undefined) continue;
    const saidKib = Number(told.exec(readme)?.[1] ?? Number.NaN);
    if (Math.abs(saidKib - bytes / kibibyte) <= looseKib) continue;
    say(`  ${what.padEnd(13)} the README says ${saidKib} KiB, under "Size"`);
    ok = false;
  }
  return ok;
}
