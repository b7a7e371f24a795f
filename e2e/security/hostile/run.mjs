// Runs the hostile plug-ins one at a time in an open browser, and reports which were contained.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../setup/processes.mjs';
import { corpus, decidedByTenon } from './corpus.mjs';
import { MemoryRecord } from './memory.mjs';
import { startNoiseMeter } from './noise.mjs';

/** @typedef {import('./corpus.mjs').HostileCase} HostileCase */
/** @typedef {import('../../specs/harness.js').SpecResult} SpecResult */
/** @typedef {{ ends: readonly string[], faults: readonly string[], stallMs: number }} Outcome */

/**
 * A page to run cases in.
 * @typedef {object} HostilePage
 * @property {'chromium' | 'firefox' | 'webkit'} engine
 * @property {(name: string) => Promise<Outcome>} run
 * @property {() => Promise<number>} finish Closes everything. Returns how many workers remain.
 * @property {() => Promise<void>} reopen Opens the page again after it crashed.
 */

/** The time limit for one case, including terminated and new workers. */
const caseLimitMs = 60_000;
/** How long a terminated loop keeps using a core. In a run whose stalls are recorded, the next case starts afterwards. */
const dyingMs = { chromium: 2_300, firefox: 0, webkit: 0 };
const filter = process.env['TENON_FILTER'] ?? '';
/** Whether to measure the renderers' memory instead of stalls, which its pauses would lengthen. */
const isMeasured = process.env['TENON_MEMORY'] !== undefined;
const inFull = process.env['TENON_EVERYTHING'] !== undefined;
const lost = 'the page was lost';
/** The target for stalls. Printed only, because other load of the machine adds to stalls. */
const stallTargetMs = 50;

/**
 * @param {HostilePage} page
 * @param {string} name
 * @returns {Promise<Outcome>}
 */
async function runOne(page, name) {
  const late = new AbortController();
  try {
    return await Promise.race([
      page.run(name),
      sleep(caseLimitMs, undefined, { signal: late.signal }).then(() => {
        throw new Error(`the page did not answer within ${caseLimitMs} ms`);
      }),
    ]);
  } catch (error) {
    await page.reopen();
    return { ends: [], faults: [`${lost}: ${String(error)}`], stallMs: 0 };
  } finally {
    late.abort();
  }
}

/**
 * @typedef {object} Judgement
 * @property {SpecResult} result
 * @property {number} stallMs
 * @property {number} noiseMs
 */

/**
 * @param {HostilePage} page
 * @param {HostileCase} hostile
 * @param {ReturnType<typeof startNoiseMeter>} noise
 * @returns {Promise<Judgement>}
 */
async function judge(page, hostile, noise) {
  const name = `contained: ${hostile.name} (${hostile.tries})`;
  const start = performance.now();
  await noise.longest();
  const { ends, faults, stallMs } = await runOne(page, hostile.name);
  const noiseMs = await noise.longest();
  const ms = Math.round(performance.now() - start);
  if (inFull && ends.some((end) => end.endsWith('timeout'))) await sleep(dyingMs[page.engine]);
  const error = faults.slice(0, 5).join('\n');
  const result = faults.length === 0 ? { name, ok: true, ms } : { name, ok: false, ms, error };
  const seen = Array.from(new Set(ends)).join(', ');
  const times = `${ms} ms, stall ${stallMs} ms, machine ${noiseMs} ms`;
  process.stdout.write(`    ${result.ok ? '✓' : '✗'} ${hostile.name}: ${seen} (${times})\n`);
  if (!result.ok) process.stdout.write(`${error.replaceAll(/^/gmu, '        ')}\n`);
  return { result, stallMs, noiseMs };
}

/** Returns the cases whose name contains `TENON_FILTER`; without a filter, those that `npm test` runs in this engine. @param {HostilePage} page */
function casesFor({ engine }) {
  if (filter !== '' || inFull) return corpus.filter(({ name }) => name.includes(filter));
  return corpus.filter((hostile) => hostile.onlyInFull !== true && !decidedByTenon[engine].has(hostile));
}

/**
 * @param {HostilePage} page
 * @returns {Promise<SpecResult[]>}
 */
export async function runCorpus(page) {
  const cases = casesFor(page);
  process.stdout.write(`  ${page.engine}: ${cases.length} hostile plug-ins\n`);
  /** @type {Judgement[]} */
  const judged = [];
  const noise = startNoiseMeter();
  const memory = new MemoryRecord();
  try {
    for (const hostile of cases) {
      if (isMeasured) memory.begin();
      judged.push(await judge(page, hostile, noise));
      if (isMeasured) await memory.end(hostile.name);
    }
    const left = await page.finish();
    if (left > 0) throw new Error(`Workers after closing all hosts: expected 0, found ${left}`);
  } finally {
    await noise.stop();
  }
  const results = judged.map(({ result }) => result);
  const contained = judged.filter(({ result }) => result.ok).length;
  const stalls = summarize(judged);
  process.stdout.write(`  ${page.engine}: contained ${contained}/${judged.length}; ${stalls.text}\n`);
  if (filter !== '' || !inFull) return results;
  const of = judged.length;
  const deaths = judged.filter(({ result: { error = '' } }) => error.startsWith(lost)).length;
  if (isMeasured) keep(`hostile-memory-${page.engine}`, { deaths, of, ...memory.figures });
  else keep(`hostile-${page.engine}`, { contained, of, deaths, ...stalls });
  return results;
}

/**
 * Summarizes the stalls of the page. On a busy machine every thread is delayed: a case counts as quiet when an idle thread was never
 * delayed by half of the target.
 * @param {readonly Judgement[]} run
 */
function summarize(run) {
  const worst = run.toSorted((a, b) => b.stallMs - a.stallMs)[0];
  const quiet = run.filter(({ noiseMs }) => noiseMs < stallTargetMs / 2);
  const quietStallMs = quiet.reduce((most, { stallMs }) => Math.max(most, stallMs), 0);
  const [stallMs = 0, noiseMs = 0, name = ''] = worst ? [worst.stallMs, worst.noiseMs, worst.result.name] : [];
  const text =
    `longest stall of the page ${stallMs} ms (an idle thread: ${noiseMs} ms), ` +
    `${quietStallMs} ms in the ${quiet.length} cases that ran while the machine was quiet; target ${stallTargetMs} ms`;
  return { text, stallMs, noiseMs, name, quietStallMs, quiet: quiet.length };
}

/**
 * Returns the figures for e2e/perf/RESULTS.md.
 * @param {string} name
 * @param {Record<string, string | number>} summary
 */
function keep(name, summary) {
  const folder = join(root, '.cache/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(summary)}\n`);
}
