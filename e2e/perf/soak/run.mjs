// `npm run soak` runs the long-running tests in full. It writes the results to e2e/perf/results/soak.json, with date and commit, and
// updates e2e/perf/RESULTS.md. `npm run soak -- generated` runs only this job; `--engines chromium` only this engine.
// `npm test` runs `--part --json file`: the same code with a small part of the work, without changing those results.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { readResults, resultsFile } from '../bench/results.mjs';
import { writeScoreboard } from '../bench/scoreboard.mjs';
import { build } from '../../setup/build.mjs';
import { ensureEngines } from '../../setup/install-browsers.mjs';
import { root, say } from '../../setup/processes.mjs';
import { jobs, runsIn } from './jobs.mjs';

/** @typedef {import('./jobs.mjs').Job} Job */
/** @typedef {import('./jobs.mjs').Engine} Engine */
/** @typedef {import('./jobs.mjs').Share} Share */
/** @typedef {import('../../specs/harness.js').SpecResult} SpecResult */

/** Returns the commit that was tested. */
function commit() {
  const git = (/** @type {string[]} */ ...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim();
  return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'src') === '' ? '' : ' and changes'}`;
}

/**
 * @param {Job} job
 * @param {Engine} engine
 * @param {Share} share
 */
async function runOne({ id, title, run }, engine, share) {
  say(`\n== ${title}, in ${engine} (seed ${share.seed})`);
  const start = performance.now();
  const result = await run(engine, share).catch((/** @type {unknown} */ error) => ({
    figures: {},
    faults: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
  }));
  const { figures, faults } = result;
  const ms = performance.now() - start;
  say(`  ${faults.length === 0 ? 'passed' : 'FAILED'}: ${JSON.stringify(figures)}`);
  for (const fault of faults.slice(0, 20)) say(`  ${fault}`);
  if (!share.part) await keep(`${id} ${engine}`, { ...result, faults: faults.slice(0, 20), ms });
  const name = `${title}, in ${engine}`;
  const error = faults.join('\n');
  return faults.length === 0 ? { name, ok: true, ms: Math.round(ms) } : { name, ok: false, ms: Math.round(ms), error };
}

/**
 * Stores the result of a job. Reduced runs are not stored.
 * @param {string} key
 * @param {import('./jobs.mjs').JobResult & { ms: number }} result
 */
async function keep(key, { figures, faults, version, ms }) {
  const entry = {
    ok: faults.length === 0,
    figures,
    ...(faults.length > 0 ? { faults } : {}),
    ...(version === undefined ? {} : { version }),
    seconds: Math.round(ms / 1_000),
    date: new Date().toISOString(),
    commit: commit(),
  };
  const file = resultsFile('soak');
  mkdirSync(dirname(file), { recursive: true });
  const all = { ...readResults('soak'), [key]: entry };
  writeFileSync(file, await format(JSON.stringify(all), { parser: 'json', printWidth: 120 }));
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { part: { type: 'boolean' }, json: { type: 'string' }, engines: { type: 'string' } },
  });
  const part = values.part === true;
  if (!part && !(await build())) throw new Error('The build failed: see the messages above');
  const seed = Number(process.env['TENON_SEED'] ?? Math.floor(Date.now() / 1_000));
  const engines = await ensureEngines(['chromium', 'firefox', 'webkit'], values.engines);
  const wanted = jobs.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
  const unknown = positionals.filter((wish) => !jobs.some(({ id }) => id === wish));
  if (unknown.length > 0)
    throw new Error(`Unknown soak job ${unknown.join(', ')}: expected some of ${jobs.map(({ id }) => id).join(', ')}`);
  /** @type {SpecResult[]} */
  const results = [];
  for (const engine of engines) {
    const here = wanted.filter((job) => runsIn(job, engine) && (!part || job.inPart.includes(engine)));
    for (const job of here) results.push(await runOne(job, engine, { part, seed }));
  }
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results));
  if (!part) await writeScoreboard();
  process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
}

await main();
