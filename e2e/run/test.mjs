// `npm test`: sets up everything on a fresh machine with Node 20, then runs every check and prints one sum.
// `npm test -- lint node`: only these steps;  `npm test -- --list`: which there are.
import { ensureDependencies } from '../setup/dependencies.mjs';
import { ensureBrowsers } from '../setup/install-browsers.mjs';
import { cpus } from 'node:os';
import { printingAtTheEnd, say } from '../setup/processes.mjs';
import { browserSteps, steps } from './steps.mjs';
import { add, nothing, one } from './tally.mjs';

/** @typedef {import('./tally.mjs').Tally} Tally */

/** @param {number} since */
function secondsSince(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** @param {Tally} tally */
function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/**
 * @param {import('./steps.mjs').Step} step
 * @param {import('./steps.mjs').StepContext} context
 * @returns {Promise<Tally>}
 */
async function runStep({ title, run }, context) {
  say(`\n== ${title}`);
  const start = performance.now();
  /** @type {Tally} */
  let tally;
  try {
    tally = await run(context);
  } catch (error) {
    say(`  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    tally = one(false);
  }
  say(`-- ${title}: ${inWords(tally)} (${secondsSince(start)})`);
  return tally;
}

/**
 * Runs steps in order: those that may run beside others as many at a time as fits, those that measure or write alone.
 * @param {readonly import('./steps.mjs').Step[]} chosen
 * @param {(step: import('./steps.mjs').Step) => Promise<void>} runOne
 */
async function inOrder(chosen, runOne) {
  // A step waits about half of its time: for time limits, workers that end, and browsers that start.
  const atOnce = Math.min(3, cpus().length + 1);
  /** @type {Set<Promise<void>>} */
  const now = new Set();
  for (const step of chosen) {
    while (now.size >= (step.beside === true ? atOnce : 1)) await Promise.race(now);
    if (step.beside !== true) {
      await runOne(step);
      continue;
    }
    if (atOnce > 1) say(`.. ${step.title}`);
    const work = printingAtTheEnd(() => runOne(step)).finally(() => now.delete(work));
    now.add(work);
  }
  await Promise.all(now);
}

/** @param {readonly import('./steps.mjs').Step[]} chosen */
async function runAll(chosen) {
  const start = performance.now();
  say('== Set-up');
  await ensureDependencies();
  const needsBrowsers = chosen.some(({ id }) => browserSteps.has(id));
  const unavailable = needsBrowsers ? await ensureBrowsers() : new Map();
  say(`-- Set-up (${secondsSince(start)})`);
  let sum = nothing;
  /** @type {string[]} */
  const failures = [];
  await inOrder(chosen, async (step) => {
    const tally = await runStep(step, { unavailable });
    if (tally.failed > 0) {
      failures.push(
        `FAILED  ${step.title}: ${tally.failed} failed`,
        ...tally.failures.map((line) => `          ${line}`),
      );
    }
    sum = add(sum, tally);
  });
  say('');
  for (const failure of failures) say(failure);
  say(`All of it took ${secondsSince(start)}.`);
  say(inWords(sum));
  process.exitCode = sum.failed === 0 ? 0 : 1;
}

const wanted = process.argv.slice(2);
const ids = new Set(steps.map(({ id }) => id));
const unknown = wanted.filter((id) => !ids.has(id));
if (wanted.includes('--list')) {
  for (const { id, title } of steps) say(`${id.padEnd(16)}${title}`);
} else if (unknown.length > 0) {
  say(`There is no step ${unknown.join(', ')}; there are: ${Array.from(ids).join(', ')}.`);
  process.exitCode = 1;
} else {
  await runAll(steps.filter(({ id }) => wanted.length === 0 || wanted.includes(id)));
}
