import { createPlugin } from 'tenon';
import { generatedPrograms, moduleOf, pluginOf } from '../../fuzz/javascript/programs.mjs';
import { equal } from '../assert.js';
import { spec } from '../harness.js';

const seed = 20_261_202;
const programs = generatedPrograms(seed, 40);

spec('generated programs return the same in a JavaScript plug-in as in the browser itself', async ({ defer }) => {
  const plugin = await createPlugin(new File([pluginOf(programs)], 'generated.js'), { loadTimeoutMs: 60_000 });
  defer(() => plugin.close());
  const url = URL.createObjectURL(new Blob([moduleOf(programs)], { type: 'text/javascript' }));
  defer(() => URL.revokeObjectURL(url));
  const { default: own } = (await import(/* @vite-ignore */ url)) as {
    readonly default: readonly (() => Promise<readonly string[]>)[];
  };
  for (const [index, run] of own.entries()) {
    const found = (await plugin.call(`p${index}`)).json();
    equal([index, found], [index, await run()]);
  }
});
