// Long-running tests inside the page, with memory measured from outside.
import { setTimeout as sleep } from 'node:timers/promises';
import { rendererBytes, slopeOf } from '../../bench/renderer-memory.mjs';
import { onPage } from '../site.mjs';

/** @typedef {import('../site.mjs').Engine} Engine */
/** @typedef {{ part: boolean, seed: number }} Share */

const points = 40;
/** The noise of memory measured from outside. Growth in a reduced run is printed only. */
const noiseBytes = 4_000_000;

/**
 * Runs `step` repeatedly and returns by how much memory grew after the warm-up. Collects garbage before each measurement, because
 * until then ended workers, even empty ones, retain 100 MB and more.
 * @param {import('playwright').Page} page
 * @param {number} count
 * @param {(size: number) => Promise<unknown>} step
 */
async function growthOver(page, count, step) {
  const seen = [];
  for (let point = 1; point <= points; point += 1) {
    await step(count / points);
    await page.requestGC();
    await sleep(100);
    seen.push({ calls: (point * count) / points, bytes: rendererBytes() ?? 0 });
  }
  const bytesEach = slopeOf(seen, 0.25);
  const last = seen.at(-1)?.bytes ?? 0;
  const grownBytes = bytesEach * count * 0.75;
  return {
    megabytes: Math.round(last / 1e6),
    bytesEach: Number(bytesEach.toFixed(2)),
    grownPercent: Number(((100 * grownBytes) / last).toFixed(2)),
    flat: grownBytes < Math.max(last / 100, noiseBytes),
  };
}

/** 1,000,000 calls of 1 KB. @param {Engine} engine @param {Share} share */
export function calls(engine, { part }) {
  const count = part ? 2_000 : 1_000_000;
  return onPage(engine, async (page) => {
    const start = performance.now();
    const memory = await growthOver(page, count, (size) =>
      page.evaluate((size) => window.soak.calls(size, 1_000), size),
    );
    const microsecondsEach = Math.round(((performance.now() - start - points * 100) * 1_000) / count);
    const workers = await page.evaluate(() => window.soak.finish());
    const faults = [
      ...(memory.flat || part
        ? []
        : [`memory grew by ${memory.grownPercent} percent, ${memory.bytesEach} bytes a call`]),
      ...(workers > 0 ? [`${workers} workers left`] : []),
    ];
    return { figures: { calls: count, microsecondsEach, memory }, faults };
  });
}

/**
 * Creates, calls and closes a plug-in 10,000 times. A browser retains memory for every ended worker, even an empty one. This is
 * measured first, in another browser; what a cycle adds to it counts for Tenon.
 * @param {Engine} engine
 * @param {Share} share
 */
export async function lifecycles(engine, { part }) {
  const count = part ? 40 : 10_000;
  const { bare } = await onPage(engine, async (page) => {
    const work = (/** @type {number} */ size) => page.evaluate((size) => window.soak.bareWorkers(size), size);
    return { bare: await growthOver(page, count, work) };
  });
  return onPage(engine, async (page) => {
    const start = performance.now();
    const memory = await growthOver(page, count, (size) => page.evaluate((size) => window.soak.lifecycles(size), size));
    const millisecondsEach = Number(((performance.now() - start - points * 100) / count).toFixed(1));
    const workers = await page.evaluate(() => window.soak.finish());
    const own = ownGrowth(memory, bare, count);
    const faults = [
      ...(own.flat || part
        ? []
        : [`memory grew by ${memory.bytesEach} bytes a cycle, ${bare.bytesEach} for a worker with nothing in it`]),
      ...(workers > 0 ? [`${workers} workers left`] : []),
    ];
    return { figures: { cycles: count, millisecondsEach, memory, bare, own }, faults };
  });
}

/**
 * Returns the growth beyond that of empty workers.
 * @param {Awaited<ReturnType<typeof growthOver>>} memory
 * @param {Awaited<ReturnType<typeof growthOver>>} bare
 * @param {number} count
 */
function ownGrowth(memory, bare, count) {
  const bytesEach = memory.bytesEach - Math.max(0, bare.bytesEach);
  const grownBytes = bytesEach * count * 0.75;
  const bytes = memory.megabytes * 1e6;
  return {
    bytesEach: Number(bytesEach.toFixed(2)),
    grownPercent: Number(((100 * grownBytes) / bytes).toFixed(2)),
    flat: grownBytes < Math.max(bytes / 100, noiseBytes),
  };
}

const mostWakingRatio = 1.5;

/** 1,000 plug-ins in one page, called round-robin. @param {Engine} engine @param {Share} share */
export function hibernation(engine, { part }) {
  const wanted = part ? { plugins: 100, rounds: 1 } : { plugins: 1_000, rounds: 2 };
  return onPage(engine, async (page) => {
    const { asleep, wakes, wakingMs, creatingMs, workers } = await page.evaluate(
      (wanted) => window.soak.hibernation(wanted),
      wanted,
    );
    const ratio = Number((wakingMs / creatingMs).toFixed(2));
    const faults = [
      ...(asleep > 0 && wakes > 0 ? [] : ['no plug-in had to hibernate']),
      // A reduced run shares the machine with other steps, so that its times mean nothing.
      ...(ratio <= mostWakingRatio || part ? [] : [`waking costs ${ratio} times creating, target ${mostWakingRatio}`]),
      ...(workers > 0 ? [`${workers} workers left`] : []),
    ];
    const rounded = { wakingMs: Number(wakingMs.toFixed(1)), creatingMs: Number(creatingMs.toFixed(1)) };
    return { figures: { ...wanted, asleep, wakes, ...rounded, ratio }, faults };
  });
}

/** @param {Engine} engine */
export function caps(engine) {
  return onPage(engine, async (page) => {
    const grown = await page.evaluate((caps) => window.soak.caps(caps), [1, 2, 16, 256, 4_096]);
    const faults = grown
      .filter(({ cap, pages, entries }) => pages !== cap || entries !== cap)
      .map(({ cap, pages, entries }) => `capped at ${cap}: ${pages} pages, ${entries} table entries`);
    return { figures: { caps: grown.map(({ cap }) => cap), exact: grown.length - faults.length }, faults };
  });
}

/** Cancellation on real workers. @param {Engine} engine @param {Share} share */
export function schedules(engine, { part, seed }) {
  const count = part ? 15 : 1_000;
  const batch = 20;
  return onPage(engine, async (page) => {
    /** @type {Map<string, number>} */
    const ends = new Map();
    /** @type {string[]} */
    const faults = [];
    for (let from = 0; from < count; from += batch) {
      const wanted = { seed, from, count: Math.min(batch, count - from) };
      const some = await page.evaluate((wanted) => window.soak.runSchedules(wanted), wanted);
      for (const [end, times] of Object.entries(some.ends)) ends.set(end, (ends.get(end) ?? 0) + times);
      faults.push(...some.faults);
    }
    const settled = Array.from(ends.values()).reduce((sum, times) => sum + times, 0);
    return { figures: { schedules: count, seed, settled, ends: Object.fromEntries(ends) }, faults };
  });
}
