import { createHost, isPluginError } from 'tenon';
import { check, equal } from './assert.js';
import { behaviour } from './harness.js';

interface ExampleList {
  readonly plugins: readonly {
    readonly file: string;
    readonly config: Readonly<Record<string, string>>;
    readonly functions: readonly { readonly name: string; readonly input: string }[];
  }[];
}

/** What the kitchen sink is there to do. */
const failing = new Map([
  ['fill_var', 'guest-trap'], // more than vars may hold
  ['fail_with', 'guest-error'],
  ['fail_with_code_0', 'guest-error'],
  ['return_code', 'guest-exit'],
  ['trap', 'guest-trap'],
  ['throw_error', 'guest-error'], // an error, and then a trap
  ['overflow_stack', 'guest-trap'],
  ['loop_forever', 'timeout'],
]);

behaviour(
  'every function of every example plug-in answers its sample, or fails as it says it will',
  async ({ url, defer }) => {
    const host = createHost();
    defer(() => host.close());
    const list = (await (await fetch(url('/plugins/index.json'))).json()) as ExampleList;
    check(list.plugins.length >= 4, 'examples are missing');
    for (const { file, config, functions } of list.plugins) {
      // Files as the playground gives them, for those that ask.
      const files = { '/': { memory: {} } };
      const plugin = await host.createPlugin(url(`/plugins/${file}`), { config, files, timeoutMs: 2_000 });
      for (const { name, input } of functions) {
        const code = await plugin.call(name, input).then(
          () => null,
          (error: unknown) => (isPluginError(error) ? error.code : `untyped: ${String(error)}`),
        );
        equal(code, failing.get(name) ?? null, `${file} ${name}`);
      }
      await plugin.close();
    }
  },
  { timeoutMs: 30_000 },
);

behaviour('a real Extism plug-in answers, in AssemblyScript and in C', async ({ url, defer }) => {
  const host = createHost();
  defer(() => host.close());
  for (const file of ['count_vowels.wasm', 'count_vowels_c.wasm']) {
    const plugin = await host.createPlugin(url(`/plugins/${file}`));
    const out = await plugin.call('count_vowels', 'Hello, World!');
    equal(JSON.stringify(out.json()), '{"count":3,"total":3,"vowels":"aeiouAEIOU"}', file);
    const again = await plugin.call('count_vowels', 'Hello');
    equal(JSON.stringify(again.json()), '{"count":2,"total":5,"vowels":"aeiouAEIOU"}', `${file}, again`);
  }
});

behaviour('nothing is left of a host that was closed', async ({ url }) => {
  const host = createHost({ spareWorkers: 2 });
  const plugin = await host.createPlugin(url('/plugins/echo.wasm'), { concurrency: 2 });
  check(host.workers >= 3, `only ${host.workers} workers`);
  const calls = [plugin.call('echo', 'a'), plugin.call('echo', 'b'), plugin.call('echo', 'c')];
  await host.close();
  const ends = await Promise.allSettled(calls);
  check(
    ends.every((end) => end.status === 'rejected' && isPluginError(end.reason, 'closed')),
    'a call was left',
  );
  equal(host.workers, 0, 'workers');
  equal(plugin.state, 'closed', 'state');
});
