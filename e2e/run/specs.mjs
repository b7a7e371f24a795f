// `npm run test:specs -- <words> [--engine chromium|firefox|webkit] [--page plain|isolated|insecure] [--trace]`: builds what is
// out of date, then runs the specs with these words in their titles.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../setup/build.mjs';
import { ensureDependencies } from '../setup/dependencies.mjs';
import { root, say } from '../setup/processes.mjs';

/** @typedef {import('../setup/browsers.mjs').Engine} Engine */
/** @typedef {import('../server/spec-site.mjs').SpecPage} SpecPage */
/** @typedef {import('./spec-results.mjs').SpecResult} SpecResult */

const pageTimeoutMs = 600_000;

/** A mistake of whoever started this: one sentence says what it is. */
class UsageError extends Error {}

/**
 * @template {string} Choice
 * @param {string} option
 * @param {readonly Choice[]} choices
 * @param {string} value
 */
function oneOf(option, choices, value) {
  const choice = choices.find((one) => one === value);
  if (choice === undefined) throw new UsageError(`--${option} ${value}: expected ${choices.join(', ')}.`);
  return choice;
}

/** @param {Engine} engine */
async function requireEngine(engine) {
  const { installedEngines } = await import('../setup/browsers.mjs');
  const installed = await installedEngines();
  if (installed[engine]) return;
  const here = Object.entries(installed).flatMap(([name, is]) => (is ? [name] : []));
  throw new UsageError(
    `${engine} is not installed (installed: ${here.join(', ') || 'none'}). \`npm test -- specs\` installs the browsers.`,
  );
}

/**
 * Runs the specs of one page in Chromium or Firefox, and prints the consoles of the page and its workers.
 * @param {'chromium' | 'firefox'} engine
 * @param {SpecPage} kind
 * @returns {Promise<readonly SpecResult[]>}
 */
async function runInPlaywright(engine, kind) {
  const playwright = await import('playwright');
  const { engineLaunchOptions } = await import('../setup/browsers.mjs');
  const { serveSpecs } = await import('../server/spec-site.mjs');
  const { url, close } = await serveSpecs(kind);
  const browser = await playwright[engine].launch(engineLaunchOptions(engine));
  try {
    const page = await browser.newPage();
    page.on('console', (message) => say(`    ${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => say(`    uncaught: ${error.stack ?? error.message}`));
    await page.goto(url);
    const options = { timeout: pageTimeoutMs, polling: 500 };
    await page.waitForFunction(() => window.specResults !== undefined, undefined, options);
    return (await page.evaluate(() => window.specResults)) ?? [];
  } finally {
    await browser.close();
    await close();
  }
}

/**
 * @param {Engine} engine
 * @param {SpecPage} kind
 */
async function runPage(engine, kind) {
  if (engine !== 'webkit') {
    const { printSpecs } = await import('./spec-results.mjs');
    const results = await runInPlaywright(engine, kind);
    printSpecs(`${engine}, ${kind} page`, results);
    return results;
  }
  const { runWebKitSpecs } = await import('./webkit.mjs');
  return runWebKitSpecs([kind]);
}

/**
 * Words that stand in no file of specs: most likely mistyped, and found before anything is built. Words with digits may come from
 * a table.
 * @param {readonly string[]} words
 */
function unknownWords(words) {
  const folder = join(root, 'e2e/specs');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(?:ts|c)$/u.test(file));
  const text = files.map((file) => readFileSync(join(folder, file), 'utf8').toLowerCase()).join('\n');
  return words.filter((word) => !/\d/u.test(word) && !text.includes(word.toLowerCase()));
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      engine: { type: 'string', default: 'chromium' },
      page: { type: 'string', default: 'plain' },
      trace: { type: 'boolean', default: false },
    },
  });
  const engine = oneOf('engine', /** @type {const} */ (['chromium', 'firefox', 'webkit']), values.engine);
  const page = oneOf('page', /** @type {const} */ (['plain', 'isolated', 'insecure']), values.page);
  const words = positionals.join(' ');
  const [unknown] = unknownWords(words.split(' '));
  if (unknown !== undefined) throw new UsageError(`No spec has "${unknown}" in its title.`);
  await ensureDependencies();
  await requireEngine(engine);
  if (!(await build(['specs']))) throw new UsageError('The build failed; see above.');
  Object.assign(process.env, {
    TENON_FILTER: words,
    TENON_EVERYTHING: '1',
    ...(values.trace ? { TENON_TRACE: '1' } : {}),
  });
  const results = await runPage(engine, page);
  if (results.length === 0) throw new UsageError(`No spec has "${words}" in its title.`);
  const { countSpecs } = await import('./spec-results.mjs');
  const { passed, failed, skipped } = countSpecs(results);
  say(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  // What Node says of an unknown option is one sentence too.
  const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
  say(isUsage ? error.message : String(error instanceof Error ? (error.stack ?? error) : error));
  process.exitCode = 1;
}
