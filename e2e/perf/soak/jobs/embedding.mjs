// An app with the packed package in every tool chain.
import { chainsOf, faultsOf, runToolChains, tableOf } from '../../../embedding/run.mjs';
import { say } from '../../../setup/processes.mjs';

/** @param {import('../site.mjs').Engine} engine */
export async function everyToolChain(engine) {
  const rows = await runToolChains(chainsOf(engine), engine);
  for (const line of tableOf(rows)) say(line);
  return { figures: { 'tool chains': rows.map(({ chain }) => chain) }, faults: faultsOf(rows) };
}
