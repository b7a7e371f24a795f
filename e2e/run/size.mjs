// What an app pays: the gzipped size of each published file against its budget.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root, say } from '../setup/processes.mjs';

const kibibyte = 1024;
/** `beside`: an entry that an app has loaded anyway; what the two share counts once. */
const budgets = [
  { entry: 'index.js', what: 'page entry', limitBytes: 12 * kibibyte },
  { entry: 'plan.js', what: 'first plug-in', limitBytes: 18 * kibibyte },
  { entry: 'worker.js', what: 'worker', limitBytes: 20 * kibibyte },
  { entry: 'loader.js', what: 'loader', limitBytes: 16 * kibibyte },
  { entry: 'library.js', what: 'library', limitBytes: 12 * kibibyte, beside: 'index.js' },
  { entry: 'extism.js', what: 'drop-in', limitBytes: 11 * kibibyte, beside: 'index.js' },
  { entry: 'wasi.js', what: 'wasi', limitBytes: 14 * kibibyte },
  { entry: 'elements.js', what: 'elements', limitBytes: 25 * kibibyte, beside: 'index.js' },
  { entry: 'hash.js', what: 'hash', limitBytes: 4 * kibibyte },
  { entry: 'meter.js', what: 'meter', limitBytes: 12 * kibibyte },
  { entry: 'service-worker.js', what: 'held requests', limitBytes: 2 * kibibyte },
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

/** Prints the table; true when every file is within its budget. */
export function checkSizes() {
  let ok = true;
  for (const { entry, what, limitBytes, beside } of budgets) {
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
  }
  return ok;
}
