/** What runs before the first call, in which order; and plug-ins with unresolved imports. */
import type { ErrorCode, LogRecord } from 'tenon';
import { contains, equal, failsWith } from '../assert.js';
import { numberOf, openFixture, sharedHost } from '../fixtures.js';
import { spec } from '../harness.js';

/** s: start section, i: _initialize, h: hs_init, c: __wasm_call_ctors, m: _start. */
const orders: Readonly<Record<string, string>> = {
  init_none: '',
  init_all: 'sih',
  init_ctors: 'c',
  init_ctors_and_initialize: 'c',
  init_hs_init: 'h',
  init_hs_init_and_initialize: 'ih',
  init_hs_init_odd_initialize: 'h',
  init_initialize: 'i',
  init_odd_initialize: '',
  init_start: '',
  init_start_and_initialize: 'i',
  init_start_section: 'si',
};

spec('start section and init hooks run once, in the order of the reference', async (context) => {
  const host = sharedHost(context);
  for (const [name, order] of Object.entries(orders)) {
    const plugin = await host.createPlugin(context.url(`/fixtures/${name}.wasm`));
    equal((await plugin.call('order')).text(), order, name);
    await plugin.reset();
    equal((await plugin.call('order')).text(), order, `${name}, once more`);
    await plugin.close();
  }
});

spec('a __wasm_call_ctors of another type is no hook, and no reason to run _initialize', async (context) => {
  const plugin = await openFixture(context, 'init_odd_ctors_and_initialize');
  equal(numberOf(await plugin.call('ran')), 0n, 'which ran');
});

spec('_start runs when it is called by name, and its instance is not used again', async (context) => {
  const plugin = await openFixture(context, 'command');
  equal(numberOf(await plugin.call('run')), 1n, 'the first run');
  equal(numberOf(await plugin.call('run')), 2n, 'the second, in the same instance');
  equal(numberOf(await plugin.call('_start')), 3n, '_start, in the same instance');
  equal(numberOf(await plugin.call('_start')), 1n, '_start again, in a fresh one');
  equal(numberOf(await plugin.call('run')), 1n, 'a run after it, in another');
  equal(numberOf(await plugin.call('run')), 2n, 'and the next, in the same');
  const hooked = await openFixture(context, 'init_start_and_initialize');
  await hooked.call('_start');
  equal((await hooked.call('order')).text(), 'i', 'hooks ran again in the fresh instance, and _start did not');
});

spec('an init hook has configuration, vars and logs; its output is not that of the first call', async (context) => {
  const records: LogRecord[] = [];
  const plugin = await openFixture(context, 'init_uses_host', {
    config: { mode: 'quiet' },
    onLog: (record) => records.push(record),
  });
  equal(
    records.map(({ message }) => message),
    ['initialized'],
    'lines before createPlugin answers',
  );
  equal((await plugin.call('no_output')).byteLength, 0, 'bytes of an output');
  equal((await plugin.call('mode')).text(), 'quiet', 'what it kept in a var');
});

spec('an error that an init hook sets without failing is forgotten, as in the reference', async (context) => {
  const plugin = await openFixture(context, 'init_error');
  equal((await plugin.call('run')).byteLength, 0, 'bytes of an output');
});

for (const [fixture, where] of [
  ['init_trap', 'Init hook "_initialize" of module "main" trapped'],
  ['init_trap_start_section', 'The start section of module "main" trapped'],
] as const) {
  spec(`a trap before the first call fails creation, and leaves no worker (${fixture})`, async (context) => {
    const host = sharedHost(context);
    const error = await failsWith(host.createPlugin(context.url(`/fixtures/${fixture}.wasm`)), 'guest-trap');
    contains(error.message, where, 'message');
    const plugin = await host.createPlugin(context.url('/fixtures/return_types.wasm'));
    await plugin.call('unit');
  });
}

for (const fixture of ['loop_in_start_section', 'loop_in_initialize', 'loop_in_ctors', 'loop_in_hs_init']) {
  spec(`a plug-in that never ends starting is stopped, and leaves no worker (${fixture})`, async (context) => {
    const host = sharedHost(context);
    // Loaded first, so that only starting is short of time.
    const module = await host.compile(context.url(`/fixtures/${fixture}.wasm`));
    const error = await failsWith(host.createPlugin(module, { loadTimeoutMs: 400 }), 'load-timeout');
    contains(error.message, '400 ms', 'message');
    equal([error.details['limitMs'], error.details['phase']], [400, 'starting'], 'details');
    const plugin = await host.createPlugin(context.url('/fixtures/return_types.wasm'));
    await plugin.call('unit');
  });
}

const missing: readonly (readonly [fixture: string, code: ErrorCode, count: number, parts: readonly string[]])[] = [
  ['missing_pre_1_0', 'pre-1-0', 3, ['"env" "extism_alloc"', 'Extism before 1.0']],
  ['missing_wasm_bindgen', 'missing-import', 0, ['wasm-bindgen']],
  ['missing_emscripten', 'missing-import', 0, ['Emscripten']],
  ['missing_go_js', 'missing-import', 1, ['Go for web pages']],
  ['missing_env_function', 'missing-import', 1, ['The Extism runtime has no such function']],
  ['missing_host_functions', 'missing-import', 0, ['It seems to be a host function', '`functions`']],
  ['missing_other_kinds', 'missing-import', 3, ['No linked module is named']],
  ['missing_odd_names', 'missing-import', 4, ['"__proto__" "toString"', '"extism:host/env" "hasOwnProperty"']],
];

for (const [fixture, code, count, parts] of missing) {
  spec(`the error of a missing import says what it seems to be (${fixture})`, async (context) => {
    const host = sharedHost(context);
    const error = await failsWith(host.createPlugin(context.url(`/fixtures/${fixture}.wasm`)), code);
    for (const part of parts) contains(error.message, part, 'message');
    if (count > 0) equal(error.issues.length, count, 'issues');
    for (const { import: place } of error.issues) {
      contains(error.message, `"${place?.module}" "${place?.name}"`, 'message');
    }
    const plugin = await host.createPlugin(context.url('/fixtures/return_types.wasm'));
    await plugin.call('unit');
  });
}

spec('all missing imports are reported at once, each with its own sentence', async (context) => {
  const error = await failsWith(openFixture(context, 'missing_many'), 'pre-1-0');
  equal(
    error.issues.map(({ import: place }) => `${place?.module} ${place?.name} ${place?.kind}`),
    [
      'extism:host/user kv_read function',
      'extism:host/env teleport function',
      'env extism_alloc function',
      'wasix_32v1 thread_spawn function',
      '__wbindgen_placeholder__ __wbindgen_throw function',
      'dep helper function',
      'env __stack_pointer global',
    ],
    'issues',
  );
  equal(new Set(error.issues.map(({ message }) => message)).size, 7, 'different sentences');
  contains(error.fix ?? '', 'rebuild the plug-in', 'fix');
});
