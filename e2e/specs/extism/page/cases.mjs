// Written against the Extism JS SDK's documentation and declarations. Each case returns a value, or throws; main.mjs compares.

/**
 * @typedef {object} Kit
 * @property {typeof import('tenon/extism')} sdk
 * @property {(name: string) => string} address
 * @property {(source: any, options?: import('tenon/extism').ExtismPluginOptions) => Promise<import('tenon/extism').Plugin>} create
 * @property {(name: string, options?: import('tenon/extism').ExtismPluginOptions) => Promise<import('tenon/extism').Plugin>} open
 */
/**
 * @typedef {object} Case
 * @property {string} name
 * @property {(kit: Kit) => Promise<unknown>} run
 * @property {{ is: RegExp, because: string }} [better] What the drop-in may give instead, and why that is better.
 * @property {boolean} [onlyIsolated]
 */

/** @type {Case[]} */
export const cases = [];

/** @param {string} name @param {Case['run']} run @param {Case['better']} [better] @param {boolean} [onlyIsolated] */
export function test(name, run, better, onlyIsolated) {
  cases.push({
    name,
    run,
    ...(better === undefined ? {} : { better }),
    ...(onlyIsolated === undefined ? {} : { onlyIsolated }),
  });
}

/** @param {RegExp} is @param {string} because */
export const better = (is, because) => ({ is, because });
/** @param {string} text */
const bytesOf = (text) => new TextEncoder().encode(text);
/** @param {import('tenon/extism').PluginOutput | null} output */
export const textOf = (output) => (output === null ? null : output.text());
/** @param {Promise<unknown>} promise */
export const failure = (promise) =>
  promise.then(
    () => 'no error',
    (error) => error.message,
  );

// --- Output and input
for (const input of ['', 'x', 'Hello', 'Zürich ☂ 🎉', 'a'.repeat(70_000), '{"a":1}', '\0\0', '<b>&amp;</b>']) {
  test(`text goes in and comes out: ${JSON.stringify(input.slice(0, 12))} (${input.length})`, async ({ open }) => {
    const plugin = await open('/plugins/echo.wasm');
    const output = await plugin.call('echo', input);
    return output === null ? null : [output.byteLength, output.text() === input];
  });
}
for (const length of [0, 1, 7, 8, 9, 65_535, 65_536, 200_000]) {
  test(`${length} bytes go in and come out`, async ({ open }) => {
    const plugin = await open('/plugins/echo.wasm');
    const output = await plugin.call(
      'echo',
      Uint8Array.from({ length }, (_, at) => at % 251),
    );
    return output === null ? null : [output.byteLength, output.bytes().every((byte, at) => byte === at % 251)];
  });
}
test(
  'no input is the empty input',
  async ({ open }) => textOf(await (await open('output')).call('input_as_output')),
  better(/^(?:""|null)$/u, 'the empty output is empty, not one byte of zero'),
);
for (const name of ['none', 'whole', 'twice', 'input_as_output', 'changed_after']) {
  test(`output: ${name}`, async ({ open }) => textOf(await (await open('output')).call(name, 'abcdef')));
}
test(
  'output of length 0',
  async ({ open }) => textOf(await (await open('output')).call('length_0')),
  better(/^(?:""|null)$/u, 'the length that the plug-in names counts, not the whole block'),
);
test(
  'the inner part of a block as output',
  async ({ open }) => textOf(await (await open('output')).call('input_without_ends', 'abcdef')),
  better(/^"bcde"$/u, 'the range that the plug-in names counts'),
);
for (const name of [
  'null_only',
  'out_of_range_only',
  'keeps_previous_on_null',
  'keeps_previous_on_out_of_range',
  'freed_after',
]) {
  test(
    `output: ${name}`,
    async ({ open }) => textOf(await (await open('output')).call(name)),
    better(/^(?:null|"[^"]*")$/u, 'as the Extism runtime does it: what is no block is ignored'),
  );
}
/** @type {[string, (output: any) => unknown][]} */
const readers = [
  ['is a DataView', (output) => output instanceof DataView],
  ['getUint8', (output) => output.getUint8(0)],
  ['getInt8', (output) => output.getInt8(1)],
  ['getUint16', (output) => output.getUint16(0, true)],
  ['getInt32', (output) => output.getInt32(0)],
  ['getBigUint64', (output) => output.getBigUint64(0, true)],
  ['getFloat64', (output) => output.getFloat64(0) < 0],
  ['byteLength', (output) => output.byteLength],
  ['byteOffset', (output) => output.byteOffset],
  ['buffer is exactly the output', (output) => output.buffer.byteLength],
  ['arrayBuffer', (output) => output.arrayBuffer().byteLength],
  ['bytes', (output) => [...output.bytes()]],
  ['bytes twice are the same array', (output) => output.bytes() === output.bytes()],
  ['text', (output) => output.text()],
  ['string', (output) => output.string()],
  ['json', (output) => output.json().vowels.length],
  ['out of range', (output) => output.getUint8(100)],
  ['setUint8 throws', (output) => output.setUint8(0, 1)],
  ['setInt8 throws', (output) => output.setInt8(0, 1)],
  ['setUint16 throws', (output) => output.setUint16(0, 1)],
  ['setInt16 throws', (output) => output.setInt16(0, 1)],
  ['setInt32 throws', (output) => output.setInt32(0, 1)],
  ['setUint32 throws', (output) => output.setUint32(0, 1)],
  ['setFloat32 throws', (output) => output.setFloat32(0, 1)],
  ['setFloat64 throws', (output) => output.setFloat64(0, 1)],
  ['setBigInt64 throws', (output) => output.setBigInt64(0, 1n)],
  ['setBigUint64 throws', (output) => output.setBigUint64(0, 1n)],
];
for (const [name, read] of readers) {
  test(`PluginOutput: ${name}`, async ({ open }) =>
    read(await (await open('/plugins/echo.wasm')).call('echo', '{"vowels":"aeiou"}')));
}
test('json of what is no JSON throws', async ({ open }) => {
  const output = await (await open('/plugins/echo.wasm')).call('echo', '{');
  return failure(Promise.resolve().then(() => output?.json()));
});

// --- What a function returns, and functions that are not there
for (const name of [
  'unit',
  'code_0',
  'code_1',
  'code_minus_1',
  'code_42',
  'result_i64',
  'result_f32',
  'result_f64',
  'result_two',
  'param_i32',
]) {
  test(`return codes are ignored: ${name}`, async ({ open }) => textOf(await (await open('return_types')).call(name)));
}
for (const name of ['unit', 'nope', 'a_global', 'a_table', 'memory', 'toString', '__proto__']) {
  test(`functionExists: ${name}`, async ({ open }) => (await open('return_types')).functionExists(name));
}
for (const name of ['nope', '', 'toString', 'constructor']) {
  test(
    `calling what is not there: "${name}"`,
    async ({ open }) => (await open('return_types')).call(name),
    better(
      /^throws Plugin error: function "\w*" does not exist$/u,
      'in worker mode the SDK throws no Error, and its message is lost',
    ),
  );
}
test('calling what is no function', async ({ open }) => failure((await open('return_types')).call('memory')));

// --- Errors of the plug-in
for (const name of [
  'error_code_0',
  'error_code_1',
  'error_unit',
  'error_twice',
  'error_and_output',
  'error_invalid_utf8',
  'ok',
]) {
  test(`error_set: ${name}`, async ({ open }) => textOf(await (await open('errors')).call(name)));
}
test(
  'an error that is cleared',
  async ({ open }) => textOf(await (await open('errors')).call('error_cleared')),
  better(/^"also wrong"$/u, 'error_set(0) clears, as in the Extism runtime'),
);
test('a call after an error', async ({ open }) => {
  const plugin = await open('errors');
  return [await failure(plugin.call('error_code_1')), textOf(await plugin.call('ok'))];
});
for (const name of ['unreachable', 'divide_by_zero', 'load_out_of_bounds', 'indirect_null', 'stack_overflow']) {
  test(`a trap fails the call, and the next one works: ${name}`, async ({ open }) => {
    const plugin = await open('traps');
    return [(await failure(plugin.call(name))) !== 'no error', textOf(await plugin.call('ok'))];
  });
}

// --- Config
/** @type {[string, Record<string, string>][]} */
const configs = [
  ['vowels', { vowels: 'aeiou' }],
  ['missing', { vowels: 'x' }],
  ['ü', { ü: '☂' }],
  ['a b', { 'a b': 'c' }],
];
for (const [key, config] of configs) {
  test(`config: ${key}`, async ({ open }) => textOf(await (await open('config', { config })).call('get', key)));
}
for (const key of ['toString', 'constructor', '__proto__', 'hasOwnProperty']) {
  test(
    `config has no key "${key}" unless it is given`,
    async ({ open }) => textOf(await (await open('config', { config: {} })).call('get', key)),
    better(/^"\(none\)"$/u, 'what every object inherits is nobody’s config'),
  );
}
test('config of the manifest', async ({ create, address }) => {
  const plugin = await create({ wasm: [{ url: address('config') }], config: { a: 'manifest' } });
  return textOf(await plugin.call('get', 'a'));
});
test('options replace the config of the manifest as a whole', async ({ create, address }) => {
  const plugin = await create(
    { wasm: [{ url: address('config') }], config: { a: 'manifest', b: 'kept?' } },
    { config: { a: 'options' } },
  );
  return [textOf(await plugin.call('get', 'a')), textOf(await plugin.call('get', 'b'))];
});
test('config of JSON text', async ({ create, address }) => {
  const plugin = await create(JSON.stringify({ wasm: [{ url: address('config') }], config: { a: 'json' } }));
  return textOf(await plugin.call('get', 'a'));
});

// --- Vars
test('vars outlive calls', async ({ open }) => {
  const plugin = await open('vars');
  await plugin.call('set', 'a=1');
  return textOf(await plugin.call('get', 'a'));
});
test('vars can be removed', async ({ open }) => {
  const plugin = await open('vars');
  await plugin.call('set', 'a=1');
  await plugin.call('remove', 'a');
  return textOf(await plugin.call('get', 'a'));
});
test('vars outlive reset', async ({ open }) => {
  const plugin = await open('vars');
  await plugin.call('set', 'a=1');
  await plugin.reset();
  return textOf(await plugin.call('get', 'a'));
});
for (const [value, maxVarBytes] of /** @type {[string, number][]} */ ([
  ['12345', 5],
  ['123456', 5],
  ['1', 0],
  ['x'.repeat(100), 100],
  ['x'.repeat(101), 100],
])) {
  test(
    `maxVarBytes ${maxVarBytes}, a value of ${value.length}`,
    async ({ open }) => {
      const lines = /** @type {string[]} */ ([]);
      const logger = /** @type {Console} */ (
        /** @type {unknown} */ ({ ...console, error: (/** @type {string} */ line) => lines.push(line) })
      );
      const plugin = await open('vars', { memory: { maxVarBytes }, logger });
      return [await failure(plugin.call('set', `k=${value}`)), textOf(await plugin.call('get', 'k')), lines];
    },
    better(
      /^\["Plugin-originated error: var memory limit exceeded/u,
      'the call fails in worker mode too, as it does without',
    ),
  );
}
test(
  'plug-ins that share their functions do not share their vars',
  async ({ open }) => {
    const functions = {};
    const first = await open('vars', { functions });
    const second = await open('vars', { functions });
    await first.call('set', 'secret=1');
    return textOf(await second.call('get', 'secret'));
  },
  better(/^"\(none\)"$/u, 'one plug-in’s vars are not seen by another'),
);

// --- Host functions
/** @typedef {(context: any, ...args: any[]) => any} HostFunction */
/** @type {[string, HostFunction][]} */
const greets = [
  ['reads and stores', (context, at) => context.store(`hello, ${context.read(at).text()}`)],
  ['stores bytes', (context) => context.store(bytesOf('bytes'))],
  ['returns what it got', (_context, at) => at],
  ['reads json', (context, at) => context.store(JSON.stringify(context.read(at).string().length))],
  ['length', (context, at) => context.store(String(context.length(at)))],
  ['length of nothing', (context) => context.store(String(context.length(1n << 60n)))],
  ['reads what is no block', (context) => context.store(String(context.read(1n << 60n)))],
  ['reads after alloc', (context) => context.store(String(context.read(context.alloc(5)).byteLength))],
  [
    'throws',
    () => {
      throw new Error('the host said no');
    },
  ],
  [
    'throws a TypeError',
    () => {
      throw new TypeError('not this type');
    },
  ],
  [
    'sets an error',
    (context, at) => {
      context.setError('set by the host');
      return at;
    },
  ],
  [
    'sets an Error',
    (context, at) => {
      context.setError(new Error('an Error'));
      return at;
    },
  ],
  [
    'sets no error',
    (context, at) => {
      context.setError(null);
      return at;
    },
  ],
  [
    'sets and gets a variable',
    (context) => {
      context.setVariable('k', 'value');
      return context.store(context.getVariable('k').text());
    },
  ],
  [
    'sets a variable of bytes',
    (context) => {
      context.setVariable('k', bytesOf('v2'));
      return context.store(context.getVariable('k').bytes());
    },
  ],
  ['gets no variable', (context) => context.store(String(context.getVariable('nope')))],
  [
    'deletes a variable',
    (context) => {
      context.setVariable('k', 'v');
      context.deleteVariable('k');
      return context.store(String(context.getVariable('k')));
    },
  ],
  [
    'deletes no variable',
    (context) => {
      context.deleteVariable('nope');
      return context.store('fine');
    },
  ],
  ['sees the host context', (context) => context.store(JSON.stringify(context.hostContext()))],
  ['sees the log level', (context) => context.store(context.logLevel)],
  ['output is a copy or view of its size', (context, at) => context.store(String(context.read(at).byteLength))],
];
for (const [name, greet] of greets) {
  test(
    `a host function ${name}`,
    async ({ open }) => {
      const plugin = await open('host_function', { functions: { 'extism:host/user': { greet } } });
      return textOf(await plugin.call('call_greet', 'world', { user: 7 }));
    },
    better(/^throws Plugin-originated error: (?:set by the host|an Error)$/u, 'setError counts in worker mode too'),
  );
}
test('a host function that runs twice in a call', async ({ open }) => {
  const greet = /** @type {HostFunction} */ ((context, at) => context.store(`${context.read(at).text()}!`));
  const plugin = await open('host_function', { functions: { 'extism:host/user': { greet } } });
  return textOf(await plugin.call('call_greet_twice', 'hey'));
});
test('an empty text given to a host function', async ({ open }) => {
  const greet = /** @type {HostFunction} */ ((context, at) => context.store(`[${context.read(at).text()}]`));
  const plugin = await open('host_function', { functions: { 'extism:host/user': { greet } } });
  return textOf(await plugin.call('call_greet', ''));
});
test(
  'an async host function',
  async ({ open }) => {
    const greet = /** @type {HostFunction} */ (
      async (context, at) => {
        const text = context.read(at).text();
        await new Promise((end) => setTimeout(end, 5));
        return context.store(`late ${text}`);
      }
    );
    const plugin = await open('host_function', { functions: { 'extism:host/user': { greet } } });
    return textOf(await plugin.call('call_greet', 'world'));
  },
  better(/^"late world"$/u, 'async host functions work in every engine, on every page'),
);
test('the very error of a host function is what the call fails with', async ({ open }) => {
  const mine = new RangeError('mine');
  const greet = () => {
    throw mine;
  };
  const plugin = await open('host_function', { functions: { 'extism:host/user': { greet } } });
  return plugin.call('call_greet').then(
    () => 'none',
    (error) => error === mine,
  );
});
test(
  'after a host function threw, the next call works',
  async ({ open }) => {
    const greet = () => {
      throw new Error('no');
    };
    const plugin = await open('host_function', { functions: { 'extism:host/user': { greet } } });
    return [await failure(plugin.call('call_greet')), textOf(await plugin.call('ok'))];
  },
  better(/^\["no",null\]$/u, 'the plug-in lives on'),
);
test('a context that outlives its call reads nothing after reset', async ({ open }) => {
  /** @type {any} */
  let kept;
  /** @type {any} */
  let handle;
  const greet = /** @type {HostFunction} */ (
    (context, at) => {
      kept = context;
      handle = at;
      return at;
    }
  );
  const plugin = await open('host_function', { functions: { 'extism:host/user': { greet } } });
  await plugin.call('call_greet', 'x');
  await plugin.reset();
  return kept.read(handle);
});
test(
  'a host function that ends after its call was given up leaves the next one alone',
  async ({ open }) => {
    const { promise: resumed, resolve: resume } = Promise.withResolvers();
    const { promise: ended, resolve: end } = Promise.withResolvers();
    let runs = 0;
    const greet = /** @type {HostFunction} */ (
      async (context) => {
        runs += 1;
        if (runs === 1) {
          await resumed;
          context.setVariable('k', 'late');
          setTimeout(end, 100);
          return context.store('late');
        }
        resume(null);
        await ended;
        return context.store(`second, k is ${context.getVariable('k')}`);
      }
    );
    const options = { functions: { 'extism:host/user': { greet } }, timeoutMs: 1_500 };
    const plugin = await open('host_function', options);
    const first = await failure(plugin.call('call_greet', 'x'));
    return [first, textOf(await plugin.call('call_greet', 'y'))];
  },
  better(
    /^\["EXTISM: call canceled due to timeout","second, k is null"\]$/u,
    'time limits work everywhere, and what goes on after one reaches no other call',
  ),
);
test(
  'a host function that is missing',
  async ({ open }) => failure(open('host_function')),
  better(/cannot resolve import/u, 'an error, where the SDK hangs for ever in worker mode'),
);
test(
  'a host function that is missing in a namespace that is there',
  async ({ open }) => failure(open('host_function', { functions: { 'extism:host/user': {} } })),
  better(/cannot resolve import/u, 'an error, where the SDK hangs for ever in worker mode'),
);

// --- Logs
for (const logLevel of /** @type {const} */ (['trace', 'debug', 'info', 'warn', 'error', 'silent'])) {
  test(`log level ${logLevel}`, async ({ open }) => {
    /** @type {string[]} */
    const lines = [];
    const write = (/** @type {string} */ level) => (/** @type {string} */ line) => void lines.push(`${level}: ${line}`);
    const logger = /** @type {Console} */ (
      /** @type {unknown} */ ({
        trace: write('trace'),
        debug: write('debug'),
        info: write('info'),
        warn: write('warn'),
        error: write('error'),
      })
    );
    await (await open('logs', { logger, logLevel })).call('all', 'line');
    return lines;
  });
}

// --- The plug-in itself
test('getExports', async ({ open }) => (await open('return_types')).getExports());
test('getImports', async ({ open }) =>
  (await open('host_function', { functions: { 'extism:host/user': { greet: () => 0n } } })).getImports());
test('isActive while nothing runs', async ({ open }) => (await open('traps')).isActive());
test(
  'isActive while a call runs',
  async ({ open }) => {
    const plugin = await open('/plugins/echo.wasm');
    const call = plugin.call('echo', 'x');
    const active = plugin.isActive();
    await call;
    return [active, plugin.isActive()];
  },
  better(/^\[true,false\]$/u, 'the plug-in is active until its call has ended'),
);
test('reset', async ({ open }) => (await open('traps')).reset());
test(
  'reset during a call',
  async ({ open }) => {
    const plugin = await open('/plugins/echo.wasm');
    const call = plugin.call('echo', 'x');
    const done = await plugin.reset();
    await call;
    return done;
  },
  better(/^false$/u, 'the plug-in is active until its call has ended'),
);
test('close twice', async ({ open }) => {
  const plugin = await open('traps');
  return [await plugin.close(), await plugin.close()];
});
test(
  'calls that overlap each get their own answer',
  async ({ open }) => {
    const plugin = await open('/plugins/echo.wasm');
    const outputs = await Promise.all(['a', 'b', 'c'].map((text) => plugin.call('echo', text)));
    return outputs.map(textOf);
  },
  better(/^\["a","b","c"\]$/u, 'calls wait for each other instead of failing'),
);
test(
  'names of the instance’s exports',
  async ({ open }) => {
    const instance = await (await open('return_types')).getInstance();
    return [instance instanceof WebAssembly.Instance, Object.keys(instance.exports).toSorted()];
  },
  better(/^\[true,/u, 'in the SDK it is not there in worker mode'),
);
test('guest memory and globals outlive calls', async ({ open, address }) => {
  void address;
  const plugin = await open('state');
  const exports = await plugin.getExports();
  return exports.map(({ name }) => name);
});
test('CAPABILITIES has its keys', async ({ sdk }) => Object.keys(sdk.CAPABILITIES).toSorted());
test('newPlugin and the default export are createPlugin', async ({ sdk }) => [
  sdk.newPlugin === sdk.createPlugin,
  sdk.default === sdk.createPlugin,
]);

// --- Manifests
/** @type {[string, (kit: Kit) => unknown][]} */
const manifests = [
  ['a URL', ({ address }) => new URL(address('/plugins/echo.wasm'))],
  ['a URL as text', ({ address }) => address('/plugins/echo.wasm')],
  ['a promise of text', ({ address }) => Promise.resolve(address('/plugins/echo.wasm'))],
  ['a Response', ({ address }) => fetch(address('/plugins/echo.wasm'))],
  ['bytes', async ({ address }) => (await fetch(address('/plugins/echo.wasm'))).arrayBuffer()],
  ['a Module', ({ address }) => WebAssembly.compileStreaming(fetch(address('/plugins/echo.wasm')))],
  ['an object with a url', ({ address }) => ({ wasm: [{ url: address('/plugins/echo.wasm') }] })],
  ['an object with a URL', ({ address }) => ({ wasm: [{ url: new URL(address('/plugins/echo.wasm')) }] })],
  ['a relative url', () => ({ wasm: [{ url: '/plugins/echo.wasm' }] })],
  [
    'an object with data',
    async ({ address }) => ({
      wasm: [{ data: new Uint8Array(await (await fetch(address('/plugins/echo.wasm'))).arrayBuffer()) }],
    }),
  ],
  [
    'an object with a response',
    async ({ address }) => ({ wasm: [{ response: await fetch(address('/plugins/echo.wasm')) }] }),
  ],
  [
    'an object with a module',
    async ({ address }) => ({
      wasm: [{ module: await WebAssembly.compileStreaming(fetch(address('/plugins/echo.wasm'))) }],
    }),
  ],
  ['JSON text', ({ address }) => JSON.stringify({ wasm: [{ url: address('/plugins/echo.wasm') }] })],
  [
    'JSON text with fields nobody knows',
    ({ address }) => JSON.stringify({ wasm: [{ url: address('/plugins/echo.wasm'), x: 1 }], y: 2 }),
  ],
  [
    'JSON as a Response',
    ({ address }) =>
      new Response(JSON.stringify({ wasm: [{ url: address('/plugins/echo.wasm') }] }), {
        headers: { 'content-type': 'application/json' },
      }),
  ],
  [
    'a module with a name of its own',
    ({ address }) => ({ wasm: [{ url: address('/plugins/echo.wasm'), name: 'main' }] }),
  ],
];
for (const [name, make] of manifests) {
  test(`manifest: ${name}`, async (kit) => textOf(await (await kit.create(make(kit))).call('echo', 'made')));
}
/** @type {[string, unknown][]} */
const bad = [
  ['no wasm', {}],
  ['wasm is no array', { wasm: 7 }],
  ['an item of nothing', { wasm: [{}] }],
  ['JSON without wasm', '{"a":1}'],
];
for (const [name, manifest] of bad) {
  test(`a manifest that is none: ${name}`, async ({ create }) => (await failure(create(manifest))) !== 'no error');
}
test('a hash that fits', async ({ create, address }) => {
  const data = new Uint8Array(await (await fetch(address('/plugins/echo.wasm'))).arrayBuffer());
  const hash = [...new Uint8Array(await crypto.subtle.digest('SHA-256', data))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  return textOf(await (await create({ wasm: [{ data, hash }] })).call('echo', 'x'));
});
test('a hash that does not fit', async ({ create, address }) =>
  failure(create({ wasm: [{ url: address('/plugins/echo.wasm'), hash: '0'.repeat(64) }] })));
test('a hash of a Module', async ({ create, address }) => {
  const module = await WebAssembly.compileStreaming(fetch(address('/plugins/echo.wasm')));
  return failure(create({ wasm: [{ module, hash: '0'.repeat(64) }] }));
});
test('linked modules', async ({ create, address }) => {
  const plugin = await create({
    wasm: [
      { name: 'dep', url: address('link_dep') },
      { name: 'main', url: address('link_main_function') },
    ],
  });
  return [textOf(await plugin.call('let_dep_answer')), (await plugin.call('call_forty_two'))?.getBigUint64(0, true)];
});
test('linked modules, one of them compiled', async ({ create, address }) => {
  const module = await WebAssembly.compileStreaming(fetch(address('link_dep')));
  const plugin = await create({ wasm: [{ name: 'dep', module }, { url: address('link_main_function') }] });
  return textOf(await plugin.call('let_dep_answer'));
});
/**
 * The SDK's message, which is lost in its worker mode.
 * @param {string} path @param {string} wanted @param {boolean} [isHostModule]
 */
function unresolved(path, wanted, isHostModule = false) {
  const [module, name] = wanted.split(' ');
  const why = isHostModule
    ? ` ("${module}" is a host module, but does not contain "${name}")`
    : ': not provided by host imports nor linked manifest items';
  const text = JSON.stringify(`from module ${path}: cannot resolve import "${module}" "${name}"${why}`);
  const escaped = text.replaceAll(/[\\()/.]/gu, String.raw`\$&`);
  return better(new RegExp(`^${escaped}$`, 'u'), 'an error, where the SDK hangs for ever in worker mode');
}
test(
  'a linked module that is missing',
  async ({ open }) => failure(open('link_main_function')),
  unresolved('"main"', 'dep forty_two'),
);
test(
  'an import that a dependency lacks',
  async ({ create, address }) =>
    failure(
      create({
        wasm: [
          { name: 'dep', url: address('missing_host_functions') },
          { name: 'main', url: address('link_main_run') },
        ],
      }),
    ),
  unresolved('"main"/"dep"', 'extism:host/user kv_read'),
);
for (const [name, wanted, isHostModule] of /** @type {const} */ ([
  ['missing_host_functions', 'extism:host/user kv_read', false],
  ['missing_env_function', 'extism:host/env teleport', true],
  ['missing_pre_1_0', 'env extism_input_length', true],
  ['missing_wasm_bindgen', '__wbindgen_placeholder__ __wbindgen_describe', false],
])) {
  test(
    `the first missing import is reported: ${name}`,
    async ({ open }) => failure(open(name)),
    unresolved('"main"', wanted, isHostModule),
  );
}
for (const name of ['unreachable', 'divide_by_zero', 'load_out_of_bounds', 'indirect_null']) {
  test(`the message of a trap: ${name}`, async ({ open }) => failure((await open('traps')).call(name)));
}
test(
  'a hash that is no sha256',
  async ({ create, address }) =>
    failure(create({ wasm: [{ url: address('/plugins/echo.wasm'), hash: 'not a hash' }] })),
  better(
    /^"Plugin error: hash mismatch\. Expected: not a hash\. Actual: /u,
    'it fails with the same wording before the module is fetched',
  ),
);
test('a function of one’s own as fetch', async ({ open }) => {
  let asked = 0;
  const plugin = await open('/plugins/echo.wasm', {
    fetch: (/** @type {any} */ url, /** @type {any} */ init) => {
      asked += 1;
      return fetch(url, init);
    },
  });
  return [asked > 0, textOf(await plugin.call('echo', 'x'))];
});

// --- WASI, init
test(
  'WASI that is not enabled',
  async ({ open }) => failure(open('init_start_with_wasi')),
  better(/WASI is not enabled/u, 'an error, where the SDK hangs for ever in worker mode'),
);
for (const name of [
  'init_initialize',
  'init_none',
  'init_start',
  'init_hs_init',
  'init_start_and_initialize',
  'init_ctors',
  'init_all',
]) {
  test(`what runs before the first call: ${name}`, async ({ open }) => {
    const plugin = await open(name);
    return [textOf(await plugin.call('order')), textOf(await plugin.call('order'))];
  });
}

// --- Limits
for (const maxPages of [2, 6]) {
  test(`maxPages ${maxPages} counts blocks alone: a guest with a memory of its own loads`, async ({ open }) => {
    const plugin = await open('memory_large_initial', { memory: { maxPages } });
    return (await plugin.getExports()).length > 0;
  });
}
// On the page itself the SDK has no time limits: its loop would be the page's end, so that these run where it has a worker.
test(
  'timeoutMs of a call',
  async ({ open }) => {
    const plugin = await open('loop_in_call', { timeoutMs: 1_500 });
    return [await failure(plugin.call('loop_empty')), textOf(await plugin.call('ok'))];
  },
  undefined,
  true,
);
test(
  'timeoutMs of a manifest',
  async ({ create, address }) => {
    const plugin = await create({ wasm: [{ url: address('loop_in_call') }], timeoutMs: 1_500 });
    return failure(plugin.call('loop_empty'));
  },
  better(/^"EXTISM: call canceled due to timeout"$/u, 'the limit counts; in the SDK the plug-in hangs for ever'),
  true,
);
test(
  'a start section that never ends',
  async ({ open }) => failure(open('loop_in_start_section', { timeoutMs: 1_500 })),
  undefined,
  true,
);

// --- HTTP
test(
  'HTTP to a host that is not allowed',
  async ({ open, address }) => {
    const plugin = await open('http_request', { allowedHosts: ['example.com'] });
    return failure(plugin.call('request', JSON.stringify({ url: address('/plugins/index.json') })));
  },
  better(/is not allowed \(no allowedHosts match \\"127\.0\.0\.1\\"\)"$/u, 'HTTP works in every engine'),
);
for (const allowed of ['127.0.0.1', '*', '127.*', '{a,127.0.0.1}']) {
  test(
    `HTTP to a host that is allowed by ${allowed}`,
    async ({ open, address }) => {
      const plugin = await open('http_request', { allowedHosts: [allowed] });
      const output = await plugin.call('request', JSON.stringify({ url: address('/plugins/index.json') }));
      return output === null ? null : output.byteLength > 0;
    },
    better(/^true$/u, 'HTTP works in every engine'),
  );
}

for (const allowHttpResponseHeaders of [undefined, false, true]) {
  test(
    `allowHttpResponseHeaders: ${allowHttpResponseHeaders}`,
    async ({ open, address }) => {
      const options = allowHttpResponseHeaders === undefined ? {} : { allowHttpResponseHeaders };
      const plugin = await open('http_request', { allowedHosts: ['127.0.0.1'], ...options });
      const request = JSON.stringify({ url: address('/plugins/index.json') });
      const headers = textOf(await plugin.call('request_then_headers', request));
      return headers === null || headers === '' ? 'none' : Object.keys(JSON.parse(headers)).includes('content-type');
    },
    better(/^(?:"none"|true)$/u, 'HTTP works in every engine'),
  );
}

// --- WASI: output and paths
for (const enableWasiOutput of [undefined, false, true]) {
  for (const [name, method] of /** @type {const} */ ([
    ['print', 'log'],
    ['complain', 'error'],
  ])) {
    test(`enableWasiOutput: ${enableWasiOutput}, ${name}`, async ({ open }) => {
      /** @type {string[]} */
      const lines = [];
      const own = console[method];
      console[method] = (line) => void lines.push(line);
      try {
        const options = enableWasiOutput === undefined ? {} : { enableWasiOutput };
        const plugin = await open('/wasi/tools.wasm', { useWasi: true, runInWorker: false, ...options });
        await plugin.call(name, 'one line');
        await new Promise((end) => setTimeout(end, 20));
      } finally {
        console[method] = own;
      }
      return lines.map((line) => line.trimEnd());
    });
  }
}
test(
  'a path that is allowed is a directory of the plug-in’s',
  async ({ open }) => {
    const plugin = await open('/wasi/tools.wasm', { useWasi: true, allowedPaths: { '/mnt': '/srv' } });
    return [await failure(plugin.call('append', '/mnt/a.txt 1')), textOf(await plugin.call('read_text', '/mnt/a.txt'))];
  },
  better(/^\["no error","1"\]$/u, 'in the SDK a browser has no files at all'),
);
test(
  'a path that is allowed to be read only',
  async ({ open }) => {
    const plugin = await open('/wasi/tools.wasm', { useWasi: true, allowedPaths: { '/mnt': 'ro:/srv' } });
    return [await failure(plugin.call('append', '/mnt/a.txt 1')), textOf(await plugin.call('list', '/mnt'))];
  },
  better(/^\["Plugin-originated error: [^"]+",(?:null|"")\]$/u, 'the directory is there, and truly read only'),
);

// --- Re-entrancy
test(
  'a host function that calls its own plug-in is refused',
  async ({ open }) => {
    let inner = Promise.resolve('never asked');
    /** @type {import('tenon/extism').Plugin | null} */
    let plugin = null;
    const greet = /** @type {HostFunction} */ (
      (context) => {
        if (plugin !== null) inner = failure(plugin.call('ok'));
        return context.store('outer');
      }
    );
    plugin = await open('host_function', { functions: { 'extism:host/user': { greet } } });
    return [textOf(await plugin.call('call_greet', 'x')), await inner];
  },
  better(/^\["outer","plugin is not reentrant"\]$/u, 'without a worker, the SDK forgets the call that is under way'),
);

// --- Faults of the SDK that are not copied
test(
  'memory limits in JSON count',
  async ({ create, address }) => {
    const plugin = await create(JSON.stringify({ wasm: [{ url: address('vars') }], memory: { max_var_bytes: 3 } }));
    return [await failure(plugin.call('set', 'k=1234')), textOf(await plugin.call('get', 'k'))];
  },
  better(
    /^\["Plugin-originated error: var memory limit exceeded: 4 bytes requested, 3 allowed","\(none\)"\]$/u,
    'limits in JSON are not lost',
  ),
);
test(
  'a request without a host, with every host allowed',
  async ({ open }) => {
    const plugin = await open('http_request', { allowedHosts: ['*'] });
    return failure(plugin.call('request', JSON.stringify({ url: 'data:,x' })));
  },
  better(/is not allowed \(no allowedHosts match/u, 'a plug-in reaches nothing but http and https servers'),
);
test(
  'a redirect to a host that is not allowed',
  async ({ open, address }) => {
    const plugin = await open('http_request', { allowedHosts: ['127.0.0.1'] });
    const elsewhere = new URL(address('/cors/plugins/index.json'));
    elsewhere.hostname = 'localhost';
    const url = address(`/redirect-to?${new URLSearchParams({ url: elsewhere.href })}`);
    const failed = await failure(plugin.call('request', JSON.stringify({ url })));
    return /is not allowed|no answer/u.test(failed) ? 'refused' : failed;
  },
  better(/^"refused"$/u, 'a redirect does not escape the allowed hosts'),
);
