// `node e2e/perf/bench/compile-cost-margins.mjs <folder>` prints what real modules cost to compile by the gate's estimate, and the margin
// to the default limit. The folder holds npm packages, each installed in a folder of its own: for name in esbuild-wasm sql.js ...; do
// npm install --ignore-scripts --prefix <folder>/$name $name; done. Nothing of them is run. The results are written to
// results/compile-cost-margins.json. Fails if a margin is less than 4.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { build } from 'vite';
import { root, say } from '../../setup/processes.mjs';

/** @typedef {{ package: string, version: string, file: string, sizeBytes: number, largest: number, sum: number }} Row */

/** As in `defaultSettings` and `functionsOfMostCost`. */
const mostOfFunction = 60_000_000;
const mostOfPlugin = 5 * mostOfFunction;
const leastMargin = 4;
/** Smaller files are parts of others, or examples. */
const leastBytes = 100_000;

/** @returns {Promise<(bytes: Uint8Array) => { sum: number, largest: number }>} */
async function loadEstimate() {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    build: { write: false, lib: { entry: join(root, 'src/wasm/gate/gate.ts'), formats: ['es'] } },
  });
  const [{ output }] = /** @type {[import('vite').Rolldown.RolldownOutput]} */ (result);
  const { createGate } = await import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString('base64')}`);
  return (bytes) => {
    const gate = createGate({ maxModuleBytes: 1e9, maxTableEntries: 1e7, maxCompileCost: Infinity, allowGc: true });
    for (let at = 0; at < bytes.length; at += 65_536) gate.push(bytes.subarray(at, at + 65_536));
    return gate.finish().report.compileCost;
  };
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function modulesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.wasm'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * Returns the folder of the package that a file belongs to.
 * @param {string} file
 */
function packageOf(file) {
  const match = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/u.exec(file);
  return match === null ? dirname(file) : match[0];
}

const folder = process.argv[2];
if (folder === undefined) throw new Error('Pass the folder of the installed packages');
const estimate = await loadEstimate();
/** @type {Row[]} */
const rows = [];
/** @type {{ package: string, file: string, reason: string }[]} */
const refused = [];
for (const file of modulesIn(folder)) {
  const bytes = readFileSync(file);
  if (bytes.length < leastBytes) continue;
  const home = packageOf(file);
  const { name, version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const place = { package: name, version, file: relative(home, file) };
  try {
    rows.push({ ...place, sizeBytes: bytes.length, ...estimate(bytes) });
  } catch (error) {
    refused.push({ ...place, reason: error instanceof Error ? error.message : String(error) });
  }
}
rows.sort((one, other) => other.largest - one.largest);
const largest = Math.max(...rows.map((row) => row.largest));
const sum = Math.max(...rows.map((row) => row.sum));
const margins = { function: mostOfFunction / largest, plugin: mostOfPlugin / sum };
for (const row of rows) {
  const name = `${row.package}@${row.version} ${row.file}`.slice(0, 78).padEnd(80);
  const [largest, sum] = [row.largest, row.sum].map((cost) => cost.toLocaleString('en').padStart(12));
  const margin = `${(mostOfFunction / row.largest).toFixed(1)} ${(mostOfPlugin / row.sum).toFixed(1)}`;
  say(`${name}${(row.sizeBytes / 1e6).toFixed(1).padStart(6)} MB ${largest} ${sum}  margins ${margin}`);
}
for (const one of refused) say(`${one.package} ${one.file}: ${one.reason}`);
say(`Least margins: ${margins.function.toFixed(1)} of a function, ${margins.plugin.toFixed(1)} of a plug-in.`);
const report = { mostOfFunction, mostOfPlugin, margins, modules: rows, refused };
writeFileSync(
  fileURLToPath(new URL('../results/compile-cost-margins.json', import.meta.url)),
  await format(JSON.stringify(report), { parser: 'json', printWidth: 120 }),
);
if (Math.min(margins.function, margins.plugin) < leastMargin) process.exitCode = 1;
