/** Errors say why a plug-in failed: stderr, entry functions that never ran, tags of exceptions, and what it answered all the same. */
import { type CallContext, hostFunction } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { openFixture, sharedHost } from '../fixtures.js';
import { spec } from '../harness.js';
import { eachWay } from '../waiting.js';

const panicText = "thread 'main' panicked at src/lib.rs:7:5:\nno entry for key";

spec('field: a trap carries what the plug-in wrote on stderr, also when stderr is off', async (context) => {
  for (const stderr of ['off', 'error'] as const) {
    const plugin = await openFixture(context, 'field_panic', { wasi: { stderr } });
    const error = await failsWith(plugin.call('panic'), 'guest-trap');
    equal(error.details['stderr'], panicText, `stderr ${stderr}`);
    contains(error.message, "(stderr: thread 'main' panicked at src/lib.rs:7:5: no entry for key)", 'message');
    const exit = await failsWith(plugin.call('exit_2'), 'guest-exit');
    equal([exit.details['stderr'], exit.details['exitCode']], [panicText, 2], 'after proc_exit');
    await plugin.call('calm');
    const later = await failsWith(plugin.call('trap'), 'guest-trap');
    equal(later.details['stderr'], undefined, 'lines of an earlier call');
  }
});

spec('field: a trap carries at most 8 KiB of stderr, in whole lines', async (context) => {
  const plugin = await openFixture(context, 'field_panic');
  const error = await failsWith(plugin.call('panic_at_length'), 'guest-trap');
  const stderr = String(error.details['stderr']);
  check(stderr.length <= 8_192 && stderr.length > 8_000, `length: ${stderr.length}`);
  check(stderr.startsWith('all is well\n'), `start: ${stderr.slice(0, 20)}`);
  check(stderr.endsWith(panicText), `end: ${stderr.slice(-60)}`);
  check(error.message.length < 200, `message: ${error.message}`);
});

spec('field: a trap names the entry function that was never called', async (context) => {
  const plugin = await openFixture(context, 'field_uncalled_start');
  const error = await failsWith(plugin.call('run'), 'guest-trap');
  contains(error.message, 'its export "_start" was never called', 'message');
  equal(error.details['uncalled'], '_start', 'details');
  check(error.fix !== undefined, 'it says what to do');
  const other = await openFixture(context, 'traps');
  check(!(await failsWith(other.call('unreachable'), 'guest-trap')).message.includes('never called'), 'without _start');
});

spec('field: a trap names _initialize where another init hook was called in its place', async (context) => {
  const plugin = await openFixture(context, 'field_uncalled_initialize');
  const error = await failsWith(plugin.call('run'), 'guest-trap');
  contains(error.message, 'its export "_initialize" was never called', 'message');
  equal(error.details['uncalled'], '_initialize', 'details');
  contains(error.fix ?? '', '__wasm_call_ctors', 'fix');
  await plugin.call('_initialize');
  await plugin.call('run');
});

spec('field: a trap of an init hook carries what the plug-in wrote on stderr', async (context) => {
  for (const stderr of ['off', 'error'] as const) {
    const error = await failsWith(openFixture(context, 'init_panic', { wasi: { stderr } }), 'guest-trap');
    equal(error.details['stderr'], 'no such table', `stderr ${stderr}`);
    contains(error.message, 'Init hook "_initialize" of module "main" trapped', 'message');
    contains(error.message, '(stderr: no such table)', 'message');
  }
});

spec('field: an init hook that exits fails creation with its code, and with code 0 it does not', async (context) => {
  const exiting = (config: Record<string, string>) => openFixture(context, 'init_exit', { config });
  const error = await failsWith(exiting({ exitcode: 'abc' }), 'guest-exit');
  equal(error.message, 'Init hook "_initialize" of module "main" returned non-zero exit code: 3', 'message');
  equal(error.details['exitCode'], 3, 'details');
  await (await exiting({})).call('run');
});

spec("field: no message holds the source text of an engine's call", async (context) => {
  const plugin = await openFixture(context, 'traps');
  for (const name of ['unreachable', 'divide_by_zero', 'load_out_of_bounds', 'indirect_null', 'stack_overflow']) {
    const error = await failsWith(plugin.call(name), 'guest-trap');
    const texts = [error.message, error.actual, String(error.cause)].join('\n');
    check(!/evaluating|\.enter|=>/u.test(texts), texts);
  }
});

spec('field: a WebAssembly exception that nothing catches is named by its exported tag', async (context) => {
  for (const metering of [false, true]) {
    const plugin = await openFixture(context, 'field_exception', { metering });
    const named = await failsWith(plugin.call('throw_named'), 'guest-trap');
    equal(named.message, '"throw_named" trapped: uncaught WebAssembly exception cpp_exception', 'named');
    const unnamed = await failsWith(plugin.call('throw_unnamed'), 'guest-trap');
    equal(unnamed.message, '"throw_unnamed" trapped: uncaught WebAssembly exception', 'unnamed');
    await plugin.call('ok');
  }
});

spec('field: an exit code comes with the output', async (context) => {
  const plugin = await openFixture(context, 'field_policy');
  equal((await plugin.call('accept')).text(), 'rejected', 'code 0');
  for (const name of ['reject', 'exit_1']) {
    const error = await failsWith(plugin.call(name), 'guest-exit');
    equal(error.details['exitCode'], 1, name);
    equal(error.details['output'], new TextEncoder().encode('rejected'), name);
    check(!JSON.stringify(error).includes('output'), 'bytes are left out of JSON');
  }
});

spec('field: the output of an exit code counts against maxOutputBytes', async (context) => {
  const exact = await openFixture(context, 'field_policy', { maxOutputBytes: 8 });
  await failsWith(exact.call('reject'), 'guest-exit');
  const small = await openFixture(context, 'field_policy', { maxOutputBytes: 7 });
  await failsWith(small.call('reject'), 'output-too-large');
});

eachWay('field: a host function that sets an error and throws fails the call with the text it set', async (context) => {
  const cause = new TypeError('internal');
  const plugin = await context.openWaitingHost().createPlugin(context.url('/fixtures/host_function.wasm'), {
    cache: 'off',
    functions: {
      'extism:host/user': {
        greet: (call: CallContext) => {
          call.setError('no such person');
          throw cause;
        },
      },
    },
  });
  const error = await failsWith(plugin.call('call_greet', 'Ada'), 'host-function');
  equal(error.message, 'no such person', 'message');
  check(error.cause === cause, 'the cause is the thrown value');
});

spec(
  'field: a host function in the worker that sets an error and throws is reported in the same way',
  async (context) => {
    const source = `export function greet(context, name) {
    const text = context.readText(name);
    if (text.startsWith('set')) context.setError('no such person');
    throw new TypeError('internal');
  }`;
    const hostModule = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    context.defer(() => URL.revokeObjectURL(hostModule));
    const plugin = await sharedHost(context).createPlugin(context.url('/fixtures/host_function.wasm'), {
      cache: 'off',
      hostModule,
    });
    const error = await failsWith(plugin.call('call_greet', 'set'), 'host-function');
    equal(error.message, 'no such person', 'message');
    contains(String(error.cause), 'internal', 'cause');
    equal((await failsWith(plugin.call('call_greet', 'other'), 'host-function')).message, 'internal', 'the next call');
  },
);

eachWay('field: a byte order mark is kept in output, host function text and config', async (context) => {
  const seen: unknown[] = [];
  const remember = (value: unknown): void => void seen.push(value);
  const plugin = await context.openWaitingHost().createPlugin(context.url('/fixtures/host_values.wasm'), {
    cache: 'off',
    functions: {
      'extism:host/user': {
        text: hostFunction({ params: ['text'], result: 'text', handler: (text) => (remember(text), text) }),
        json: hostFunction({ params: ['json'], result: 'json', handler: (value) => (remember(value), value) }),
        bytes: hostFunction({ params: ['bytes'], result: 'bytes', handler: (bytes) => bytes }),
        raw: (call: CallContext, handle: bigint) => (remember(call.readText(handle)), handle),
      },
    },
  });
  const marked = '\uFEFFtext';
  equal((await plugin.call('call_text', marked)).text(), marked, 'output');
  equal((await plugin.call('call_raw', marked)).text(), marked, 'output of a raw function');
  equal((await plugin.call('call_json', '\uFEFF{"a":1}')).json(), { a: 1 }, 'JSON');
  equal(seen, [marked, marked, { a: 1 }], 'what the functions saw');
  equal((await plugin.call('call_bytes', '\uFEFF[1]')).json(), [1], 'JSON output');
});

spec('field: a byte order mark is kept in errors', async (context) => {
  const plugin = await openFixture(context, 'probe', { config: { key: '\uFEFFvalue' } });
  const { ProbeScript } = await import('../abi/probe-script.js');
  const script = new ProbeScript();
  script.do('config_get', script.put('key').handle);
  script.do('error_set', script.last);
  const error = await failsWith(plugin.call('probe_code', script.encode()), 'guest-error');
  equal(error.message, '\uFEFFvalue', 'message');
});
