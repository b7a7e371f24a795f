import { createPlugin } from '@extism/extism';
import { expect, test } from 'vitest';
import { runCount } from '../contract/test-runs.js';
import { compileJavaScript } from './node.js';
import { generatedPrograms, moduleOf, pluginOf } from '../../e2e/fuzz/javascript/programs.mjs';

const seed = 20_261_201;
/** Programs of one plug-in, whose exports are limited. */
const most = 500;

test('generated programs return the same in a plug-in as in this engine', async () => {
  for (let left = runCount(1_000), round = 0; left > 0; left -= most, round += 1) {
    const programs = generatedPrograms(seed + round, Math.min(left, most));
    const { default: own } = (await import(
      /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(moduleOf(programs))}`
    )) as { readonly default: readonly (() => Promise<readonly string[]>)[] };
    const { bytes } = await compileJavaScript(pluginOf(programs));
    const plugin = await createPlugin(await WebAssembly.compile(bytes), { useWasi: true });
    try {
      for (const [index, run] of own.entries()) {
        const found: unknown = (await plugin.call(`p${index}`))?.json();
        expect(found, `seed ${seed + round}, program ${index}:\n${programs[index]}`).toEqual(await run());
      }
    } finally {
      await plugin.close();
    }
  }
});
