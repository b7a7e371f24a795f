// Measures by how much an endless call overruns its time limit, and the time of the next call.
import { startNoiseMeter } from '../../../security/hostile/noise.mjs';
import { untilIdle } from '../../../setup/process-family.mjs';
import { onPage } from '../site.mjs';
import { percentiles } from './percentiles.mjs';

const targets = { overshootMs: 50, nextMs: 100 };
/** How long Chromium keeps running a loop whose worker was terminated. */
const dyingMs = 2_300;

/** @typedef {import('../window.js').StoppedCall & { noiseMs: number }} Measured */

/** @param {readonly import('../window.js').StoppedCall[]} stopped */
const summary = (stopped) => ({
  runs: stopped.length,
  overshootMs: percentiles(stopped.map(({ overshootMs }) => overshootMs)),
  nextMs: percentiles(stopped.map(({ nextMs }) => nextMs)),
});

/**
 * Runs endless calls, each when the processes are idle again; then 60 without a pause, for which there is no target.
 * @param {import('../site.mjs').Engine} engine
 */
export function timeouts(engine) {
  return onPage(engine, async (page) => {
    const noise = startNoiseMeter();
    /** @type {Measured[]} */
    const measured = [];
    await page.evaluate(() => window.soak.timeouts(1));
    for (let run = 0; run < 200; run += 1) {
      await untilIdle(dyingMs);
      await noise.longest();
      const [stopped] = await page.evaluate(() => window.soak.timeouts(1));
      if (stopped !== undefined) measured.push({ ...stopped, noiseMs: await noise.longest() });
    }
    await noise.stop();
    await untilIdle(dyingMs);
    const backToBack = summary(await page.evaluate(() => window.soak.timeouts(60)));
    const workers = await page.evaluate(() => window.soak.finish());
    // If an idle thread was delayed by half of the allowed overrun, the machine was busy with other work.
    const quiet = measured.filter(({ noiseMs }) => noiseMs < targets.overshootMs / 2);
    const figures = { ...summary(measured), quiet: summary(quiet), backToBack };
    const late = quiet.length > 0 && figures.quiet.overshootMs.p99 >= targets.overshootMs;
    const slow = quiet.length > 0 && figures.quiet.nextMs.p99 >= targets.nextMs;
    const faults = [
      ...(late
        ? [`overshoot p99 ${figures.quiet.overshootMs.p99} ms on a quiet machine, target ${targets.overshootMs} ms`]
        : []),
      ...(slow ? [`next call p99 ${figures.quiet.nextMs.p99} ms on a quiet machine, target ${targets.nextMs} ms`] : []),
      ...(workers > 0 ? [`${workers} workers left`] : []),
    ];
    return { figures, faults };
  });
}
