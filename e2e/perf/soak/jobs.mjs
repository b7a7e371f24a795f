// The jobs of `npm run soak`; `npm test` runs reduced versions of them.
import { cacheKill } from './jobs/cache-kill.mjs';
import { everyToolChain } from './jobs/embedding.mjs';
import { filesKill } from './jobs/files-kill.mjs';
import { filesVariety } from './jobs/files-variety.mjs';
import { soakGenerated } from './jobs/generated.mjs';
import { soakInputs } from './jobs/inputs.mjs';
import { differential, everyJourney, everySpec, gate, hostile, hostileMemory, properties } from './jobs/journeys.mjs';
import { calls, caps, hibernation, lifecycles, schedules } from './jobs/page-jobs.mjs';
import { libraryKill } from './jobs/library-kill.mjs';
import { storedFiles } from './jobs/stored-files.mjs';
import { stops } from './jobs/stops.mjs';
import { timeouts } from './jobs/timeouts.mjs';

/** @typedef {import('./site.mjs').Engine | 'webkit'} Engine */
/** @typedef {import('./site.mjs').Engine} Driven */
/** @typedef {{ part: boolean, seed: number }} Share */
/** @typedef {{ figures: Record<string, unknown>, faults: readonly string[], version?: string }} JobResult */
/**
 * A long-running test. `run` is called for each of `engines`; by default for the two that Playwright drives.
 * @typedef {object} Job
 * @property {string} id
 * @property {string} title
 * @property {readonly Engine[]} inPart The engines in which `npm test` runs a reduced version. None where `npm test` has a step for it; only
 * Chromium where the specs cover the same in each engine, or where it takes too long in Firefox: each kill needs a start of it, and some
 * 475 plug-ins fit.
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
  { id: 'caps', title: 'Memory and tables stop growing at their limits', inPart: both, run: caps },
  { id: 'timeouts', title: 'Endless calls time out and the next call succeeds', inPart: [], run: timeouts },
  { id: 'stops', title: 'Metered guests are stopped inside their workers', engines: all, inPart: all, run: stops },
  { id: 'hibernation', title: 'More plug-ins than fit, called in turn', inPart: ['chromium'], run: hibernation },
  { id: 'calls', title: 'Calls of 1 KB', inPart: ['chromium'], run: calls },
  { id: 'lifecycles', title: 'Create, call, close', inPart: ['chromium'], run: lifecycles },
  {
    id: 'schedules',
    title: 'Random sequences of calls, aborts, timeouts and terminated workers',
    inPart: both,
    run: schedules,
  },
  {
    id: 'cache-kill',
    title: 'The browser is killed during cache writes',
    inPart: ['chromium'],
    run: cacheKill,
  },
  {
    id: 'library-kill',
    title: 'The browser is killed during installs and updates',
    inPart: ['chromium'],
    run: libraryKill,
  },
  {
    id: 'files-kill',
    title: 'Worker, tab and browser are killed while stored files change',
    inPart: [],
    run: filesKill,
  },
  { id: 'files-variety', title: 'Files of every kind stored, exported and imported', inPart: [], run: filesVariety },
  { id: 'stored-files', title: 'Figures of stored directories and streams', inPart: [], run: storedFiles },
  { id: 'hostile', title: 'Hostile plug-ins', inPart: [], run: hostile },
  {
    id: 'hostile-memory',
    title: 'Memory of hostile plug-ins',
    engines: ['chromium'],
    inPart: [],
    run: hostileMemory,
  },
  { id: 'gate', title: 'The time that the gate adds to compiling 10 MB', inPart: [], run: gate },
  { id: 'generated', title: 'Generated modules', inPart: [], run: soakGenerated },
  { id: 'differential', title: 'Every module beside its metered versions', inPart: [], run: differential },
  { id: 'inputs', title: 'Fuzzed inputs, in Node', engines: ['chromium'], inPart: [], run: soakInputs },
  { id: 'properties', title: 'Property tests in full, in Node', engines: ['chromium'], inPart: [], run: properties },
  { id: 'embedding', title: 'The packed package in every tool chain', inPart: [], run: everyToolChain },
  { id: 'specs', title: 'Every spec on every page', inPart: [], run: everySpec },
  { id: 'journeys', title: 'Every journey in both colour schemes', inPart: [], run: everyJourney },
];
