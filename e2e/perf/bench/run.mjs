// `npm run bench` compares Tenon with the Extism JS SDK and with a plain worker (the floor), on one cross-origin isolated page, first in
// Chromium, then in Firefox. Times do not fail the run. The subjects run in turn in short slices, and ratios are computed per round, so
// that other load of the machine affects both sides of a ratio.
//
//   node e2e/perf/bench/run.mjs                         everything
//   node e2e/perf/bench/run.mjs --engines chromium      only in Chromium
//   node e2e/perf/bench/run.mjs --only echo16,creation  only these parts: the id of a call, creation, files, printing, memory
//
// The results of a whole run are written to results/foundation.json; results of parts are only printed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { format } from 'prettier';
import { ensureEngines } from '../../setup/install-browsers.mjs';
import { root, say } from '../../setup/processes.mjs';
import { buildPage, openBrowser, servePage, versionOf } from './browser.mjs';
import { figureOf, targetsOf } from './figures.mjs';
import { rendererBytes, slopeOf } from './renderer-memory.mjs';
import { readResults, resultsFile } from './results.mjs';
import { writeScoreboard } from './scoreboard.mjs';
import { tableOf } from './table.mjs';

/** @typedef {import('./figures.mjs').EngineResult} EngineResult */
/** @typedef {import('./figures.mjs').MemoryResult} MemoryResult */
/** @typedef {import('./page/subjects.ts').SubjectId} SubjectId */

const memorySizeBytes = 100_000;
const creationRounds = 5;

/** The peer keeps every call, so that it is asked for fewer. @type {{ id: SubjectId, title: string, calls: number }[]} */
const memorySubjects = [
  { id: 'floor', title: 'floor (plain worker)', calls: 10_000 },
  { id: 'tenon', title: 'Tenon', calls: 10_000 },
  { id: 'peerWorker', title: 'SDK in a worker', calls: 2_000 },
];

/**
 * @param {'chromium' | 'firefox'} engine
 * @param {string} origin
 * @param {(typeof memorySubjects)[number]} subject
 * @returns {Promise<MemoryResult>}
 */
async function measureMemory(engine, origin, { id, title, calls }) {
  const { openPage, close } = await openBrowser(engine, origin);
  try {
    const page = await openPage();
    await page.evaluate((id) => globalThis.window.bench.openForMemory(id), id);
    const points = [];
    const step = calls / 40;
    const size = memorySizeBytes;
    for (let made = step; made <= calls; made += step) {
      await page.evaluate(({ step, size }) => globalThis.window.bench.callMany(step, size), { step, size });
      await sleep(200);
      points.push({ calls: made, bytes: rendererBytes() ?? 0 });
    }
    return { title, calls, bytesPerCall: rendererBytes() === null ? null : slopeOf(points, 0.25), points };
  } finally {
    await close();
  }
}

/** @param {import('./browser.mjs').OpenBrowser['openPage']} openPage */
async function measureFiles(openPage) {
  say('  files...');
  const page = await openPage();
  const files = await page.evaluate(() => globalThis.window.bench.measureFiles());
  await page.context().close();
  return files;
}

/**
 * @param {import('./browser.mjs').OpenBrowser['openPage']} openPage
 * @returns {Promise<EngineResult['printing']>}
 */
async function measurePrinting(openPage) {
  say('  printing...');
  const page = await openPage();
  const print = (/** @type {number} */ lines) =>
    page.evaluate((lines) => globalThis.window.bench.printLines(lines), lines);
  const lines = 1_000_000;
  // The warm-up lets engines allocate what they keep for later.
  await print(lines);
  await sleep(500);
  const before = rendererBytes();
  await print(lines);
  await sleep(500);
  const after = rendererBytes();
  await page.context().close();
  return before === null || after === null ? null : { lines, before, after };
}

const hostCallsMeasured = 1_000_000;

/**
 * @param {'chromium' | 'firefox'} engine
 * @param {string} origin
 * @returns {Promise<MemoryResult>}
 */
async function measureHostMemory(engine, origin) {
  const { openPage, close } = await openBrowser(engine, origin);
  try {
    const page = await openPage();
    await page.evaluate(() => globalThis.window.bench.openHostCalls());
    const points = [];
    const step = hostCallsMeasured / 40;
    for (let made = step; made <= hostCallsMeasured; made += step) {
      await page.evaluate((step) => globalThis.window.bench.hostCallMany(step), step);
      points.push({ calls: made, bytes: rendererBytes() ?? 0 });
    }
    // A host call allocates little; heaps reach a steady size after some 400,000.
    const bytesPerCall = rendererBytes() === null ? null : slopeOf(points, 0.5);
    return { title: 'Tenon, host calls', calls: hostCallsMeasured, bytesPerCall, points };
  } finally {
    await close();
  }
}

/**
 * Measures each round on a new page.
 * @param {import('./browser.mjs').OpenBrowser['openPage']} openPage
 */
async function measureCreation(openPage) {
  /** @type {Map<string, EngineResult['creation'][number]>} */
  const ways = new Map();
  for (let round = 1; round <= creationRounds; round += 1) {
    say(`  creation, round ${round} of ${creationRounds}...`);
    const page = await openPage();
    for (const { id, title, round } of await page.evaluate(() => globalThis.window.bench.measureCreation())) {
      const way = ways.get(id) ?? { id, title, rounds: [] };
      way.rounds.push(round);
      ways.set(id, way);
    }
    await page.context().close();
  }
  return [...ways.values()];
}

/**
 * @param {'chromium' | 'firefox'} engine
 * @param {string} origin
 * @param {(part: string) => boolean} wanted
 * @returns {Promise<EngineResult>}
 */
async function measure(engine, origin, wanted) {
  const { version, openPage, close } = await openBrowser(engine, origin);
  /** @type {EngineResult} */
  const result = { version, calls: [], hostCalls: [], creation: [], files: [], printing: null, memory: {} };
  try {
    const page = await openPage();
    for (const id of await page.evaluate(() => globalThis.window.bench.caseIds)) {
      if (!wanted(id)) continue;
      say(`  ${id}...`);
      result.calls.push(await page.evaluate((id) => globalThis.window.bench.measureCalls(id), id));
    }
    if (wanted('hostCalls')) {
      say('  host calls...');
      result.hostCalls = await page.evaluate(() => globalThis.window.bench.measureHostCalls());
    }
    await page.context().close();
    if (wanted('creation')) result.creation = await measureCreation(openPage);
    if (wanted('files')) result.files = await measureFiles(openPage);
    if (wanted('printing')) result.printing = await measurePrinting(openPage);
  } finally {
    await close();
  }
  for (const subject of wanted('memory') ? memorySubjects : []) {
    say(`  memory: ${subject.title}...`);
    result.memory[subject.id] = await measureMemory(engine, origin, subject);
  }
  if (wanted('hostCalls')) {
    say('  memory of host calls...');
    result.memory['hostCalls'] = await measureHostMemory(engine, origin);
  }
  return result;
}

/** @param {readonly string[]} gitArguments */
function git(gitArguments) {
  try {
    return execFileSync('git', gitArguments, { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

/** @param {EngineResult} result */
function forFile(result) {
  const { version, calls, hostCalls, creation, files, printing, memory } = result;
  return {
    version,
    targets: targetsOf(result),
    calls: calls.map(({ id, title, rounds, ownPart }) => ({
      id,
      title,
      milliseconds: Object.fromEntries(Object.entries(rounds).map(([subject, own]) => [subject, figureOf(own)])),
      ...(ownPart.length > 0 ? { tenonOwnPart: figureOf(ownPart) } : {}),
    })),
    hostCalls: hostCalls.map(({ id, title, rounds }) => ({ id, title, milliseconds: figureOf(rounds) })),
    creation: creation.map(({ id, title, rounds }) => ({ id, title, milliseconds: figureOf(rounds) })),
    files: files.map(({ id, title, rounds }) => ({ id, title, milliseconds: figureOf(rounds) })),
    printing,
    memory,
  };
}

/** @param {Record<string, EngineResult>} engines */
async function writeResults(engines) {
  const file = resultsFile('foundation');
  const date = new Date().toISOString();
  const commit = `${git(['rev-parse', '--short', 'HEAD'])}${git(['status', '--porcelain', 'src']) === '' ? '' : ' and changes'}`;
  const own = Object.entries(engines).map(([engine, result]) => [engine, { date, commit, ...forFile(result) }]);
  const report = {
    peer: `@extism/extism ${versionOf('@extism/extism')}`,
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, loadAverage: loadavg()[1] },
    engines: { ...readResults('foundation').engines, ...Object.fromEntries(own) },
  };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, await format(JSON.stringify(report, null, 2), { parser: 'json', printWidth: 120 }));
  await writeScoreboard();
  say(`\nWritten: e2e/perf/results/foundation.json, e2e/perf/RESULTS.md and the figures in README.md`);
}

const { values } = parseArgs({ options: { engines: { type: 'string' }, only: { type: 'string' } } });
const parts = values.only?.split(',');
const engines = await ensureEngines(['chromium', 'firefox'], values.engines);

await buildPage();
const site = await servePage();
/** @type {Record<string, EngineResult>} */
const measured = {};
try {
  for (const engine of engines) {
    say(`Measuring in ${engine}...`);
    measured[engine] = await measure(engine, site.origin, (part) => parts?.includes(part) ?? true);
    say(tableOf(engine, measured[engine]));
  }
} finally {
  await site.stop();
}
say('\nCompare only ratios within one run: times depend on the load of the machine.');
if (parts === undefined) await writeResults(measured);
