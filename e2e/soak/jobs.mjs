// What `npm run soak` runs in full, and `npm test` in part.
import { cacheKill } from './jobs/cache-kill.mjs';
import { soakGenerated } from './jobs/generated.mjs';
import { everyBehaviour, gate, hostile } from './jobs/journeys.mjs';
import { calls, caps, hibernation, lifecycles, schedules } from './jobs/page-jobs.mjs';
import { timeouts } from './jobs/timeouts.mjs';

/** @typedef {import('./site.mjs').Engine} Engine */
/** @typedef {{ part: boolean, seed: number }} Share */
/** @typedef {{ figures: Record<string, unknown>, faults: readonly string[], version?: string }} JobResult */
/**
 * @typedef {object} Job
 * @property {string} id
 * @property {string} title
 * @property {boolean} inPart Whether `npm test` runs a part of it; the others are steps of `npm test` themselves.
 * @property {(engine: Engine, share: Share) => Promise<JobResult>} run
 */

/** @type {readonly Job[]} */
export const jobs = [
  { id: 'caps', title: 'Memory and tables stop at their caps', inPart: true, run: caps },
  { id: 'timeouts', title: 'Endless calls are stopped, and the next is answered', inPart: true, run: timeouts },
  { id: 'hibernation', title: 'More plug-ins than fit, called round-robin', inPart: true, run: hibernation },
  { id: 'calls', title: 'Calls of 1 KB', inPart: true, run: calls },
  { id: 'lifecycles', title: 'Create, call, close', inPart: true, run: lifecycles },
  { id: 'schedules', title: 'Random schedules of calls, aborts, time limits and deaths', inPart: true, run: schedules },
  { id: 'cache-kill', title: 'The browser is killed in the middle of cache writes', inPart: true, run: cacheKill },
  { id: 'hostile', title: 'Hostile plug-ins', inPart: false, run: hostile },
  { id: 'gate', title: 'What the gate adds to compiling 10 MB', inPart: false, run: gate },
  { id: 'generated', title: 'Generated modules', inPart: false, run: soakGenerated },
  { id: 'suite', title: 'Every behaviour on every page', inPart: false, run: everyBehaviour },
];
