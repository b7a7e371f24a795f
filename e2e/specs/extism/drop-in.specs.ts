/** The drop-in in every engine: what its comparison with the JS SDK shows in Chromium and Firefox only. */
import { type CallContext, createPlugin, type Plugin } from 'tenon/extism';
import { check, equal } from '../assert.js';
import { openDropIn } from '../fixtures.js';
import { spec } from '../harness.js';
import { skipWithoutWaiting } from '../waiting.js';

/** Returns what `running` rejects with. */
async function failure(running: Promise<unknown>): Promise<Error> {
  try {
    await running;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new TypeError('Expected an error');
}

const mark = '\uFEFF';

spec("drop-in: outputs, errors and log lines lose a byte order mark, as the SDK's decoders do", async (context) => {
  const lines: string[] = [];
  const logger = { ...console, info: (line: string) => lines.push(line) };
  const logs = await openDropIn(context, 'logs', { logger, logLevel: 'info' });
  await logs.call('info', `${mark}line`);
  equal(lines, ['line'], 'log lines');
  const output = await (await openDropIn(context, 'output')).call('input_as_output', `${mark}text`);
  equal([output?.text(), output?.byteLength], ['text', 7], 'output');
});

spec('drop-in: the message of a trap has neither a prefix nor the source text that WebKit appends', async (context) => {
  const plugin = await openDropIn(context, 'traps');
  for (const name of ['unreachable', 'divide_by_zero', 'load_out_of_bounds', 'indirect_null']) {
    const { message } = await failure(plugin.call(name));
    check(message !== '' && !/trapped|evaluating|\.enter/u.test(message), message);
  }
});

spec('drop-in: the result of a host function is converted as WebAssembly converts it', async (context) => {
  await skipWithoutWaiting(context);
  const results: readonly (readonly [call: string, name: string, value: unknown, expected: bigint | null])[] = [
    ['call_same_i64', 'same_i64', undefined, null],
    ['call_same_i64', 'same_i64', 1, null],
    ['call_same_i64', 'same_i64', true, 1n],
    ['call_same_i32', 'same_i32', undefined, 0n],
    ['call_same_i32', 'same_i32', '7', 7n],
    ['call_same_i32', 'same_i32', 7n, null],
  ];
  for (const [call, name, value, expected] of results) {
    const others = { mixed: () => 0, same_i64: () => 0n, same_i32: () => 0, nothing: () => {} };
    const functions = { 'extism:host/user': { ...others, [name]: () => value } };
    const calling = (await openDropIn(context, 'host_function_types', { functions })).call(call);
    if (expected === null)
      check((await failure(calling)) instanceof TypeError, `${name}, ${typeof value}: a TypeError`);
    else equal((await calling)?.getBigUint64(0, true), expected, `${name}, ${typeof value}`);
  }
});

spec('drop-in: alloc beyond maxPages returns 0n and is logged', async (context) => {
  await skipWithoutWaiting(context);
  const lines: string[] = [];
  const greet = (callContext: CallContext): bigint => callContext.store(String(callContext.alloc(300_000)));
  const plugin = await openDropIn(context, 'host_function', {
    functions: { 'extism:host/user': { greet } },
    memory: { maxPages: 2 },
    logger: { ...console, error: (line: string) => lines.push(line) },
  });
  equal((await plugin.call('call_greet', 'x'))?.text(), '0', 'the handle');
  equal(lines, ['memory limit exceeded: 5 pages requested, 2 allowed'], 'log lines');
});

spec('drop-in: the first missing import is reported with the modules that lead to it', async ({ url }) => {
  const create = (dep: string, main: string): Promise<Plugin> => {
    const wasm = [
      { name: 'third', url: url('/fixtures/missing_host_functions.wasm') },
      { name: 'dep', url: url(`/fixtures/${dep}.wasm`) },
      { name: 'main', url: url(`/fixtures/${main}.wasm`) },
    ];
    return createPlugin({ wasm });
  };
  equal(
    (await failure(create('missing_host_functions', 'link_main_run'))).message,
    'from module "main"/"dep": cannot resolve import "extism:host/user" "kv_read": not provided by host imports nor linked manifest items',
    'an import of a dependency',
  );
  equal(
    (await failure(create('link_dep_of_dep', 'link_main_run'))).message,
    'from module "main"/"dep"/"third": cannot resolve import "extism:host/user" "kv_read": not provided by host imports nor linked manifest items',
    'an import of the dependency of a dependency',
  );
  equal(
    (await failure(create('link_dep', 'link_main_missing'))).message,
    'from module "main": cannot import "dep" "absent"; no export matched request',
    'an export that a dependency lacks',
  );
});

spec('drop-in: a hash that is no SHA-256 fails as one that does not match', async ({ url }) => {
  for (const hash of ['not a hash', '0'.repeat(64), 'ab'.repeat(31)]) {
    const { message } = await failure(createPlugin({ wasm: [{ url: url('/plugins/echo.wasm'), hash }] }));
    check(message.includes('hash mismatch'), `${hash}: ${message}`);
  }
});

spec('drop-in: an instance is kept after a host function has failed, also by reset', async (context) => {
  await skipWithoutWaiting(context);
  const ask = (): bigint => {
    throw new RangeError('the page refuses');
  };
  const plugin = await openDropIn(context, 'field_js_pdk', { functions: { 'extism:host/user': { ask } } });
  equal((await failure(plugin.call('ask', 'x'))).message, 'the page refuses', 'the error of the host function');
  await failure(plugin.call('calls'));
  await plugin.reset();
  await failure(plugin.call('calls'));
});

spec('drop-in: a plug-in for WASI before preview 1 runs', async (context) => {
  const output = await (await openDropIn(context, 'wasi_unstable', { useWasi: true })).call('look');
  equal(output?.byteLength, 168, 'bytes of the output');
});
