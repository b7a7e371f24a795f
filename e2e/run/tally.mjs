// One sum over all runners: every test counts, and so does every check such as the linter.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/processes.mjs';
import { countSpecs } from './spec-results.mjs';

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {readonly string[]} failures What failed, as far as the runner named it: a line each, with its first words.
 */

/** @type {Tally} */
export const nothing = { passed: 0, failed: 0, skipped: 0, failures: [] };

/**
 * @param {Tally} a
 * @param {Tally} b
 * @returns {Tally}
 */
export function add(a, b) {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
  };
}

const escapes = /\u001B\[[\d;]*m/gu;

/**
 * A test's name with the start of what it said, on one line.
 * @param {string} name
 * @param {string | undefined} message
 */
function failureLine(name, message = '') {
  const words = message.replaceAll(escapes, '').replaceAll(/\s+/gu, ' ').trim();
  return words === '' ? name : `${name}: ${words}`.slice(0, 400);
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
 * @param {readonly import('./spec-results.mjs').SpecResult[]} results
 * @param {string} [where]
 * @returns {Tally}
 */
function tallyResults(results, where = '') {
  const failures = results.filter(({ ok }) => !ok).map(({ name, error }) => failureLine(`${where}${name}`, error));
  return { ...countSpecs(results), failures };
}

/**
 * @typedef {object} VitestResults
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {VitestFile[]} testResults
 */
/** @typedef {{ status: string, fullName: string, failureMessages: string[] }} VitestTest */
/** @typedef {{ name: string, status: string, message: string, assertionResults: VitestTest[] }} VitestFile */

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
  const tests = results.testResults.flatMap(({ assertionResults }) => assertionResults);
  const tally = {
    passed: results.numPassedTests,
    failed: results.numFailedTests + dead.length,
    skipped: results.numPendingTests + results.numTodoTests,
    failures: [
      ...dead.map(({ name, message }) => failureLine(name, message)),
      ...tests
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages }) => failureLine(fullName, failureMessages[0])),
    ],
  };
  return believing(tally, endedWell);
}

/** @typedef {{ name: string, body?: string }} Attachment */
/** @typedef {{ attachments: Attachment[], error?: { message?: string } }} PlaywrightResult */
/** @typedef {{ status: string, results: PlaywrightResult[] }} PlaywrightTest */
/** @typedef {{ title: string, tests: PlaywrightTest[] }} PlaywrightSpec */
/** @typedef {{ suites?: PlaywrightSuite[], specs?: PlaywrightSpec[] }} PlaywrightSuite */

/**
 * @param {PlaywrightSuite} suite
 * @returns {PlaywrightSpec[]}
 */
function specsOf({ suites = [], specs = [] }) {
  return [...specs, ...suites.flatMap(specsOf)];
}

/**
 * @param {string} title
 * @param {PlaywrightTest} test
 * @returns {Tally}
 */
function tallyTest(title, { status, results }) {
  if (status === 'skipped') return { ...nothing, skipped: 1 };
  const ok = status === 'expected' || status === 'flaky';
  const last = results.at(-1);
  const body = last?.attachments.find(({ name }) => name === 'specs')?.body;
  if (body === undefined)
    return ok ? one(true) : { ...one(false), failures: [failureLine(title, last?.error?.message)] };
  return believing(tallyResults(JSON.parse(Buffer.from(body, 'base64').toString('utf8')), `${title}: `), ok);
}

/**
 * Playwright's JSON report. A test that ran a page of specs counts as its specs.
 * @param {string} file
 * @param {boolean} endedWell
 */
export function tallyPlaywright(file, endedWell) {
  const results = /** @type {PlaywrightSuite | undefined} */ (read(file));
  if (results === undefined) return one(false);
  const tallies = specsOf(results).flatMap(({ title, tests }) => tests.map((test) => tallyTest(title, test)));
  return believing(tallies.reduce(add, nothing), endedWell);
}

/**
 * The specs that e2e/run/webkit.mjs wrote.
 * @param {string} file
 * @param {boolean} endedWell
 */
export function tallySpecs(file, endedWell) {
  const results = /** @type {import('./spec-results.mjs').SpecResult[] | undefined} */ (read(file));
  return results === undefined ? one(false) : believing(tallyResults(results), endedWell);
}
