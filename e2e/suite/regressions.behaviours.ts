/** What was once wrong, numbered as in e2e/regressions.md. */
import { createHost } from 'tenon';
import { equal } from './assert.js';
import { behaviour } from './harness.js';

behaviour('regression 1: a module that one host gave has its start section under another', async ({ url, defer }) => {
  const giver = createHost({ spareWorkers: 0 });
  defer(() => giver.close());
  const module = await giver.compile(url('/plugins/count_vowels.wasm'));
  const host = createHost({ spareWorkers: 0 });
  defer(() => host.close());
  const plugin = await host.createPlugin(module);
  equal((await plugin.call('count_vowels', 'Hello')).json<{ count: number }>().count, 2, 'vowels in "Hello"');
});
