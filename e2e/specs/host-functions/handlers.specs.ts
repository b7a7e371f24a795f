/** Host functions of the page: values, memory, failures, deadlines, re-entrancy. */
import {
  type CallContext,
  hostFunction,
  type HostFunctions,
  isPluginError,
  type Plugin,
  type PluginOptions,
} from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { numberInput, numberOf, openFixture } from '../fixtures.js';
import { spec } from '../harness.js';
import { eachWay, type WaitingContext } from '../waiting.js';

const same = {
  text: hostFunction({ params: ['text'], result: 'text', handler: (text) => text }),
  json: hostFunction({ params: ['json'], result: 'json', handler: (value) => value }),
  bytes: hostFunction({ params: ['bytes'], result: 'bytes', handler: (bytes) => bytes }),
  raw: (_context: CallContext, handle: bigint) => handle,
};

function open(
  { openWaitingHost, url }: WaitingContext,
  functions: HostFunctions[string] = {},
  options: PluginOptions = {},
): Promise<Plugin> {
  return openWaitingHost().createPlugin(url('/fixtures/host_values.wasm'), {
    cache: 'off',
    functions: { 'extism:host/user': { ...same, ...functions } },
    ...options,
  });
}

eachWay('values of a host function are decoded for it and encoded after it', async (context) => {
  const seen: unknown[] = [];
  const plugin = await open(context, {
    text: hostFunction({
      params: ['text'],
      result: 'text',
      handler: async (text) => {
        seen.push(text);
        await new Promise((resolve) => setTimeout(resolve, 5));
        return `${text}, page`;
      },
    }),
    json: hostFunction({
      params: ['json'],
      result: 'json',
      handler: (value) => {
        seen.push(value);
        return { got: value };
      },
    }),
    bytes: hostFunction({
      params: ['bytes'],
      result: 'bytes',
      handler: (bytes) => {
        seen.push(bytes);
        return bytes.toReversed();
      },
    }),
  });
  equal((await plugin.call('call_text', 'Grüße 👋')).text(), 'Grüße 👋, page', 'text');
  const value = { a: [1, null, true], ['__proto__']: 'own' };
  equal((await plugin.call('call_json', '{"a":[1,null,true],"__proto__":"own"}')).json(), { got: value }, 'json');
  equal(Array.from((await plugin.call('call_bytes', Uint8Array.of(1, 2, 255))).bytes()), [255, 2, 1], 'bytes');
  equal(seen, ['Grüße 👋', value, Uint8Array.of(1, 2, 255)], 'what the functions saw');
  equal((await plugin.call('call_text', '')).text(), ', page', 'a null handle is empty text');
});

eachWay(
  'the handle 0 is empty text, empty bytes, and 0 in a raw host function that reads it as empty',
  async (context) => {
    const seen: unknown[] = [];
    const plugin = await open(context, {
      text: hostFunction({ params: ['text'], result: 'text', handler: (text) => (seen.push(text), 'text') }),
      bytes: hostFunction({ params: ['bytes'], result: 'text', handler: (bytes) => (seen.push(bytes), 'bytes') }),
      json: hostFunction({ params: ['json'], result: 'text', handler: () => 'json' }),
      raw: (callContext, handle) => {
        seen.push(handle, callContext.read(handle));
        return callContext.store('raw');
      },
    });
    equal((await plugin.call('call_text')).text(), 'text', 'text');
    equal((await plugin.call('call_bytes')).text(), 'bytes', 'bytes');
    equal((await plugin.call('call_raw')).text(), 'raw', 'raw');
    equal(seen, ['', new Uint8Array(0), 0n, new Uint8Array(0)], 'what the functions saw');
    const error = await failsWith(plugin.call('call_json'), 'guest-trap');
    contains(error.message, 'JSON', 'the empty string is no JSON');
  },
);

eachWay('large values cross whole', async (context) => {
  const plugin = await open(context);
  const large = crypto.getRandomValues(new Uint8Array(65_536));
  const input = new Uint8Array(3 * 1_048_576 + 7);
  for (let at = 0; at < input.length; at += large.length) input.set(large.subarray(0, input.length - at), at);
  for (const name of ['call_bytes', 'call_raw']) {
    const output = (await plugin.call(name, input)).bytes();
    equal(output.length, input.length, `bytes of ${name}`);
    check(
      output.every((byte, at) => byte === input[at]),
      `${name} returns other bytes`,
    );
  }
});

eachWay('numbers of every WebAssembly type cross exactly', async ({ openWaitingHost, url }) => {
  const seen: unknown[] = [];
  const functions = {
    mixed: hostFunction({
      params: ['i32', 'i64', 'f32', 'f64'],
      result: 'f64',
      handler: (...values) => {
        seen.push(values.slice(0, 4));
        return Number.NEGATIVE_INFINITY;
      },
    }),
    same_i64: (_context: CallContext, value: bigint) => value,
    same_i32: hostFunction({ params: ['i32'], result: 'i32', handler: (value) => value >>> 0 }),
    nothing: hostFunction({ params: [], handler: () => {} }),
  };
  const plugin = await openWaitingHost().createPlugin(url('/fixtures/host_function_types.wasm'), {
    cache: 'off',
    functions: { 'extism:host/user': functions },
  });
  equal(numberOf(await plugin.call('call_mixed')), 0xfff0_0000_0000_0000n, 'an f64');
  equal(seen, [[1, 9_007_199_254_740_993n, 0.5, 0.25]], 'parameters');
  equal(numberOf(await plugin.call('call_same_i64')), 0xffff_ffff_ffff_ffffn, 'an i64');
  equal(numberOf(await plugin.call('call_same_i32')), 0xffff_ffffn, 'an i32');
  await plugin.call('call_nothing');
});

eachWay('a raw host function works on the memory, vars and config of the plug-in that calls it', async (context) => {
  const marker = { of: 'the app' };
  let kept: CallContext | null = null;
  const lines: string[] = [];
  const raw = async (call: CallContext, handle: bigint): Promise<bigint> => {
    kept = call;
    equal(call.readText(handle), 'input', 'a block');
    equal(call.length(handle), 5n, 'its length');
    equal(call.read(handle + 1n), null, 'an interior pointer');
    equal(call.getConfig('greeting'), 'hi', 'config');
    check(call.hostContext === marker, 'the host context is another object');
    equal(new TextDecoder().decode(call.getVariable('k') ?? undefined), 'k', 'a var of this very call');
    await Promise.resolve();
    call.setVariable('k', 'from the page');
    call.deleteVariable('absent');
    call.log('warn', 'a line');
    const block = call.store('made on the page');
    equal(call.write(block, new TextEncoder().encode('MADE')), 4, 'bytes written');
    const spare = call.alloc(10);
    call.free(spare);
    equal(call.length(spare), 0n, 'length after free');
    return block;
  };
  const plugin = await open(
    context,
    { raw },
    { config: { greeting: 'hi' }, onLog: ({ level, message }) => lines.push(`${level} ${message}`) },
  );
  const options = { hostContext: marker };
  equal((await plugin.call('raw_and_var', 'input', options)).text(), 'from the page', 'the var after it');
  equal(lines, ['warn a line'], 'log');
  const late = kept as CallContext | null;
  try {
    late?.read(0n);
    check(false, 'a context worked after its function');
  } catch (error) {
    check(isPluginError(error, 'context-expired'), 'expected context-expired');
  }
});

eachWay('a block that a raw host function stores is the output of the plug-in', async (context) => {
  const raw = (call: CallContext): bigint => call.store('x'.repeat(200_000));
  const plugin = await open(context, { raw });
  for (let round = 0; round < 3; round += 1) {
    equal((await plugin.call('call_raw', 'input')).byteLength, 200_000, 'bytes');
  }
});

eachWay('setError of a raw host function is what the call fails with', async (context) => {
  const plugin = await open(context, {
    raw: (call: CallContext, handle: bigint) => {
      call.setError('the page says no');
      return handle;
    },
  });
  equal((await failsWith(plugin.call('call_raw', 'input'), 'guest-error')).message, 'the page says no', 'message');
  equal((await plugin.call('call_text', 'next')).text(), 'next', 'the next call');
});

eachWay('what a host function throws fails that call alone, with message and cause', async (context) => {
  const thrown = new RangeError('out of credit');
  const plugin = await open(context, {
    text: hostFunction({
      params: ['text'],
      result: 'text',
      handler: (text) => {
        if (text === 'now') throw thrown;
        return text === 'later' ? Promise.reject(thrown) : text;
      },
    }),
    raw: () => {
      throw thrown;
    },
  });
  for (const [name, input] of [
    ['call_text', 'now'],
    ['call_text', 'later'],
    ['call_raw', 'x'],
  ] as const) {
    const error = await failsWith(plugin.call(name, input), 'host-function');
    equal(error.message, 'out of credit', 'message');
    check(error.cause === thrown, 'the cause is another object');
    contains(error.where ?? '', 'host function "extism:host/user"', 'where');
  }
  equal((await plugin.call('call_text', 'fine')).text(), 'fine', 'the next call');
  equal(plugin.generation, 1, 'generation');
});

eachWay('a result of the wrong type fails the call and says which', async (context) => {
  // What JavaScript code that nobody type-checks may give.
  const wrong = (value: unknown) => value as never;
  const results: readonly (readonly [string, unknown, string])[] = [
    [
      'call_text',
      undefined,
      'Invalid result of host function "extism:host/user" "text": expected text, found undefined',
    ],
    ['call_json', () => {}, 'expected a value that JSON can represent'],
    ['call_bytes', 'text', 'expected a Uint8Array, found text ("text")'],
    ['call_raw', 'text', 'expected a bigint (i64), found text ("text")'],
  ];
  for (const [name, value, message] of results) {
    const plugin = await open(context, {
      text: hostFunction({ params: ['text'], result: 'text', handler: () => wrong(value) }),
      json: hostFunction({ params: ['json'], result: 'json', handler: () => wrong(value) }),
      bytes: hostFunction({ params: ['bytes'], result: 'bytes', handler: () => wrong(value) }),
      raw: () => wrong(value),
    });
    contains((await failsWith(plugin.call(name, '1'), 'host-function')).message, message, name);
    await plugin.close();
  }
});

eachWay('a raw host function must return the type that the plug-in declares', async (context) => {
  /** What JavaScript code without types may return. */
  const returning = (value: unknown) => () => value as never;
  const results: readonly (readonly [call: string, name: string, value: unknown, says: string | null])[] = [
    ['call_same_i64', 'same_i64', undefined, 'expected a bigint (i64), found undefined'],
    ['call_same_i64', 'same_i64', null, 'expected a bigint (i64), found null'],
    ['call_same_i64', 'same_i64', 1, 'expected a bigint (i64), found the number 1'],
    ['call_same_i64', 'same_i64', Promise.resolve(), 'expected a bigint (i64), found undefined'],
    ['call_same_i64', 'same_i64', 2n, null],
    ['call_same_i32', 'same_i32', undefined, 'expected a number (i32), found undefined'],
    ['call_same_i32', 'same_i32', 1n, 'expected a number (i32), found the bigint 1'],
    ['call_same_i32', 'same_i32', 2, null],
    ['call_mixed', 'mixed', true, 'expected a number (f64), found a value of type boolean'],
    ['call_mixed', 'mixed', 0.5, null],
    ['call_nothing', 'nothing', undefined, null],
    ['call_nothing', 'nothing', 1n, null],
  ];
  for (const [call, name, value, says] of results) {
    const others = { mixed: () => 0, same_i64: () => 0n, same_i32: () => 0, nothing: () => {} };
    const plugin = await context.openWaitingHost().createPlugin(context.url('/fixtures/host_function_types.wasm'), {
      cache: 'off',
      functions: { 'extism:host/user': { ...others, [name]: returning(value) } },
    });
    if (says === null) await plugin.call(call);
    else {
      const error = await failsWith(plugin.call(call), 'host-function');
      equal(error.message, `Invalid result of host function "extism:host/user" "${name}": ${says}`, 'message');
      check(error.fix !== undefined, 'it says what to do');
    }
    await plugin.close();
  }
});

spec('a function of a host module must return the type that the plug-in declares', async (context) => {
  const results: readonly (readonly [call: string, name: string, value: string, says: string | null])[] = [
    ['call_same_i64', 'same_i64', 'undefined', 'expected a bigint (i64), found undefined'],
    ['call_same_i64', 'same_i64', '1', 'expected a bigint (i64), found 1'],
    ['call_same_i32', 'same_i32', 'undefined', 'expected a number (i32), found undefined'],
    ['call_mixed', 'mixed', 'null', 'expected a number (f64), found null'],
    ['call_mixed', 'mixed', '0.5', null],
    ['call_nothing', 'nothing', 'undefined', null],
  ];
  for (const [call, name, value, says] of results) {
    const others = { mixed: '0', same_i64: '0n', same_i32: '0', nothing: 'undefined' };
    const source = Object.entries({ ...others, [name]: value }).map(
      ([one, result]) => `export function ${one}() { return ${result}; }`,
    );
    const hostModule = URL.createObjectURL(new Blob(source, { type: 'text/javascript' }));
    context.defer(() => URL.revokeObjectURL(hostModule));
    const plugin = await openFixture(context, 'host_function_types', { hostModule });
    if (says === null) await plugin.call(call);
    else {
      const error = await failsWith(plugin.call(call), 'host-function');
      equal(error.message, `Invalid result of host function "extism:host/user" "${name}": ${says}`, 'message');
    }
    await plugin.close();
  }
});

eachWay('parameters that are not what the function takes trap, and the function does not run', async (context) => {
  const plugin = await open(context);
  const cases: readonly (readonly [string, Uint8Array | string, string])[] = [
    ['call_text', Uint8Array.of(0xff), 'parameter 1 of 1: expected UTF-8'],
    ['call_json', '{"a":', 'parameter 1 of 1: expected JSON'],
    ['bad_handle', '', 'parameter 1 of 1: expected the handle of an active block, found 12345'],
  ];
  for (const [name, input, message] of cases) {
    contains((await failsWith(plugin.call(name, input), 'guest-trap')).message, message, name);
  }
  equal((await plugin.call('call_text', 'fine')).text(), 'fine', 'the next call');
});

eachWay('a schema checks both the arguments and the result of a function', async (context) => {
  const even = {
    '~standard': {
      version: 1 as const,
      vendor: 'specs',
      validate: (value: unknown) =>
        typeof value === 'object' && value !== null && 'n' in value && Number(value.n) % 2 === 0
          ? { value: { n: Number(value.n) } }
          : { issues: [{ message: 'is not even', path: ['n'] }] },
      types: undefined as { readonly input: { n: number }; readonly output: { n: number } } | undefined,
    },
  };
  const plugin = await open(context, {
    json: hostFunction({ params: [even], result: even, handler: ({ n }) => ({ n: n === 4 ? 5 : n + 2 }) }),
  });
  equal((await plugin.call('call_json', '{"n":2}')).json(), { n: 4 }, 'a value that fits');
  const taken = await failsWith(plugin.call('call_json', '{"n":3}'), 'guest-trap');
  equal(taken.issues[0]?.path, 'host function "extism:host/user" "json": parameter 1 of 1.n', 'path of what was taken');
  const given = await failsWith(plugin.call('call_json', '{"n":4}'), 'host-function');
  contains(given.message, 'result of host function "extism:host/user" "json".n: is not even', 'message');
});

eachWay(
  'the deadline and an abort end a call that waits for a host function, and keep the instance',
  async (context) => {
    const reasons: unknown[] = [];
    let onAsked = (): void => {};
    const plugin = await open(context, {
      text: hostFunction({
        params: ['text'],
        result: 'text',
        handler: (text, { signal }) =>
          text === 'wait'
            ? new Promise<string>((_resolve, reject) => {
                onAsked();
                signal.addEventListener('abort', () => {
                  reasons.push(isPluginError(signal.reason) ? signal.reason.code : signal.reason);
                  reject(signal.reason);
                });
              })
            : text,
      }),
    });
    // A guest has 250 ms to end by itself, which a busy machine may not give it: once in three tries it does.
    for (let attempt = 1; ; attempt += 1) {
      const { generation } = plugin;
      reasons.length = 0;
      const before = numberOf(await plugin.call('count')) ?? 0n;
      await failsWith(plugin.call('count_and_ask', 'wait', { timeoutMs: 100 }), 'timeout');
      const controller = new AbortController();
      const aborted = plugin.call('count_and_ask', 'wait', { signal: controller.signal });
      onAsked = (): void => void setTimeout(() => controller.abort(), 50);
      await failsWith(aborted, 'aborted');
      onAsked = (): void => {};
      const after = numberOf(await plugin.call('count'));
      if (plugin.generation === generation && after === before + 2n) {
        equal(reasons, ['timeout', 'aborted'], 'why the functions were asked to stop');
        return;
      }
      check(attempt < 3, `calls counted in the guest, replaced each time: ${before}, then ${after}`);
    }
  },
);

eachWay('a guest that goes on after its wait was ended is replaced', async (context) => {
  const plugin = await open(context, {
    text: hostFunction({
      params: ['text'],
      result: 'text',
      handler: (text) => (text === 'wait' ? new Promise<string>(() => {}) : text),
    }),
  });
  const restarted = new Promise((resolve) => {
    plugin.addEventListener('restarted', resolve, { once: true });
  });
  await failsWith(plugin.call('ask_for_ever', 'wait', { timeoutMs: 100 }), 'timeout');
  await restarted;
  equal(plugin.generation, 2, 'generation');
  equal((await plugin.call('call_text', 'fine')).text(), 'fine', 'the next call');
});

eachWay('a guest that asks on after its wait was ended runs no host function any more', async (context) => {
  const asked: string[] = [];
  const plugin = await open(context, {
    text: hostFunction({
      params: ['text'],
      result: 'text',
      handler: (text) => {
        asked.push(text);
        return asked.length === 1 ? new Promise<string>(() => {}) : '';
      },
    }),
  });
  // On a busy machine the limit may pass before the guest asks.
  for (let timeoutMs = 100; asked.length === 0; timeoutMs *= 3) {
    const restarted = new Promise((resolve) => {
      plugin.addEventListener('restarted', resolve, { once: true });
    });
    await failsWith(plugin.call('keep_asking', 'x', { timeoutMs }), 'timeout');
    await restarted;
  }
  equal(asked.length, 1, 'runs of the function');
});

eachWay('vars that a raw host function sets after its call was given up are never committed', async (context) => {
  const committed: string[] = [];
  const { promise: resumed, resolve: resume } = Promise.withResolvers<void>();
  const raw = async (call: CallContext, handle: bigint): Promise<bigint> => {
    if (call.readText(handle) !== 'late') return handle;
    await resumed;
    call.setVariable('late', 'value');
    return handle;
  };
  const onVars: PluginOptions['onVars'] = (changes) => committed.push(...changes.map(([key]) => key));
  const plugin = await open(context, { raw }, { onVars });
  await failsWith(plugin.call('call_raw', 'late', { timeoutMs: 100 }), 'timeout');
  resume();
  await new Promise((resolve) => setTimeout(resolve, 50));
  equal((await plugin.call('raw_and_var', 'next')).text(), 'k', 'a var of the next call');
  equal(committed, ['k'], 'vars that were committed');
});

eachWay('closing a plug-in ends the call that waits, and aborts the signal of the function', async (context) => {
  const { promise: aborted, resolve: resolveAborted } = Promise.withResolvers<unknown>();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const plugin = await open(context, {
    text: hostFunction({
      params: ['text'],
      result: 'text',
      handler: (_text, { signal }) => {
        signal.addEventListener('abort', () => resolveAborted(signal.reason));
        ask();
        return new Promise<string>(() => {});
      },
    }),
  });
  const call = plugin.call('call_text', 'x');
  await asked;
  await Promise.all([plugin.close(), failsWith(call, 'closed')]);
  check(isPluginError(await aborted), 'the reason is no PluginError');
});

eachWay('a call from within a host function of the same plug-in is refused, and nothing hangs', async (context) => {
  let plugin: Plugin | null = null;
  const codes: unknown[] = [];
  const again = async (): Promise<string> => {
    await plugin?.call('call_text', 'again').catch((error: unknown) => {
      codes.push(isPluginError(error) ? error.code : error);
    });
    return 'done';
  };
  plugin = await open(context, {
    text: hostFunction({ params: ['text'], result: 'text', handler: again }),
  });
  equal((await plugin.call('call_text', 'x')).text(), 'done', 'output');
  equal(codes, ['reentrant'], 'codes');
});

eachWay('a cycle of calls through another plug-in is refused at once', async (context) => {
  const codes: unknown[] = [];
  const plugins: Plugin[] = [];
  const passOn = (to: number) =>
    hostFunction({
      params: ['text'],
      result: 'text',
      handler: async (text, { call }) => {
        const [next] = plugins.slice(to, to + 1);
        check(next !== undefined, 'no plug-in to call');
        try {
          return (await call(next, 'call_text', `${text}${to}`)).text();
        } catch (error) {
          codes.push(isPluginError(error) ? error.code : error);
          return `${text} refused`;
        }
      },
    });
  plugins.push(await open(context, { text: passOn(1) }), await open(context, { text: passOn(0) }));
  equal((await plugins[0]?.call('call_text', 'x'))?.text(), 'x1 refused', 'output');
  equal(codes, ['reentrant'], 'codes');
});

eachWay('calls that wait behind a stuck host function fail, and name it', async (context) => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const plugin: Plugin = await open(
    context,
    {
      text: hostFunction({
        params: ['text'],
        result: 'text',
        handler: async (text) => {
          await released;
          return text;
        },
      }),
    },
    { stuckAfterMs: 200 },
  );
  const first = plugin.call('call_text', 'first');
  const error = await failsWith(plugin.call('call_text', 'second'), 'reentrant-or-stuck');
  contains(error.message, 'host function "extism:host/user" "text"', 'message');
  release();
  equal((await first).text(), 'first', 'the call that the function ran for');
  equal((await plugin.call('call_text', 'third')).text(), 'third', 'the next call');
});

eachWay('host functions answer start sections and init hooks too', async ({ openWaitingHost, url }) => {
  const functions = { 'extism:host/user': { ping: hostFunction({ params: [], result: 'i64', handler: () => 42n }) } };
  for (const name of ['host_function_in_start_section', 'host_function_in_initialize']) {
    const plugin = await openWaitingHost().createPlugin(url(`/fixtures/${name}.wasm`), { cache: 'off', functions });
    equal(numberOf(await plugin.call('answered')), 42n, name);
  }
});

eachWay('several plug-ins and instances share one object of host functions', async ({ openWaitingHost, url }) => {
  let calls = 0;
  const functions = {
    acme: {
      ping: hostFunction({
        params: [],
        result: 'i64',
        handler: async () => {
          calls += 1;
          await Promise.resolve();
          return BigInt(calls);
        },
      }),
    },
  };
  const host = openWaitingHost();
  const source = url('/fixtures/host_function_own_namespace.wasm');
  const options = { cache: 'off', functions, concurrency: 2 } as const;
  const plugins = [await host.createPlugin(source, options), await host.createPlugin(source, options)];
  const outputs = await Promise.all(
    plugins.flatMap((plugin) => Array.from({ length: 10 }, () => plugin.call('call_ping'))),
  );
  equal(new Set(outputs.map(numberOf)).size, 20, 'different answers');
  equal(calls, 20, 'calls');
});

spec('a host function of another type than the import is refused with both types', async (context) => {
  const { sharedHost } = await import('../fixtures.js');
  const functions = { 'extism:host/user': { ping: hostFunction({ params: ['text'], handler: () => {} }) } };
  const opening = sharedHost(context).createPlugin(context.url('/fixtures/host_function_in_initialize.wasm'), {
    functions,
  });
  // Where a guest has no way to wait, that error comes first.
  const error = await opening.then(
    () => null,
    (thrown: unknown) => (isPluginError(thrown) ? thrown : null),
  );
  check(error?.code === 'import-type' || error?.code === 'cannot-wait', `got ${error?.code}`);
  if (error.code === 'import-type') {
    contains(error.message, 'Import "extism:host/user" "ping" of module "main": expected (i64) -> (), found () -> i64');
  }
});

spec('a value that is not a host function is refused before anything loads', async (context) => {
  const { sharedHost } = await import('../fixtures.js');
  const wrong: readonly (readonly [unknown, string])[] = [
    ['x', 'functions: expected an object of namespaces'],
    [{ a: 1 }, 'functions["a"]: expected an object of functions'],
    [{ a: { b: 1 } }, 'host function "a" "b": expected a function'],
    [{ a: { b: { params: ['i8'], handler: () => {} } } }, 'host function "a" "b": params[0]: expected one of text'],
  ];
  for (const [functions, message] of wrong) {
    const opening = sharedHost(context).createPlugin(context.url('/fixtures/return_types.wasm'), {
      functions: functions as HostFunctions,
    });
    contains((await failsWith(opening, 'invalid-argument')).message, message, message);
  }
});

eachWay('thousands of quick answers each reach the question they belong to', async ({ openWaitingHost, url, way }) => {
  // A wake-up of shared memory that came late was once taken for the next answer.
  const count = way === 'long-poll' ? 100 : 5_000;
  let expected = BigInt(count);
  const same = hostFunction({
    params: ['i64'],
    result: 'i64',
    handler: (left) => {
      equal(left, expected, 'the count');
      expected -= 1n;
      return left;
    },
  });
  const functions = { 'extism:host/user': { same, text: () => 0n, raw: () => 0n } };
  const plugin = await openWaitingHost().createPlugin(url('/fixtures/host_loop.wasm'), { cache: 'off', functions });
  await plugin.call('loop_same', numberInput(expected));
  equal(expected, 0n, 'questions left');
});
