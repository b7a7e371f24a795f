import { createPlugin } from 'tenon';
import { check, equal, failsWith } from '../assert.js';
import { spec } from '../harness.js';

/** A busy machine may take longer to meter the engine than the default allows. */
const longLoad = { loadTimeoutMs: 60_000 };

const text = (code: string, name: string): File => new File([code], name);

spec('a JavaScript file is a plug-in', async ({ url, defer }) => {
  const lines: string[] = [];
  const plugin = await createPlugin(url('/plugins/greet.js'), {
    ...longLoad,
    config: { excited: 'yes' },
    logLevel: 'info',
    onLog: ({ level, message }) => void lines.push(`${level} ${message}`),
  });
  defer(() => plugin.close());
  equal((await plugin.call('greet', '{"name":"Ada"}')).json(), { hello: 'Ada', excited: true });
  equal((await plugin.call('shout', 'quiet')).text(), 'QUIET');
  equal(lines, ['info shouting']);
  // Module-level state lasts as long as the instance.
  await plugin.call('count');
  equal((await plugin.call('count')).text(), '2');
  const error = await failsWith(plugin.call('fail'), 'guest-error');
  check(/RangeError: no such name\n\s+at fail \(greet\.js:19:\d+\)/u.test(error.message), error.message);
  equal((await plugin.call('count')).text(), '3');
});

spec('TypeScript, as JavaScript, is a plug-in, and its faults name their place', async ({ defer }) => {
  const code = 'interface Point { x: number }\nexport const half = plugin(({ x }: Point): Point => ({ x: x / 2 }));\n';
  const plugin = await createPlugin(text(code, 'half.ts'), longLoad);
  defer(() => plugin.close());
  equal((await plugin.call('half', '{"x":3}')).json(), { x: 1.5 });
  const failsAt = await failsWith(plugin.call('half', 'null'), 'guest-error');
  check(/\(half\.ts:2\)/u.test(failsAt.message), failsAt.message);
  const error = await failsWith(createPlugin(text('export const a = plugin(\n  () => }', 'a.js')), 'invalid-source');
  equal(error.where, 'a.js:2:9');
});

spec('the hash of a manifest is that of its JavaScript source', async ({ url }) => {
  const wasm = [{ url: url('/plugins/greet.js'), hash: '0'.repeat(64) }];
  await failsWith(createPlugin({ wasm }), 'hash-mismatch');
});

spec('an endless loop in JavaScript is stopped inside its worker', async ({ url, defer }) => {
  const plugin = await createPlugin(url('/plugins/greet.js'), { ...longLoad, metering: true });
  defer(() => plugin.close());
  await plugin.call('shout', 'warm');
  await failsWith(plugin.call('spin', '', { timeoutMs: 300 }), 'timeout');
  equal((await plugin.call('shout', 'again')).text(), 'AGAIN');
});
