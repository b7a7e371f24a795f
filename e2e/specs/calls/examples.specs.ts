import { createHost, hostFunction, type HostFunctions, isPluginError, type PluginOptions } from 'tenon';
import { check, equal, failsWith } from '../assert.js';
import { spec } from '../harness.js';
import { waitingWays } from '../waiting.js';

interface Example {
  readonly file: string;
  readonly config: Readonly<Record<string, string>>;
  readonly functions: readonly { readonly name: string; readonly input: string }[];
  /** Records the arguments of two functions of the page. */
  readonly keepsValues?: boolean;
  /** Asks the server of its page. */
  readonly reaches?: 'page';
  readonly linked?: readonly { readonly name: string; readonly file: string }[];
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

/** The input that the playground passes to each example. */
function optionsFor({ config, keepsValues, reaches }: Example): PluginOptions {
  const values = new Map<string, string>();
  const kept: HostFunctions = {
    'extism:host/user': {
      kv_read: hostFunction({ params: ['text'], result: 'text', handler: (key) => values.get(key) ?? '' }),
      kv_write: hostFunction({ params: ['text', 'text'], handler: (key, value) => void values.set(key, value) }),
    },
  };
  return {
    config,
    files: { '/': { memory: {} } },
    timeoutMs: 2_000,
    ...(keepsValues === true ? { functions: kept } : {}),
    ...(reaches === 'page' ? { allowedHosts: [location.hostname] } : {}),
  };
}

spec(
  'every function of every example plug-in answers its sample, or fails as it says it will',
  async (context) => {
    const { url, defer } = context;
    const host = createHost();
    defer(() => host.close());
    const canWait = (await waitingWays(context)).length > 0;
    const { plugins } = (await (await fetch(url('/plugins/index.json'))).json()) as { plugins: readonly Example[] };
    check(plugins.length >= 8, 'examples are missing');
    for (const example of plugins) {
      const { file, functions, linked = [] } = example;
      const modules = [...linked, { name: 'main', file }];
      const manifest = { wasm: modules.map((module) => ({ name: module.name, url: url(`/plugins/${module.file}`) })) };
      const opening = host.createPlugin(linked.length === 0 ? url(`/plugins/${file}`) : manifest, optionsFor(example));
      if (!canWait && (example.keepsValues === true || example.reaches === 'page')) {
        await failsWith(opening, 'cannot-wait');
        continue;
      }
      const plugin = await opening;
      for (const { name, input } of functions) {
        const code = await plugin.call(name, input.replace('<page>', url('/'))).then(
          () => null,
          (error: unknown) => (isPluginError(error) ? error.code : `untyped: ${String(error)}`),
        );
        equal(code, failing.get(name) ?? null, `${file} ${name}`);
      }
      await plugin.close();
    }
  },
  { timeoutMs: 60_000 },
);

spec('a real Extism plug-in answers, in AssemblyScript and in C', async ({ url, defer }) => {
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

spec('a closed host leaves nothing behind', async ({ url }) => {
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
