// Steps of `npm test` that a soak runs in full.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, tool } from '../../../setup/processes.mjs';

/** @typedef {import('../site.mjs').Engine} Engine */

/**
 * @param {Engine} engine
 * @param {string} part
 * @param {Record<string, string>} [environment]
 */
function journeys(engine, part, environment = {}) {
  return tool('playwright', ['test', '-c', 'e2e/journeys', '--output', `test-results/soak-${part}-${engine}`], {
    environment: { ...environment, TENON_PART: part, TENON_ENGINES: engine },
    timeoutMs: 3_600_000,
  });
}

/** @param {string} name */
function readResults(name) {
  const file = join(root, '.cache/results', `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** Every hostile plug-in, one at a time. @param {Engine} engine */
export async function hostile(engine) {
  const ok = await journeys(engine, 'hostile', { TENON_EVERYTHING: '1' });
  return { figures: readResults(`hostile-${engine}`), faults: ok ? [] : ['not every hostile plug-in was contained'] };
}

/** The renderers' memory during each hostile plug-in. @param {Engine} engine */
export async function hostileMemory(engine) {
  const ok = await journeys(engine, 'hostile', { TENON_EVERYTHING: '1', TENON_MEMORY: '1' });
  return {
    figures: readResults(`hostile-memory-${engine}`),
    faults: ok ? [] : ['not every hostile plug-in was contained'],
  };
}

/** Every module beside its metered versions, with the largest. @param {Engine} engine */
export async function differential(engine) {
  const ok = await journeys(engine, 'differential', { TENON_EVERYTHING: '1' });
  return { figures: {}, faults: ok ? [] : ['not every module behaves in the same way when it is metered'] };
}

/** Every journey in both colour schemes. @param {Engine} engine */
export async function everyJourney(engine) {
  const ok = await journeys(engine, 'journeys', { TENON_EVERYTHING: '1' });
  return { figures: {}, faults: ok ? [] : ['not every journey passed'] };
}

/** Every spec on every page, also what is the same on all of them. @param {Engine} engine */
export async function everySpec(engine) {
  const ok = await journeys(engine, 'specs', { TENON_EVERYTHING: '1' });
  return { figures: {}, faults: ok ? [] : ['not every spec held'] };
}

/** Property tests with their full run counts, in Node. */
export async function properties() {
  const ok = await tool('vitest', ['run', '--project', 'node'], {
    environment: { TENON_RUN_SHARE: '1' },
    timeoutMs: 3_600_000,
  });
  return { figures: {}, faults: ok ? [] : ['not every test passed'] };
}

/** What the gate adds to compiling 10 MB. @param {Engine} engine */
export async function gate(engine) {
  const file = 'src/wasm/gate/gate.added.browser.test.ts';
  const ok = await tool('vitest', ['run', '--project', 'browser*', file], { environment: { TENON_ENGINES: engine } });
  return { figures: readResults(`gate-${engine}`), faults: ok ? [] : ['the test of the gate failed'] };
}
