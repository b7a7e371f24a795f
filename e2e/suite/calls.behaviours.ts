import { createHost } from 'tenon';
import { equal } from './assert.js';
import { behaviour } from './harness.js';

behaviour('a real Extism plug-in answers', async ({ url, defer }) => {
  const host = createHost();
  defer(() => host.close());
  const plugin = await host.createPlugin(url('/plugins/count_vowels.wasm'));
  const out = await plugin.call('count_vowels', 'Hello, World!');
  equal(JSON.stringify(out.json()), '{"count":3,"total":3,"vowels":"aeiouAEIOU"}', 'output');
});
