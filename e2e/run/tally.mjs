// One sum over all runners: every test counts, and so does every check such as the linter.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/processes.mjs';
import { countBehaviours } from './suite-results.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Tally */

/** @type {Tally} */
export const nothing = { passed: 0, failed: 0, skipped: 0 };

/**
 * @param {Tally} a
 * @param {Tally} b
 * @returns {Tally}
 */
export function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/**
 * A check that holds or does not.
 * @param {boolean} ok
 * @returns {Tally}
 */
export function one(ok) {
  return ok ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 };
}

/**
 * Where a runner is to write its results; what an earlier run wrote is removed.
 * @param {string} name
 */
export function resultFile(name) {
  const folder = join(root, '.cache/results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  rmSync(file, { force: true });
  return file;
}

/**
 * What a runner wrote; undefined when it died before it could.
 * @param {string} file
 * @returns {unknown}
 */
function read(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * A runner that ended badly failed at least once, even if every test it reports passed.
 * @param {Tally} tally
 * @param {boolean} endedWell
 * @returns {Tally}
 */
export function believing(tally, endedWell) {
  const empty = tally.passed + tally.failed + tally.skipped === 0;
  if (tally.failed > 0 || (endedWell && !empty)) return tally;
  return add(tally, one(false));
}

/**
 * @typedef {object} VitestResults
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {{ status: string, assertionResults: { status: string }[] }[]} testResults
 */

/**
 * Vitest's JSON report.
 * @param {string} file
 * @param {boolean} endedWell
 */
export function tallyVitest(file, endedWell) {
  const results = /** @type {VitestResults | undefined} */ (read(file));
  if (results === undefined) return one(false);
  // A file that cannot even be loaded has no tests to fail.
  const dead = results.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  const tally = {
    passed: results.numPassedTests,
    failed: results.numFailedTests + dead.length,
    skipped: results.numPendingTests + results.numTodoTests,
  };
  return believing(tally, endedWell);
}

/** @typedef {{ name: string, body?: string }} Attachment */
/** @typedef {{ status: string, results: { attachments: Attachment[] }[] }} PlaywrightTest */
/** @typedef {{ suites?: PlaywrightSuite[], specs?: { tests: PlaywrightTest[] }[] }} PlaywrightSuite */

/**
 * @param {PlaywrightSuite} suite
 * @returns {PlaywrightTest[]}
 */
function testsOf({ suites = [], specs = [] }) {
  return [...specs.flatMap(({ tests }) => tests), ...suites.flatMap(testsOf)];
}

/**
 * @param {PlaywrightTest} test
 * @returns {Tally}
 */
function tallyTest({ status, results }) {
  if (status === 'skipped') return { ...nothing, skipped: 1 };
  const ok = status === 'expected' || status === 'flaky';
  const body = results.at(-1)?.attachments.find(({ name }) => name === 'behaviours')?.body;
  if (body === undefined) return one(ok);
  return believing(countBehaviours(JSON.parse(Buffer.from(body, 'base64').toString('utf8'))), ok);
}

/**
 * Playwright's JSON report. A test that ran a page of the behaviour suite counts as its behaviours.
 * @param {string} file
 * @param {boolean} endedWell
 */
export function tallyPlaywright(file, endedWell) {
  const results = /** @type {PlaywrightSuite | undefined} */ (read(file));
  if (results === undefined) return one(false);
  return believing(testsOf(results).map(tallyTest).reduce(add, nothing), endedWell);
}

/**
 * The behaviours that e2e/run/webkit.mjs wrote.
 * @param {string} file
 * @param {boolean} endedWell
 */
export function tallyBehaviours(file, endedWell) {
  const results = /** @type {import('./suite-results.mjs').BehaviourResult[] | undefined} */ (read(file));
  return results === undefined ? one(false) : believing(countBehaviours(results), endedWell);
}
