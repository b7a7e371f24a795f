import { createPlugin } from '@extism/extism';
import { expect, test } from 'vitest';
import { compileJavaScript } from './node.js';

test('a plug-in runs in the JS SDK', async () => {
  const { bytes, exports } = await compileJavaScript(
    'export const greet = plugin(({ name }) => ({ hello: name }));\nexport function up() { Host.outputString(Host.inputString().toUpperCase()) }',
  );
  expect(exports).toEqual(['greet', 'up']);
  const module = await WebAssembly.compile(bytes);
  const plugin = await createPlugin({ wasm: [{ data: bytes }] }, { useWasi: true });
  expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual(['memory', 'greet', 'up']);
  expect((await plugin.call('up', 'abc'))?.text()).toBe('ABC');
  expect((await plugin.call('greet', '{"name":"x"}'))?.json()).toEqual({ hello: 'x' });
  await plugin.close();
});
