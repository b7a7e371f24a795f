import { fuzzInputs } from '../../../fuzz/inputs/run.mjs';
import { seeds } from '../../../fuzz/inputs/seeds.mjs';

/**
 * Fuzzes what reads a stranger's bytes with 100,000 inputs in all, in Node; a step of `npm test` runs fewer.
 * @param {unknown} _engine
 * @param {{ seed: number }} share
 */
export async function soakInputs(_engine, { seed }) {
  const count = Math.ceil(100_000 / Object.keys(seeds).length);
  const { results, figures } = await fuzzInputs({ seed, count });
  const targets = Object.values(figures);
  return {
    figures: {
      inputs: targets.reduce((sum, { runs }) => sum + runs, 0),
      seed,
      slowestMs: Math.round(Math.max(...targets.map(({ slowestMs }) => slowestMs))),
      mostMiB: Math.round(Math.max(...targets.map(({ mostBytes }) => mostBytes)) / 2 ** 20),
      targets: figures,
    },
    faults: results.flatMap(({ name, error }) => (error === undefined ? [] : [`${name}: ${error}`])),
  };
}
