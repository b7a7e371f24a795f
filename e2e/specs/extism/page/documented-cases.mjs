// Cases for sentences of the SDK's README and doc comments that cases.mjs does not cover. ../README.md lists the sentences.
import { better, failure, test, textOf } from './cases.mjs';

/** @typedef {(context: any, ...args: any[]) => any} HostFunction */
/** @typedef {import('./cases.mjs').Kit} Kit */

/** @param {string[]} lines */
const loggerTo = (lines) => {
  const add = (/** @type {string} */ line) => void lines.push(line);
  return /** @type {Console} */ (/** @type {unknown} */ ({ trace: add, debug: add, info: add, warn: add, error: add }));
};
/** @param {Kit} kit @param {HostFunction} greet @param {import('tenon/extism').ExtismPluginOptions} [options] */
const withGreet = ({ open }, greet, options = {}) =>
  open('host_function', { functions: { 'extism:host/user': { greet } }, ...options });
/** @param {Kit} kit @param {readonly [name: string, fixture: string][]} modules */
const linked = ({ create, address }, modules) =>
  create({ wasm: modules.map(([name, fixture]) => ({ name, url: address(fixture) })) });

// --- README
test('a plug-in that is called again keeps its vars: count_vowels', async ({ open }) => {
  const plugin = await open('/plugins/count_vowels.wasm', { useWasi: true });
  const outputs = [];
  for (const input of ['Hello World', 'Hello, World!']) outputs.push(await plugin.call('count_vowels', input));
  return [textOf(outputs[0] ?? null), outputs[1]?.json()];
});
test('config changes what count_vowels counts', async ({ open }) => {
  const plugin = await open('/plugins/count_vowels.wasm', { useWasi: true, config: { vowels: 'aeiouyAEIOUY' } });
  return textOf(await plugin.call('count_vowels', 'Yellow, World!'));
});
test('host functions that keep bytes in a Map: a PluginOutput is read as a DataView and as bytes', async (kit) => {
  const store = new Map();
  const plugin = await withGreet(kit, (context, at) => {
    const output = context.read(at);
    store.set('first', output.getUint8(0));
    store.set('bytes', output.bytes());
    return context.store(store.get('bytes'));
  });
  return [textOf(await plugin.call('call_greet', 'key')), store.get('first')];
});
test('variables are not shared between plug-ins', async ({ open }) => {
  const [first, second] = [await open('vars'), await open('vars')];
  await first.call('set', 'a=1');
  return textOf(await second.call('get', 'a'));
});

// --- Plugin and its output
test(
  'a number as input',
  async ({ open }) => textOf(await (await open('/plugins/echo.wasm')).call('echo', 42)),
  better(/^"42"$/u, 'the input is the number as text; the SDK takes it as the number of one of its blocks'),
);
test(
  'a call after close',
  async ({ open }) => {
    const plugin = await open('/plugins/echo.wasm');
    await plugin.close();
    return textOf(await plugin.call('echo', 'x'));
  },
  better(/^throws .*is closed$/u, 'a closed plug-in is closed, as in the SDK’s worker mode'),
);
test('the plug-in of the doc comment: call, json, close', async ({ open }) => {
  const plugin = await open('/plugins/count_vowels.wasm', { useWasi: true });
  try {
    return (await plugin.call('count_vowels', 'hello world'))?.json();
  } finally {
    await plugin.close();
  }
});
const mark = '\uFEFF';
for (const [what, input, read] of /** @type {[string, string, (output: any) => unknown][]} */ ([
  ['text', `${mark}text`, (output) => [output.text(), output.text().length]],
  ['json', `${mark}{"a":1}`, (output) => output.json()],
  ['bytes', `${mark}text`, (output) => output.byteLength],
])) {
  test(`a byte order mark in ${what}`, async ({ open }) =>
    read(await (await open('/plugins/echo.wasm')).call('echo', input)));
}
test('a byte order mark in a text that a host function reads', async (kit) => {
  const plugin = await withGreet(kit, (context, at) => context.store(String(context.read(at).text().length)));
  return textOf(await plugin.call('call_greet', `${mark}text`));
});
test('a byte order mark in a log line', async ({ open }) => {
  /** @type {string[]} */
  const lines = [];
  await (await open('logs', { logLevel: 'info', logger: loggerTo(lines) })).call('info', `${mark}line`);
  return lines.map((line) => line.length);
});
test(
  'a byte order mark in an error',
  async (kit) => {
    const plugin = await withGreet(kit, (context, at) => {
      context.setError(`${mark}wrong`);
      return at;
    });
    return (await failure(plugin.call('call_greet', 'x'))).length;
  },
  crossOriginIsolated ? better(/^30$/u, 'setError counts in worker mode too') : undefined,
);
test('a byte order mark in the value of a var', async ({ open }) => {
  const plugin = await open('vars');
  await plugin.call('set', `k=${mark}v`);
  return (await plugin.call('get', 'k'))?.byteLength;
});

// --- Host functions
/** @type {unknown[]} */
const results = [undefined, null, true, '5', 'text', 5, 1.5, 5n, Number.NaN];
for (const [call, name] of /** @type {const} */ ([
  ['call_same_i64', 'same_i64'],
  ['call_same_i32', 'same_i32'],
  ['call_mixed', 'mixed'],
  ['call_nothing', 'nothing'],
])) {
  for (const result of results) {
    test(
      `a host function returns ${typeof result} ${String(result)} for ${name}`,
      async ({ open }) => {
        const others = { mixed: () => 0, same_i64: () => 0n, same_i32: () => 0, nothing: () => {} };
        const functions = { 'extism:host/user': { ...others, [name]: () => result } };
        const plugin = await open('host_function_types', { functions });
        return (await plugin.call(call, ''))?.getBigUint64(0, true);
      },
      crossOriginIsolated
        ? better(/^(?:"\d+n"|throws .*big ?int.*)$/iu, 'as in the SDK without a worker, where any value is converted')
        : undefined,
    );
  }
}
test('a host function of a namespace of its own', async ({ open }) => {
  const plugin = await open('host_function_own_namespace', { functions: { acme: { ping: () => 7n } } });
  return (await plugin.call('call_ping'))?.getBigUint64(0, true);
});
test('a host function sees the context of each call', async (kit) => {
  const plugin = await withGreet(kit, (context) => context.store(String(context.hostContext()?.user)));
  return [
    textOf(await plugin.call('call_greet', 'x', { user: 'Ann' })),
    textOf(await plugin.call('call_greet', 'x', { user: 'Bob' })),
    textOf(await plugin.call('call_greet', 'x')),
  ];
});
test('a host function sets the log level', async (kit) => {
  const plugin = await withGreet(kit, (context) => {
    context.logLevel = 'warn';
    return context.store(context.logLevel);
  });
  return textOf(await plugin.call('call_greet', 'x'));
});
test(
  'alloc beyond maxPages returns 0 and is logged',
  async (kit) => {
    /** @type {string[]} */
    const lines = [];
    const plugin = await withGreet(kit, (context) => context.store(String(context.alloc(300_000))), {
      memory: { maxPages: 2 },
      logger: loggerTo(lines),
      logLevel: 'error',
    });
    return [textOf(await plugin.call('call_greet', 'x')), lines];
  },
  crossOriginIsolated
    ? better(/^\["0",\["memory limit exceeded: 5 pages requested, 2 allowed"\]\]$/u, 'as in the SDK without a worker')
    : undefined,
);
test('setVariable beyond maxVarBytes throws', async (kit) => {
  const plugin = await withGreet(
    kit,
    (context) => {
      let message = 'no error';
      try {
        context.setVariable('k', '123456');
      } catch (error) {
        message = /** @type {Error} */ (error).message;
      }
      return context.store(message);
    },
    { memory: { maxVarBytes: 5 } },
  );
  return textOf(await plugin.call('call_greet', 'x'));
});
for (const sharedArrayBufferSize of [1_024, 65_536]) {
  test(`sharedArrayBufferSize ${sharedArrayBufferSize}, and a result of 10,000 bytes`, async (kit) => {
    const options = { sharedArrayBufferSize, nodeWorkerArgs: { name: 'only for Node' } };
    const plugin = await withGreet(kit, (context) => context.store('x'.repeat(10_000)), options);
    return (await plugin.call('call_greet', 'x'))?.byteLength;
  });
}

test('a host function sets an error and throws', async (kit) => {
  const plugin = await withGreet(kit, (context) => {
    context.setError('set first');
    throw new RangeError('then thrown');
  });
  return failure(plugin.call('call_greet', 'x'));
});

// --- Calling sequences of plug-ins: blocks that are freed twice, read after they were freed, or handed on
for (const [fixture, name, expected] of [
  ['field_older_pdks', 'haskell_config', /^"Howdy, John"$/u],
  ['field_older_pdks', 'zig_config', /^"Howdy"$/u],
  ['field_older_pdks', 'virgil_vars', /^", John"$/u],
  ['field_handovers', 'config_to_output', /^"next"$/u],
  ['field_handovers', 'config_to_var', /^"next"$/u],
  ['field_handovers', 'config_to_key', /^"another value"$/u],
  ['field_handovers', 'input_to_key', /^"another value"$/u],
  ['field_handovers', 'input_to_var', /^"next"$/u],
  ['field_handovers', 'output_to_var', /^"next"$/u],
  ['field_handovers', 'error_to_output', /^"next"$/u],
]) {
  test(
    `a calling sequence of plug-ins: ${name}`,
    async ({ open }) => {
      const config = { greeting: 'Howdy', key: 'next', next: 'another value' };
      return textOf(await (await open(String(fixture), { config })).call(String(name), 'next'));
    },
    better(/** @type {RegExp} */ (expected), 'blocks can be read after they were freed, as in the Extism runtime'),
  );
}

// --- Blocks that the runtime's functions take
for (const [fixture, name] of [
  ['config', 'frees_key'],
  ['vars', 'frees_handles'],
  ['logs', 'frees_handles'],
]) {
  test(
    `blocks after the runtime took them: ${fixture} ${name}`,
    async ({ open }) => [...((await (await open(fixture ?? '')).call(name ?? '', 'x'))?.bytes() ?? [])],
    better(/^\[[12],0,0,0,0,0,0,0\]$/u, 'a block that the runtime took can be read until the call ends'),
  );
}

// --- Manifests
test(
  'an option of the plug-in takes precedence over the manifest: allowedHosts',
  async ({ create, address }) => {
    const wasm = [{ url: address('http_request') }];
    const plugin = await create({ wasm, allowedHosts: ['127.0.0.1'] }, { allowedHosts: ['example.com'] });
    return failure(plugin.call('request', JSON.stringify({ url: address('/plugins/index.json') })));
  },
  better(/no allowedHosts match/u, 'HTTP works in every engine'),
);
test('an option of the plug-in takes precedence over the manifest: memory', async ({ create, address }) => {
  const plugin = await create(
    { wasm: [{ url: address('vars') }], memory: { maxVarBytes: 3 } },
    { memory: { maxVarBytes: 10 } },
  );
  return [await failure(plugin.call('set', 'k=1234')), textOf(await plugin.call('get', 'k'))];
});
for (const key of ['allowedHosts', 'allowed_hosts']) {
  test(
    `${key} in JSON`,
    async ({ create, address }) => {
      const plugin = await create(JSON.stringify({ wasm: [{ url: address('http_request') }], [key]: ['127.0.0.1'] }));
      const output = await plugin.call('request', JSON.stringify({ url: address('/plugins/index.json') }));
      return (output?.byteLength ?? 0) > 0;
    },
    better(/^true$/u, 'HTTP works in every engine'),
  );
}
for (const [name, hosts] of /** @type {const} */ ([
  ['without the option', undefined],
  ['with another host in the option', ['example.com']],
])) {
  test(
    `allowedHosts in a manifest that was fetched, ${name}`,
    async ({ create, address }) => {
      const manifest = { wasm: [{ url: address('http_request') }], allowedHosts: ['127.0.0.1'] };
      const plugin = await create(Response.json(manifest), hosts === undefined ? {} : { allowedHosts: [...hosts] });
      return failure(plugin.call('request', JSON.stringify({ url: address('/plugins/index.json') })));
    },
    better(/no allowedHosts match/u, 'a manifest from elsewhere grants itself nothing'),
  );
}
test(
  'allowedHosts in a manifest that was fetched, and in the options',
  async ({ create, address }) => {
    const manifest = { wasm: [{ url: address('http_request') }], allowedHosts: ['127.0.0.1'] };
    const plugin = await create(Response.json(manifest), { allowedHosts: ['*'] });
    const output = await plugin.call('request', JSON.stringify({ url: address('/plugins/index.json') }));
    return (output?.byteLength ?? 0) > 0;
  },
  better(/^true$/u, 'HTTP works in every engine'),
);
test(
  'a pattern with * for subdomains',
  async ({ open, address }) => {
    const plugin = await open('http_request', { allowedHosts: ['*.0.0.1'] });
    const output = await plugin.call('request', JSON.stringify({ url: address('/plugins/index.json') }));
    return (output?.byteLength ?? 0) > 0;
  },
  better(/^true$/u, 'HTTP works in every engine'),
);
test(
  'a response of more than maxHttpResponseBytes',
  async ({ open, address }) => {
    /** @type {string[]} */
    const lines = [];
    const options = { allowedHosts: ['127.0.0.1'], memory: { maxHttpResponseBytes: 5 }, logger: loggerTo(lines) };
    const plugin = await open('http_request', { ...options, logLevel: 'error' });
    const output = await plugin.call('request', JSON.stringify({ url: address('/plugins/index.json') }));
    return [output?.byteLength, lines];
  },
  better(
    /larger than maxHttpResponseBytes/u,
    'the call fails, as in the Extism runtime, and the plug-in gets no empty body instead',
  ),
);
test('a URL whose content type is neither that of a module nor of JSON', async ({ create, address }) =>
  (await failure(create(address('/index.html')))) !== 'no error');
test(
  'a string that is no URL',
  async ({ create }) => (await failure(create('plugins/echo.wasm'))) !== 'no error',
  better(/^false$/u, 'it is an address relative to the page; the SDK has no paths in browsers'),
);
test(
  'JSON with bytes as base64',
  async ({ create, address }) => {
    const bytes = new Uint8Array(await (await fetch(address('/fixtures/output.wasm'))).arrayBuffer());
    const data = btoa(String.fromCodePoint(...bytes));
    return textOf(await (await create(JSON.stringify({ wasm: [{ data }] }))).call('whole'));
  },
  better(/^"/u, 'bytes in JSON are base64, as in other Extism hosts'),
);
test(
  'a manifest without a main module',
  async (kit) =>
    (await failure(
      linked(kit, [
        ['a', 'link_dep'],
        ['b', 'link_main_function'],
      ]),
    )) !== 'no error',
  better(/^false$/u, 'the last module is the main one'),
);
test(
  'the class of the error for what is no manifest',
  async ({ create }) =>
    create(/** @type {any} */ ({})).then(
      () => 'no error',
      (error) => [error instanceof TypeError, error.code],
    ),
  better(/^\[false,"invalid-manifest"\]$/u, 'as every error, a PluginError with a code'),
);
test('a path in a manifest', async ({ create }) =>
  (await failure(create({ wasm: [{ path: 'plugins/echo.wasm' }] }))) !== 'no error');

// --- Linking
const hangs = 'an error, where the SDK hangs for ever in worker mode';
/** @param {string} text */
const inWorker = (text) =>
  crossOriginIsolated
    ? better(new RegExp(`^${JSON.stringify(text).replaceAll(/[\\\\()/.]/gu, String.raw`\$&`)}$`, 'u'), hangs)
    : undefined;
test(
  'an export that a linked module lacks',
  async (kit) =>
    failure(
      linked(kit, [
        ['dep', 'link_dep'],
        ['main', 'link_main_missing'],
      ]),
    ),
  inWorker('from module "main": cannot import "dep" "absent"; no export matched request'),
);
test(
  'an import that the dependency of a dependency lacks',
  async (kit) =>
    failure(
      linked(kit, [
        ['third', 'missing_host_functions'],
        ['dep', 'link_dep_of_dep'],
        ['main', 'link_main_run'],
      ]),
    ),
  inWorker(
    'from module "main"/"dep"/"third": cannot resolve import "extism:host/user" "kv_read": not provided by host imports nor linked manifest items',
  ),
);
test(
  'an import of another kind than the export of the linked module',
  async (kit) =>
    failure(
      linked(kit, [
        ['dep', 'link_dep'],
        ['main', 'link_main_wrong_kind'],
      ]),
    ),
  better(
    /^"Import \\"dep\\" \\"forty_two\\" of module \\"main\\": expected global, found function"$/u,
    'it names both kinds',
  ),
);
test(
  'an import of the runtime that is no function',
  async ({ open }) => failure(open('missing_other_kinds')),
  inWorker(
    'from module "main": cannot resolve import "env" "memory" ("env" is a host module, but does not contain "memory")',
  ),
);
test(
  'an error of the plug-in, then a trap',
  async ({ open }) => failure((await open('errors')).call('error_then_trap')),
  better(/^"Plugin-originated error: .*unreachable/u, 'the error that the plug-in set is kept, with the trap'),
);
