// The rows of RESULTS.md about linking.
import { readResults } from './results.mjs';

/** @typedef {{ size: number, createMs: number }} Size */
/** @typedef {{ date: string, commit?: string, sizes: readonly Size[] }} Run */

const engines = /** @type {const} */ (['chromium', 'firefox']);

/** @param {number} ms */
const inSeconds = (ms) => `${(ms / 1_000).toFixed(1)} s`;

/** @returns {string[]} */
export function linkingLines() {
  /** @type {Partial<Record<string, Record<string, Run>>>} */
  const linking = readResults('linking');
  const sizes = new Set(engines.flatMap((engine) => linking[engine]?.['now']?.sizes.map(({ size }) => size) ?? []));
  const cell = (/** @type {string} */ engine, /** @type {number} */ size) => {
    const ms = (/** @type {string} */ label) =>
      linking[engine]?.[label]?.sizes.find((one) => one.size === size)?.createMs;
    const [now, before] = [ms('now'), ms('before')];
    const earlier = before === undefined ? '' : ` (before: ${inSeconds(before)})`;
    return now === undefined ? 'not measured' : `${inSeconds(now)}${earlier}`;
  };
  const runs = engines.flatMap((engine) => {
    const run = linking[engine]?.['now'];
    return run === undefined ? [] : [`${engine} on ${run.date.slice(0, 10)}, commit ${run.commit ?? 'unknown'}`];
  });
  return [
    '',
    '| `node e2e/perf/bench/linking.mjs`: two modules linked, from bytes to a plug-in | Chromium | Firefox |',
    '| --- | --- | --- |',
    ...Array.from(sizes, (size) => {
      const count = size.toLocaleString('en-US');
      return `| ${count} exports and ${count} imports | ${engines.map((engine) => cell(engine, size)).join(' | ')} |`;
    }),
    '',
    `Linking: ${runs.join('; ')}. "Before" is the planner that searched all exports for each import.`,
  ];
}
