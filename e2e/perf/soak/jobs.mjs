// What `npm run soak` runs in full, and `npm test` in part.
import { cacheKill } from './jobs/cache-kill.mjs';
import { soakGenerated } from './jobs/generated.mjs';
import { everySpec, gate, hostile } from './jobs/journeys.mjs';
import { calls, caps, hibernation, lifecycles, schedules } from './jobs/page-jobs.mjs';
import { libraryKill } from './jobs/library-kill.mjs';
import { stops } from './jobs/stops.mjs';
import { timeouts } from './jobs/timeouts.mjs';

/** @typedef {import('./site.mjs').Engine | 'webkit'} Engine */
/** @typedef {import('./site.mjs').Engine} Driven */
/** @typedef {{ part: boolean, seed: number }} Share */
/** @typedef {{ figures: Record<string, unknown>, faults: readonly string[], version?: string }} JobResult */
/**
 * `run` is called with engines of `engines` alone, which are the two that Playwright drives unless it says more.
 * @typedef {object} Job
 * @property {string} id
 * @property {string} title
 * @property {readonly Engine[]} inPart Where `npm test` runs a part of it. Some are steps of `npm test` themselves; a start of Firefox for
 * each kill takes longer than all else.
 * @property {readonly Engine[]} [engines]
 * @property {(engine: any, share: Share) => Promise<JobResult>} run
 */

/** @type {readonly Driven[]} */
const both = ['chromium', 'firefox'];
/** @type {readonly Engine[]} */
const all = [...both, 'webkit'];

/** Whether a job is of this engine. @param {Job} job @param {Engine} engine */
export function runsIn({ engines = both }, engine) {
  return engines.includes(engine);
}

/** @type {readonly Job[]} */
export const jobs = [
  { id: 'caps', title: 'Memory and tables stop at their caps', inPart: both, run: caps },
  { id: 'timeouts', title: 'Endless calls are stopped, and the next is answered', inPart: both, run: timeouts },
  { id: 'stops', title: 'Metered guests are stopped inside their workers', engines: all, inPart: all, run: stops },
  { id: 'hibernation', title: 'More plug-ins than fit, called round-robin', inPart: both, run: hibernation },
  { id: 'calls', title: 'Calls of 1 KB', inPart: both, run: calls },
  { id: 'lifecycles', title: 'Create, call, close', inPart: both, run: lifecycles },
  { id: 'schedules', title: 'Random schedules of calls, aborts, time limits and deaths', inPart: both, run: schedules },
  {
    id: 'cache-kill',
    title: 'The browser is killed in the middle of cache writes',
    inPart: ['chromium'],
    run: cacheKill,
  },
  {
    id: 'library-kill',
    title: 'The browser is killed in the middle of installs and updates',
    inPart: ['chromium'],
    run: libraryKill,
  },
  { id: 'hostile', title: 'Hostile plug-ins', inPart: [], run: hostile },
  { id: 'gate', title: 'What the gate adds to compiling 10 MB', inPart: [], run: gate },
  { id: 'generated', title: 'Generated modules', inPart: [], run: soakGenerated },
  { id: 'specs', title: 'Every spec on every page', inPart: [], run: everySpec },
];
