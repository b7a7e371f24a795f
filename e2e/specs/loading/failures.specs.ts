/** Each way a load can fail: its own code, a sentence that helps, and a host that goes on working. */
import type { ErrorCode, PluginError, PluginOptions, PluginSource } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { openHost, sharedHost } from '../fixtures.js';
import { spec, type SpecContext } from '../harness.js';
import { bytesOf, countsVowels, KeptPath, ownModule, vowels } from './load-kit.js';

/** It bounds reading and compilation too, which on a loaded machine have taken more than 700 ms. */
const startTimeoutMs = 1_500;

interface Failure {
  readonly from: (context: SpecContext) => PluginSource | Promise<PluginSource>;
  readonly options?: PluginOptions;
  readonly code: ErrorCode;
  /** Words of the message and of what goes with it. */
  readonly says: readonly string[];
}

/** All that a reader of the error sees. */
function textOf({ message, expected, actual, fix, issues }: PluginError): string {
  return [message, expected, actual, fix, ...issues.map(({ path, message: text }) => `${path}: ${text}`)].join('\n');
}

/** As a Response, whatever its type says. */
function uncheckedResponse(
  type: 'opaque' | 'read' | 'being read' | 'error',
  url: string,
): Promise<Response> | Response {
  if (type === 'error') return Response.error();
  if (type === 'opaque') return fetch(url, { mode: 'no-cors' });
  const response = new Response('{}');
  if (type === 'read') return response.text().then(() => response);
  response.body?.getReader();
  return response;
}

/** What is read before: only what comes after counts against the time of a load. */
const bytesAt = async (url: string): Promise<ArrayBuffer> => (await fetch(url)).arrayBuffer();

const otherOrigin = (path: string): string => `http://localhost:${location.port}${path}`;

const failures: Readonly<Record<string, Failure>> = {
  'an address with nothing there': {
    from: ({ url }) => url('/nowhere.wasm'),
    code: 'http-status',
    says: ['404', '/nowhere.wasm'],
  },
  'a server that fails': { from: ({ url }) => url('/status/500'), code: 'http-status', says: ['500'] },
  'a Response with a bad status': {
    from: ({ url }) => fetch(url('/status/503')),
    code: 'http-status',
    says: ['503', 'from 200 to 299'],
  },
  'a file that is cut short': {
    from: ({ url }) => url(`/truncated${vowels}`),
    code: 'invalid-module',
    says: ['count_vowels.wasm'],
  },
  'a connection that breaks in the middle': {
    from: ({ url }) => url(`/broken${vowels}`),
    code: 'fetch-failed',
    says: ['ended early', 'count_vowels.wasm'],
  },
  'a Response that breaks in the middle': {
    from: ({ url }) => fetch(url(`/broken${vowels}`)),
    code: 'fetch-failed',
    says: ['ended early'],
  },
  'a page about a plug-in': {
    from: ({ url }) => url('/index.html'),
    code: 'not-a-plugin',
    says: ['neither a WebAssembly module nor a manifest', '3c 21', 'the plug-in itself'],
  },
  'an empty file': { from: () => new Blob([]), code: 'not-a-plugin', says: ['no bytes'] },
  'no bytes': { from: () => new ArrayBuffer(0), code: 'not-a-plugin', says: ['no bytes'] },
  'three bytes of a module': { from: () => Uint8Array.of(0, 0x61, 0x73), code: 'not-a-plugin', says: ['00 61 73'] },
  'a picture': { from: () => new File(['\u{89}PNG'], 'cat.png'), code: 'not-a-plugin', says: ['cat.png'] },
  'a component': {
    from: () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0),
    code: 'component',
    says: ['component'],
  },
  'an address nobody listens at': {
    from: () => 'http://127.0.0.1:9/a.wasm',
    code: 'fetch-failed',
    says: ['127.0.0.1:9', 'Check the address and the network'],
  },
  'a server that does not allow this page': {
    from: () => otherOrigin(vowels),
    code: 'fetch-failed',
    says: ['CORS'],
  },
  'missing host functions': {
    from: ({ url }) => url('/fixtures/missing_host_functions.wasm'),
    code: 'missing-import',
    says: ['import'],
  },
  'a wrong type of import': {
    from: ({ url }) => url('/fixtures/wrong_signature_kernel.wasm'),
    code: 'import-type',
    says: ['expected'],
  },
  'more bytes than are allowed': {
    from: ({ url }) => url(vowels),
    options: { maxModuleBytes: 1_000, cache: 'off' },
    code: 'module-size',
    says: ['1000 bytes', 'maxModuleBytes'],
  },
  'a function that costs too much to compile': {
    from: ({ url }) => url(vowels),
    options: { maxCompileCost: 1 },
    code: 'compile-cost',
    says: ['function', 'units of compile cost', 'maxCompileCost'],
  },
  'more modules than a plug-in may have': {
    from: ({ url }) => ({
      wasm: Array.from({ length: 65 }, (_, index) => ({ url: url(vowels), name: index === 0 ? 'main' : `m${index}` })),
    }),
    code: 'invalid-manifest',
    says: ['1 to 64 items', '65'],
  },
  'a Blob of more bytes than are allowed': {
    from: async (context) => new Blob([await bytesOf(context, vowels)]),
    options: { maxModuleBytes: 1_000 },
    code: 'module-size',
    says: ['1000 bytes'],
  },
  'more memory at the start than is allowed': {
    from: ({ url }) => url('/fixtures/memory_large_initial.wasm'),
    options: { memory: { maxPages: 1 } },
    code: 'memory-limit',
    says: ['page'],
  },
  'a manifest full of faults': {
    from: () => '{"wasm": [{"url": 5}, {"path": "a.wasm"}], "timeout_ms": "soon", "wasn": 1}',
    code: 'invalid-manifest',
    says: ['wasm[0].url', 'wasm[1]', 'timeout_ms', 'wasn'],
  },
  'a manifest that names a file of the disk': {
    from: () => ({ wasm: [{ path: '/plugins/a.wasm' }] }),
    code: 'invalid-manifest',
    says: ['wasm[0]', 'path'],
  },
  'text that is no JSON': { from: () => '{"wasm": [', code: 'invalid-manifest', says: ['JSON'] },
  'an object that is no manifest': {
    from: () => JSON.parse('{}') as PluginSource,
    code: 'invalid-manifest',
    says: ['wasm'],
  },
  'a manifest that names a manifest': {
    from: async (context) => ({ wasm: [{ url: (await KeptPath.make(context, '{"wasm": []}')).url }] }),
    code: 'not-a-plugin',
    says: ['is another manifest', 'a WebAssembly module'],
  },
  'a Response that was read': {
    from: () => uncheckedResponse('read', ''),
    code: 'invalid-argument',
    says: ['has already been read', 'clone'],
  },
  'a Response that someone reads': {
    from: () => uncheckedResponse('being read', ''),
    code: 'invalid-argument',
    says: ['being read'],
  },
  'a Response of no-cors': {
    from: () => uncheckedResponse('opaque', otherOrigin('/cors/plugins/echo.wasm')),
    code: 'fetch-failed',
    says: ['opaque', 'no-cors'],
  },
  'a Response of an error': { from: () => uncheckedResponse('error', ''), code: 'fetch-failed', says: ['error'] },
  'a buffer that was transferred': {
    from: () => {
      const bytes = new Uint8Array(8);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      return bytes;
    },
    code: 'invalid-argument',
    says: ['transferred'],
  },
  'a number': { from: () => JSON.parse('5') as PluginSource, code: 'invalid-argument', says: ['number'] },
  'a text that is no URL': { from: () => 'http://', code: 'invalid-argument', says: ['"http://"', 'Invalid URL'] },
  'an unknown option': {
    from: ({ url }) => url(vowels),
    options: { timeout: 5 } as PluginOptions,
    code: 'invalid-argument',
    says: ['timeout', 'unknown option', 'timeoutMs'],
  },
  'an option of the wrong type': {
    from: ({ url }) => url(vowels),
    options: { loadTimeoutMs: '5' } as unknown as PluginOptions,
    code: 'invalid-argument',
    says: ['loadTimeoutMs', 'an integer from 1', 'found a string'],
  },
  'options that are none': {
    from: ({ url }) => url(vowels),
    options: 5 as unknown as PluginOptions,
    code: 'invalid-argument',
    says: ['options', 'an object'],
  },
  'a server that never answers': {
    from: ({ url }) => url('/hang'),
    options: { loadTimeoutMs: 300 },
    code: 'load-timeout',
    says: ['no data arrived', '/hang', '300 ms'],
  },
  'a file that never ends': {
    from: ({ url }) => url(`/never-ends${vowels}`),
    options: { loadTimeoutMs: 300 },
    code: 'load-timeout',
    says: ['300 ms', 'never-ends'],
  },
  'a Response that never ends': {
    // An address of its own: Firefox lets a request wait for what one that was given up has left of the same address.
    from: ({ url }) => fetch(url(`/never-ends${vowels}?response`)),
    options: { loadTimeoutMs: 300 },
    code: 'load-timeout',
    says: ['300 ms', 'never-ends'],
  },
  'a start section that never ends': {
    from: ({ url }) => bytesAt(url('/fixtures/loop_in_start_section.wasm')),
    options: { loadTimeoutMs: startTimeoutMs },
    code: 'load-timeout',
    says: ['instantiating', 'start section'],
  },
  'an _initialize that never ends': {
    from: ({ url }) => bytesAt(url('/fixtures/loop_in_initialize.wasm')),
    options: { loadTimeoutMs: startTimeoutMs },
    code: 'load-timeout',
    says: ['init hook'],
  },
  'an hs_init that never ends': {
    from: ({ url }) => bytesAt(url('/fixtures/loop_in_hs_init.wasm')),
    options: { loadTimeoutMs: startTimeoutMs },
    code: 'load-timeout',
    says: ['init hook'],
  },
};

for (const [what, { from, options, code, says }] of Object.entries(failures)) {
  spec(`loading fails with ${code} for ${what}, and the next plug-in loads`, async (context) => {
    const host = sharedHost(context);
    const error = await failsWith(host.createPlugin(await from(context), options), code);
    for (const words of says) contains(textOf(error), words, 'error');
    await countsVowels(await host.createPlugin(context.url(vowels)));
  });
}

spec('loading fails with fetch-failed for a promise of a Response that is rejected', async (context) => {
  const error = await failsWith(sharedHost(context).createPlugin(fetch('http://127.0.0.1:9/a.wasm')), 'fetch-failed');
  contains(error.message, 'promise');
  check(error.cause instanceof TypeError, 'the reason is the cause');
});

spec('loading stops as soon as its signal is aborted, in every phase', async (context) => {
  const host = sharedHost(context);
  const sources = {
    reading: context.url('/hang'),
    'reading on': context.url(`/never-ends${vowels}`),
    'reading a Response': fetch(context.url(`/never-ends${vowels}`)),
    ...(context.engine === 'webkit' ? {} : { starting: context.url('/fixtures/loop_in_start_section.wasm') }),
  };
  for (const [phase, source] of Object.entries(sources)) {
    const startedAt = performance.now();
    const creating = host.createPlugin(source, { signal: AbortSignal.timeout(250) });
    const error = await failsWith(creating, 'aborted');
    const tookMs = performance.now() - startedAt;
    check(tookMs < 1_500, `${phase}: ended only after ${tookMs} ms`);
    check(error.cause !== undefined, `${phase}: the reason is the cause`);
  }
  await countsVowels(await host.createPlugin(context.url(vowels)));
});

/** Waits for the server to see no answer under way any more. */
async function connectionCloses({ url }: SpecContext, path: string, what: string): Promise<void> {
  const asked = url(`/answering?${new URLSearchParams({ path })}`);
  const deadline = performance.now() + 20_000;
  let answers = 1;
  while (answers > 0 && performance.now() < deadline) {
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    answers = Number(await (await fetch(asked, { cache: 'no-store' })).text());
  }
  equal(answers, 0, `${what}: answers that the server still sends`);
}

spec('a load that is given up closes its connection', async (context) => {
  const path = (what: string): string => `/never-ends${vowels}?${what}`;
  for (const [by, host] of [
    ['worker', sharedHost(context)],
    ['page', openHost(context, { fetch: (input, init) => fetch(input, init) })],
  ] as const) {
    const refused = path(`${by}-refused`);
    await failsWith(host.createPlugin(context.url(refused), { maxModuleBytes: 1_000 }), 'module-size');
    await connectionCloses(context, refused, `refused, read by the ${by}`);
    const late = path(`${by}-late`);
    await failsWith(host.createPlugin(context.url(late), { loadTimeoutMs: 300 }), 'load-timeout');
    await connectionCloses(context, late, `late, read by the ${by}`);
  }
});

spec('nothing loads, and no request is made, with a signal that is already aborted', async (context) => {
  const host = sharedHost(context);
  const bytes = await ownModule(context);
  const path = await KeptPath.make(context, bytes);
  await failsWith(host.createPlugin(path.url, { signal: AbortSignal.abort() }), 'aborted');
  equal(await path.requests(), 0, 'requests');
  await failsWith(host.createPlugin(bytes, { signal: AbortSignal.abort() }), 'aborted');
  const module = await WebAssembly.compile(bytes);
  await failsWith(host.createPlugin(module, { signal: AbortSignal.abort() }), 'aborted');
  await countsVowels(await host.createPlugin(path.url));
});

spec('a promise of a Response that never comes is given up when the signal is aborted', async (context) => {
  const never = new Promise<Response>(() => {});
  await failsWith(sharedHost(context).createPlugin(never, { signal: AbortSignal.timeout(100) }), 'aborted');
  await failsWith(sharedHost(context).createPlugin(never, { signal: AbortSignal.abort() }), 'aborted');
  await failsWith(sharedHost(context).compile(never, { signal: AbortSignal.timeout(100) }), 'aborted');
});
