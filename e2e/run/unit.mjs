// `npm run test:unit`: unit tests in Node, with a small share of each property test's runs. `npm run test:watch`: the same,
// again after each change. What stands behind `--` goes to Vitest: `npm run test:unit -- src/wasm`.
import { buildPlugins } from '../setup/build.mjs';
import { ensureDependencies } from '../setup/dependencies.mjs';
import { say, tool } from '../setup/processes.mjs';

/** Enough to notice a fault in what was just changed; `npm test` runs ten times as many. */
const runShare = '0.02';

const rest = process.argv.slice(2);
const watch = rest.includes('--watch');
await ensureDependencies();
if (await buildPlugins()) {
  const command = watch ? 'watch' : 'run';
  const parameters = [command, '--project', 'node', ...rest.filter((word) => word !== '--watch')];
  const environment = { TENON_RUN_SHARE: process.env['TENON_RUN_SHARE'] ?? runShare };
  const ok = await tool('vitest', parameters, { environment, timeoutMs: watch ? 86_400_000 : 600_000 });
  process.exitCode = ok ? 0 : 1;
} else {
  say('The kernel or the example plug-ins do not build; see above.');
  process.exitCode = 1;
}
