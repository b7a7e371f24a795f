// Measures how soon a metered guest is stopped inside its worker, the time of the next call, and the load of the processor afterwards.
import { setTimeout as sleep } from 'node:timers/promises';
import { coresUsed, msUntilIdle } from '../../../setup/process-family.mjs';
import { onAnyPage } from '../site.mjs';
import { percentiles } from './percentiles.mjs';

const limitMs = 60;
const targets = { overshootMs: 20, nextMs: 5, idleAfterMs: 100, idleCores: 0.1 };

/** The exports with endless loops, by fixture. */
const ways = [
  ...[
    'loop_empty',
    'loop_counting',
    'loop_calling_kernel',
    'loop_calling_host',
    'loop_nested',
    'recurse_wide',
    'loop_filling',
    'loop_filling_megabytes',
    'loop_copying_megabytes',
  ].map((name) => ({ fixture: 'loop_in_call', name })),
  ...['tail_calls', 'indirect_ring', 'exceptions', 'catches_all'].map((name) => ({ fixture: 'loop_other_ways', name })),
];
const starts = ['loop_in_start_section', 'loop_in_initialize', 'loop_in_ctors', 'loop_in_hs_init'];

/**
 * Measures how soon an aborted call ends on a page that is not isolated, and how soon the browser is idle. WebKit terminates the worker.
 * @param {import('../site.mjs').Ask} ask
 * @param {number} count
 */
async function aborts(ask, count) {
  const ended = [];
  const idle = [];
  for (let index = 0; index < count; index += 1) {
    await ask('startEndless', { fixture: 'loop_in_call', name: 'loop_empty' });
    await sleep(200);
    const endMs = await ask('abortEndless');
    const idleMs = await msUntilIdle();
    ended.push(endMs);
    if (idleMs !== null) idle.push(idleMs);
    await ask('closeEndless');
  }
  return { endMs: percentiles(ended), idleMs: idle.length === 0 ? null : percentiles(idle) };
}

/** Returns how many cores are used once the stopped guest should be idle; null if that cannot be measured. */
async function coresWhenIdle() {
  await sleep(targets.idleAfterMs);
  return coresUsed(500);
}

/**
 * @param {import('../site.mjs').Engine | 'webkit'} engine
 * @param {{ part: boolean }} share
 */
export function stops(engine, { part }) {
  return onAnyPage(engine, async (ask) => {
    const count = part ? 2 : 200;
    /** @type {Record<string, { overshootMs: Percentiles, nextMs: Percentiles | null, cores: number | null }>} */
    const byWay = {};
    const faults = [];
    let workers = 0;
    for (const { fixture, name } of ways) {
      const { seen, spawned } = await ask('stops', { fixture, name, count, limitMs });
      const cores = part ? null : await coresWhenIdle();
      workers += spawned;
      byWay[name] = {
        overshootMs: percentiles(seen.map(({ overshootMs }) => overshootMs)),
        nextMs: percentiles(seen.map(({ nextMs }) => nextMs)),
        cores: cores === null ? null : Number(cores.toFixed(2)),
      };
      const left = await ask('finishStops');
      if (left > 0) faults.push(`${left} workers left after "${name}"`);
    }
    for (const fixture of starts) {
      const seen = await ask('startStops', { fixture, count, limitMs });
      byWay[fixture] = { overshootMs: percentiles(seen), nextMs: null, cores: null };
    }
    const aborted = await aborts(ask, part ? 1 : 40);
    const worst = (/** @type {(way: (typeof byWay)[string]) => number | null | undefined} */ of) =>
      Object.values(byWay).reduce((most, way) => Math.max(most, of(way) ?? 0), 0);
    const figures = {
      runs: count,
      workers: `${workers} for ${ways.length} ways`,
      overshootMs: worst(({ overshootMs }) => overshootMs.p99),
      nextMs: worst(({ nextMs }) => nextMs?.p99),
      cores: worst(({ cores }) => cores),
      aborted,
      byWay,
    };
    // A reduced run shares the machine with other steps, so that its times and its use of the processor mean nothing.
    if (!part) {
      if (figures.overshootMs >= targets.overshootMs) faults.push(`stopped ${figures.overshootMs} ms late, p99`);
      if (figures.nextMs > targets.nextMs) faults.push(`the next call took ${figures.nextMs} ms, p99`);
      if ((aborted.idleMs?.p99 ?? 0) > targets.idleAfterMs)
        faults.push(`idle ${aborted.idleMs?.p99} ms after an abort, p99`);
      if (figures.cores > targets.idleCores) faults.push(`${figures.cores} cores busy after a stop`);
    }
    return { figures, faults };
  });
}

/** @typedef {ReturnType<typeof percentiles>} Percentiles */
