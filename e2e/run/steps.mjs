// Every check of the project, the quickest first.
import { build, buildPlugins } from '../setup/build.mjs';
import { pack } from '../setup/pack.mjs';
import { say, script, tool } from '../setup/processes.mjs';
import { checkScoreboard } from '../perf/bench/scoreboard.mjs';
import { checkApiReport } from './api-report.mjs';
import { checkSizes } from './size.mjs';
import { add, nothing, one, resultFile, tallySpecs, tallyPlaywright, tallyVitest } from './tally.mjs';

/** @typedef {import('./tally.mjs').Tally} Tally */
/** @typedef {import('../setup/browsers.mjs').Engine} Engine */
/** @typedef {{ unavailable: Map<Engine, string> }} StepContext */

/**
 * @typedef {object} Step
 * @property {string} id For `npm test -- <id>`.
 * @property {string} title
 * @property {boolean} [beside] It neither measures nor writes what others read: another such step may run at the same time.
 * @property {(context: StepContext) => Promise<Tally>} run
 */

/**
 * A check that is one command.
 * @param {string} id
 * @param {string} title
 * @param {() => Promise<boolean> | boolean} holds
 * @returns {Step}
 */
function check(id, title, holds) {
  return { id, title, beside: true, run: async () => one(await holds()) };
}

/**
 * A check that writes what the next ones read.
 * @param {string} id
 * @param {string} title
 * @param {() => Promise<boolean> | boolean} holds
 * @returns {Step}
 */
function making(id, title, holds) {
  return { ...check(id, title, holds), beside: false };
}

/**
 * @param {string} world
 * @param {string} title
 */
function types(world, title) {
  return check('types', title, () => tool('tsc', ['-p', world]));
}

/**
 * The engines that can run, and one counted skip with its reason for each that cannot.
 * @param {StepContext} context
 * @param {readonly Engine[]} wanted
 */
function enginesFor({ unavailable }, wanted) {
  const missing = wanted.filter((engine) => unavailable.has(engine));
  for (const engine of missing) say(`  Skipped: ${unavailable.get(engine)}.`);
  const engines = wanted.filter((engine) => !unavailable.has(engine));
  return { engines, skips: { ...nothing, skipped: missing.length } };
}

async function checkPackage() {
  const tarball = await pack('pack');
  if (tarball === undefined) return add(one(false), one(false));
  const published = await tool('publint', [tarball, '--strict']);
  // A module has no types: apps copy it, or import its URL through their bundler.
  const withoutTypes = ['--exclude-entrypoints', 'javascript.wasm'];
  const typed = await tool('attw', [tarball, '--profile', 'esm-only', '--no-emoji', ...withoutTypes]);
  return add(one(published), one(typed));
}

/**
 * @param {string} project
 * @param {Record<string, string>} environment
 */
async function vitest(project, environment = {}) {
  const file = resultFile(`vitest-${project.replaceAll(/\W/gu, '')}`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const options = { environment, timeoutMs: 1_800_000 };
  const endedWell = await tool('vitest', ['run', '--project', project, ...reporters], options);
  return tallyVitest(file, endedWell);
}

/** @param {StepContext} context */
async function inBrowsers(context) {
  const { engines, skips } = enginesFor(context, ['chromium', 'firefox']);
  if (engines.length === 0) return skips;
  // Vitest names each instance's project after its browser.
  return add(skips, await vitest('browser*', { TENON_ENGINES: engines.join(',') }));
}

const titles = { chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKit' };

/** @typedef {{ id: string, title: string, engine: 'chromium' | 'firefox', environment?: Record<string, string> }} Journeys */

/**
 * A part of e2e/journeys, named by the step's id, in one engine.
 * @param {Journeys} journeys
 * @returns {Step}
 */
function journeys({ id, title, engine, environment = {} }) {
  const run = async (/** @type {StepContext} */ context) => {
    const { engines, skips } = enginesFor(context, [engine]);
    if (engines.length === 0) return skips;
    const name = `${id}-${engine}`;
    const file = resultFile(name);
    const options = {
      environment: { ...environment, TENON_PART: id, TENON_ENGINES: engine, TENON_JOURNEYS_JSON: file },
      timeoutMs: 1_800_000,
    };
    const parameters = ['test', '-c', 'e2e/journeys', '--output', `test-results/${name}`];
    return tallyPlaywright(file, await tool('playwright', parameters, options));
  };
  return { id, title: `${title} in ${titles[engine]}`, beside: true, run };
}

/**
 * A runner of its own for WebKit, which Playwright cannot drive here.
 * @param {{ id: string, title: string, file: string }} parts
 * @returns {Step}
 */
function inWebKit({ id, title, file }) {
  const run = async (/** @type {StepContext} */ context) => {
    const { engines, skips } = enginesFor(context, ['webkit']);
    if (engines.length === 0) return skips;
    const results = resultFile(`${id}-webkit`);
    return tallySpecs(results, await script(file, ['--json', results], { timeoutMs: 1_800_000 }));
  };
  return { id, title: `${title} in WebKit`, beside: true, run };
}

/**
 * A part of each soak; what it measures counts in `npm run soak` alone.
 * @param {Engine} engine
 * @returns {Step}
 */
function partOfSoak(engine) {
  const run = async (/** @type {StepContext} */ context) => {
    const { engines, skips } = enginesFor(context, [engine]);
    if (engines.length === 0) return skips;
    const file = resultFile(`soak-${engine}`);
    const parameters = ['--part', '--engines', engine, '--json', file];
    return tallySpecs(file, await script('e2e/perf/soak/run.mjs', parameters, { timeoutMs: 1_800_000 }));
  };
  return { id: 'soak', title: `A part of the soak in ${titles[engine]}`, beside: true, run };
}

/** @type {Step} */
const fuzzing = {
  id: 'fuzz',
  title: "Fuzzed inputs of all that reads a stranger's bytes",
  beside: true,
  async run() {
    const file = resultFile('fuzz');
    return tallySpecs(file, await script('e2e/fuzz/inputs/run.mjs', ['--json', file], { timeoutMs: 1_800_000 }));
  },
};

/** `npm run soak -- embedding` tries every tool chain. @type {Step} */
const embedding = {
  id: 'embedding',
  title: 'The packed package on a page without a bundler in Chromium',
  beside: true,
  async run(context) {
    const { engines, skips } = enginesFor(context, ['chromium']);
    if (engines.length === 0) return skips;
    const file = resultFile('embedding');
    const parameters = ['no bundler', '--json', file];
    return tallySpecs(file, await script('e2e/embedding/run.mjs', parameters, { timeoutMs: 600_000 }));
  },
};

const specs = { id: 'specs', title: 'The specs' };
const others = { id: 'journeys', title: 'Journeys' };
const hostile = { id: 'hostile', title: 'Hostile plug-ins' };
const network = { id: 'network', title: 'Plug-ins on a network of real servers' };
const differential = { id: 'differential', title: 'Every module beside its metered versions' };
const generated = { id: 'generated', title: 'Generated modules' };

/** @type {readonly Step[]} */
export const steps = [
  making('plugins', 'The kernel and the example plug-ins build', buildPlugins),
  // First of all: the rest of the checks look at what it writes.
  making('build', 'The library and the playground build', () => build(['demo', 'specs'])),
  check('format', 'Every file is formatted (prettier)', () =>
    tool('prettier', ['--check', '--log-level', 'warn', '.']),
  ),
  check('lint', 'No lint (oxlint, with types)', () => tool('oxlint', ['--type-aware', '--deny-warnings'])),
  types('src/page', 'Types of the page (tsc)'),
  types('src/worker', 'Types of the worker (tsc)'),
  types('src/javascript', 'Types of the JavaScript compiler (tsc)'),
  types('src/elements', 'Types of the library and its elements (tsc)'),
  types('src/service-worker', 'Types of the service worker (tsc)'),
  types('src', 'Types of the tests (tsc)'),
  check('assemblyscript', 'AssemblyScript compiles without a complaint (asc)', () =>
    script('e2e/setup/build-kernel.mjs', ['--check']),
  ),
  check('binaries', 'Committed plug-in binaries match their sources', () =>
    script('e2e/setup/build-plugins.mjs', ['--check']),
  ),
  types('demo', 'Types of the playground, against the built package (tsc)'),
  types('demo/service-worker', "Types of the playground's service worker (tsc)"),
  types('e2e', 'Types of the tools and journeys, against the built package (tsc)'),
  check('knip', 'Nothing is unused (knip)', () =>
    tool('knip', ['--no-progress', '--config', 'e2e/setup/knip.config.ts']),
  ),
  { id: 'package', title: 'The package is well made (publint, attw)', beside: true, run: checkPackage },
  check('size', 'The library keeps its size', checkSizes),
  check('api', 'The public API is the one in e2e/api-report.txt', checkApiReport),
  check('scoreboard', 'RESULTS.md and README.md show the figures of the last runs', checkScoreboard),
  // From here on three at a time, the long ones first: the last of them then end together.
  journeys({ ...specs, engine: 'chromium' }),
  journeys({ ...others, engine: 'firefox' }),
  journeys({ ...specs, engine: 'firefox' }),
  inWebKit({ ...specs, file: 'e2e/run/webkit.mjs' }),
  journeys({ ...others, engine: 'chromium' }),
  partOfSoak('chromium'),
  // Two seeds: 250 modules in all; `npm run soak -- generated` runs 20,000.
  journeys({ ...generated, engine: 'firefox', environment: { TENON_SEED: '2', TENON_GENERATED: '100' } }),
  { id: 'node', title: 'Tests in Node', beside: true, run: () => vitest('node') },
  journeys({ ...generated, engine: 'chromium', environment: { TENON_SEED: '1', TENON_GENERATED: '150' } }),
  partOfSoak('firefox'),
  partOfSoak('webkit'),
  fuzzing,
  journeys({ ...hostile, engine: 'chromium' }),
  journeys({ ...network, engine: 'firefox' }),
  journeys({ ...hostile, engine: 'firefox' }),
  journeys({ ...differential, engine: 'chromium' }),
  journeys({ ...differential, engine: 'firefox' }),
  embedding,
  { id: 'browser', title: 'Tests in Chromium and Firefox', beside: true, run: inBrowsers },
  inWebKit({ ...hostile, file: 'e2e/security/hostile/webkit.mjs' }),
  journeys({ ...network, engine: 'chromium' }),
  inWebKit({ ...network, file: 'e2e/security/network/webkit.mjs' }),
];

/** The steps that need browsers. */
export const browserSteps = new Set([
  'browser',
  'journeys',
  'specs',
  'generated',
  'network',
  'hostile',
  'differential',
  'embedding',
  'soak',
]);
