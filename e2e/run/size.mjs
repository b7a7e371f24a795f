// Compares the gzipped size of each published file with its budget.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { entries } from '../setup/entries.mjs';
import { root, say } from '../setup/processes.mjs';

const kibibyte = 1024;
/** The largest difference between the README and the measured size. */
const toleranceKib = 0.3;
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

/**
 * The size that the README names behind a label.
 * @param {string} section
 * @param {string} label
 */
function sizeInReadme(section, label) {
  const escaped = label.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&');
  return Number(new RegExp(`${escaped} (\\d+\\.\\d)`, 'u').exec(section)?.[1] ?? Number.NaN);
}

/**
 * The gzipped size of a file of `dist/` and all that it imports at once.
 * @param {string} file
 * @param {string | undefined} besides A file that is loaded already.
 */
function sizeOf(file, besides) {
  const shared = besides === undefined ? [] : withImports(join(root, 'dist', besides));
  const own = withImports(join(root, 'dist', file)).filter((one) => !shared.includes(one));
  return own.reduce((sum, one) => sum + gzipSync(readFileSync(one), { level: 9 }).length, 0);
}

/** Prints the table. Returns true when every file is within its budget and the README names its size. */
export function checkSizes() {
  let ok = true;
  const section = readFileSync(join(root, 'README.md'), 'utf8').split('## Size')[1] ?? '';
  for (const { file, budgetKib, besides, readmeLabel } of entries) {
    if (budgetKib === undefined) continue;
    if (!existsSync(join(root, 'dist', file))) {
      say(`  dist/${file} is missing: run npm run build.`);
      ok = false;
      continue;
    }
    const bytes = sizeOf(file, besides);
    const within = bytes <= budgetKib * kibibyte;
    const kib = (/** @type {number} */ value) => value.toFixed(2).padStart(6);
    const verdict = within ? '' : '  OVER BUDGET';
    say(`  ${file.padEnd(18)} ${kib(bytes / kibibyte)} KiB of ${kib(budgetKib)} KiB gzip${verdict}`);
    ok &&= within;
    if (readmeLabel === undefined) continue;
    const statedKib = sizeInReadme(section, readmeLabel);
    if (Math.abs(statedKib - bytes / kibibyte) <= toleranceKib) continue;
    say(
      `  README.md, "Size": expected about ${(bytes / kibibyte).toFixed(1)} after "${readmeLabel}", found ${statedKib}.`,
    );
    ok = false;
  }
  return ok;
}
