// `npm run soak`: the tests that take long, in full. Results stay in e2e/perf/results/soak.json, with their date and commit, and
// become the README's scoreboard. `npm run soak -- generated`: only these; `--engines chromium`: only there.
// `npm test` runs `--part --json file`: the same code at a fiftieth, which leaves the results of the last soak alone.
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

/** The commit these results are of. */
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
 * Only a run of everything there is counts as this job's result.
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
  if (!part && !(await build())) throw new Error('the build failed');
  const seed = Number(process.env['TENON_SEED'] ?? Math.floor(Date.now() / 1_000));
  const engines = await ensureEngines(['chromium', 'firefox', 'webkit'], values.engines);
  const wanted = jobs.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
  const unknown = positionals.filter((wish) => !jobs.some(({ id }) => id === wish));
  if (unknown.length > 0)
    throw new Error(`no such soak: ${unknown.join(', ')}; there are ${jobs.map(({ id }) => id).join(', ')}`);
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
