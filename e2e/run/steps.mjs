// Every check of the project, in the order that gives the quickest answer first.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, buildPlugins } from '../setup/build.mjs';
import { root, run, say, script, tool } from '../setup/processes.mjs';
import { checkSizes } from './size.mjs';
import { add, nothing, one, resultFile, tallyBehaviours, tallyPlaywright, tallyVitest } from './tally.mjs';

/** @typedef {import('./tally.mjs').Tally} Tally */
/** @typedef {import('../setup/browsers.mjs').Engine} Engine */
/** @typedef {{ unavailable: Map<Engine, string> }} StepContext */

/**
 * @typedef {object} Step
 * @property {string} id For `npm test -- <id>`.
 * @property {string} title
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
  return { id, title, run: async () => one(await holds()) };
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

/** Packs the package as npm would publish it. */
async function pack() {
  const folder = join(root, '.cache/pack');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', folder], { quiet: true });
  const name = packed ? readdirSync(folder).find((file) => file.endsWith('.tgz')) : undefined;
  return name === undefined ? undefined : join(folder, name);
}

async function checkPackage() {
  const tarball = await pack();
  if (tarball === undefined) return add(one(false), one(false));
  const published = await tool('publint', [tarball, '--strict']);
  const typed = await tool('attw', [tarball, '--profile', 'esm-only', '--no-emoji']);
  return add(one(published), one(typed));
}

/**
 * @param {string} project
 * @param {Record<string, string>} environment
 */
async function vitest(project, environment = {}) {
  const file = resultFile(`vitest-${project.replaceAll(/\W/gu, '')}`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const endedWell = await tool('vitest', ['run', '--project', project, ...reporters], { environment });
  return tallyVitest(file, endedWell);
}

/** @param {StepContext} context */
async function inBrowsers(context) {
  const { engines, skips } = enginesFor(context, ['chromium', 'firefox']);
  if (engines.length === 0) return skips;
  // Vitest names each instance's project after its browser.
  return add(skips, await vitest('browser*', { TENON_ENGINES: engines.join(',') }));
}

/** @param {StepContext} context */
async function journeys(context) {
  const { engines, skips } = enginesFor(context, ['chromium', 'firefox']);
  if (engines.length === 0) return skips;
  const file = resultFile('journeys');
  const environment = { TENON_ENGINES: engines.join(','), TENON_JOURNEYS_JSON: file };
  const options = { environment, timeoutMs: 1_800_000 };
  const endedWell = await tool('playwright', ['test', '-c', 'e2e/journeys'], options);
  return add(skips, tallyPlaywright(file, endedWell));
}

/** @param {StepContext} context */
async function webkit(context) {
  const { engines, skips } = enginesFor(context, ['webkit']);
  if (engines.length === 0) return skips;
  const file = resultFile('webkit');
  return tallyBehaviours(file, await script('e2e/run/webkit.mjs', ['--json', file]));
}

/** @param {StepContext} context */
async function hostileInWebKit(context) {
  const { engines, skips } = enginesFor(context, ['webkit']);
  if (engines.length === 0) return skips;
  const file = resultFile('hostile-webkit-results');
  return tallyBehaviours(file, await script('e2e/hostile/webkit.mjs', ['--json', file], { timeoutMs: 1_800_000 }));
}

/** @type {readonly Step[]} */
export const steps = [
  check('plugins', 'The kernel and the example plug-ins build', buildPlugins),
  // First of all: the rest of the checks look at what it writes.
  check('build', 'The library and the playground build', () => build(['demo', 'suite'])),
  check('format', 'Every file is formatted (prettier)', () =>
    tool('prettier', ['--check', '--log-level', 'warn', '.']),
  ),
  check('lint', 'No lint (oxlint, with types)', () => tool('oxlint', ['--type-aware', '--deny-warnings'])),
  types('src/page', 'Types of the page (tsc)'),
  types('src/worker', 'Types of the worker (tsc)'),
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
  check('knip', 'Nothing is unused (knip)', () => tool('knip', ['--no-progress'])),
  { id: 'package', title: 'The package is well made (publint, attw)', run: checkPackage },
  check('size', 'The library keeps its size', checkSizes),
  { id: 'node', title: 'Tests in Node', run: () => vitest('node') },
  { id: 'browser', title: 'Tests in Chromium and Firefox', run: inBrowsers },
  { id: 'journeys', title: 'Journeys and the behaviour suite in Chromium and Firefox', run: journeys },
  { id: 'webkit', title: 'The behaviour suite in WebKit', run: webkit },
  { id: 'hostile', title: 'Hostile plug-ins in WebKit', run: hostileInWebKit },
];
