// `npm run soak`: the tests that take long, in full. Results stay in e2e/bench/results/soak.json, with their date and commit.
// `npm run soak -- generated`: only these.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from '../setup/build.mjs';
import { installedEngines } from '../setup/browsers.mjs';
import { root, say } from '../setup/processes.mjs';
import { soakGenerated } from './generated.mjs';

/** @typedef {'chromium' | 'firefox'} Engine */
/** @typedef {{ ok: boolean } & Record<string, unknown>} SoakResult */
/** @typedef {{ id: string, title: string, run: (engine: Engine) => Promise<SoakResult> }} Soak */

/** @type {readonly Soak[]} */
const soaks = [{ id: 'generated', title: '10,000 generated modules', run: soakGenerated }];

const file = join(root, 'e2e/bench/results/soak.json');

/** The commit these results are of. */
function commit() {
  const git = (/** @type {string[]} */ ...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim();
  return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'src') === '' ? '' : ' and changes'}`;
}

/** @returns {Record<string, unknown>} */
function earlierResults() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {}; // The first run.
  }
}

/**
 * @param {Soak} soak
 * @param {Engine} engine
 */
async function runOne({ id, title, run }, engine) {
  say(`\n== ${title}, in ${engine}`);
  const start = performance.now();
  const result = await run(engine).catch((/** @type {unknown} */ error) => ({ ok: false, error: String(error) }));
  const entry = {
    ...result,
    seconds: Math.round((performance.now() - start) / 1_000),
    date: new Date().toISOString(),
    commit: commit(),
  };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...earlierResults(), [`${id} ${engine}`]: entry }, null, 2)}\n`);
  say(`${result.ok ? 'Held' : 'FAILED'}: ${JSON.stringify(entry)}`);
  return result.ok;
}

async function main() {
  const wanted = process.argv.slice(2);
  if (!(await build())) throw new Error('the build failed');
  const installed = await installedEngines();
  let ok = true;
  for (const soak of soaks.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
    for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
      if (installed[engine]) ok = (await runOne(soak, engine)) && ok;
      else say(`Skipped: ${engine} is not installed.`);
    }
  }
  process.exitCode = ok ? 0 : 1;
}

await main();
