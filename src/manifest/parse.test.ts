import { describe, expect, test } from 'vitest';
import { isPluginError } from '../contract/errors.js';
import type { PluginError } from '../contract/errors.js';
import type { Manifest } from '../contract/manifest.js';
import { parseManifest, parseOverrides } from './parse.js';

const wasm = [{ url: 'a.wasm' }];
const hex = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
const sri = 'sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=';

function refusal(input: unknown, where?: string): PluginError {
  try {
    parseManifest(input, where);
  } catch (error) {
    if (isPluginError(error, 'invalid-manifest')) return error;
    throw error;
  }
  throw new Error('the manifest was accepted');
}

const faults = (input: unknown): readonly string[] =>
  refusal(input).issues.map(({ path, message }) => `${path}: ${message}`);
const paths = (input: unknown): readonly string[] => refusal(input).issues.map(({ path }) => path);
const names = (...given: readonly (string | undefined)[]): readonly (string | null)[] =>
  parseManifest({ wasm: given.map((name) => ({ url: 'a', name })) }).modules.map(({ name }) => name);

describe('the normal form', () => {
  test('of the smallest manifest says everything', () => {
    const module = {
      kind: 'url',
      url: 'a.wasm',
      method: 'GET',
      headers: new Map(),
      name: 'main',
      hash: null,
      isJavaScript: false,
    };
    expect(parseManifest({ wasm })).toEqual({
      modules: [module],
      main: module,
      memory: { maxPages: null, maxHttpResponseBytes: null, maxVarBytes: null },
      config: new Map(),
      allowedHosts: [],
      allowedPaths: [],
      timeoutMs: null,
      plugin: null,
      requested: { hosts: null, paths: null },
      extensions: new Map(),
    });
  });

  const camel = {
    wasm: [
      {
        url: 'lib.wasm',
        method: 'post',
        headers: { Accept: 'application/wasm' },
        name: 'lib',
        hash: hex.toUpperCase(),
      },
      { data: 'aGVsbG8=', name: 'main', hash: sri },
    ],
    memory: { maxPages: 16, maxHttpResponseBytes: 0, maxVarBytes: 9_007_199_254_740_991 },
    config: { greeting: 'hello' },
    allowedHosts: ['API.example.com', '*.bücher.example:443'],
    allowedPaths: { '/data': '/mnt', 'ro:/etc': '/etc' },
    timeoutMs: 1_000,
    plugin: {
      id: 'org.example.greeter',
      homepage: 'https://example.org',
      permissions: [{ host: 'API.example.com', reason: 'to greet' }, { path: '/data' }],
      settings: { type: 'object', properties: { loud: { type: 'boolean', default: [null, 1] } } },
      engines: { tenon: '>=0.1' },
    },
    'x-note': { anything: true },
  } satisfies Manifest;

  test('holds every field', () => {
    const parsed = parseManifest(camel);
    expect(parsed.modules[0]).toEqual({
      kind: 'url',
      url: 'lib.wasm',
      method: 'POST',
      headers: new Map([['Accept', 'application/wasm']]),
      name: 'lib',
      hash: hex,
      isJavaScript: false,
    });
    const bytes = new TextEncoder().encode('hello');
    expect(parsed.main).toEqual({ kind: 'data', bytes, name: 'main', hash: hex, isJavaScript: false });
    expect(parsed.main).toBe(parsed.modules[1]);
    expect(parsed.memory).toEqual({ maxPages: 16, maxHttpResponseBytes: 0, maxVarBytes: 9_007_199_254_740_991 });
    expect(parsed.config).toEqual(new Map([['greeting', 'hello']]));
    expect(parsed.allowedHosts).toEqual(['api.example.com', '*.xn--bcher-kva.example:443']);
    expect(parsed.allowedPaths).toEqual([
      { hostPath: '/data', guestPath: '/mnt', isReadOnly: false },
      { hostPath: '/etc', guestPath: '/etc', isReadOnly: true },
    ]);
    expect(parsed.timeoutMs).toBe(1_000);
    expect(parsed.plugin).toMatchObject({
      id: 'org.example.greeter',
      version: null,
      permissions: [
        { kind: 'host', value: 'api.example.com', reason: 'to greet' },
        { kind: 'path', value: '/data', reason: null },
      ],
      settings: camel.plugin.settings,
      engines: new Map([['tenon', '>=0.1']]),
    });
    expect(parsed.extensions).toEqual(new Map([['x-note', { anything: true }]]));
  });

  test('is the same for snake_case, for a mixture, and for JSON text', () => {
    const { allowedHosts, allowedPaths, timeoutMs, memory, ...rest } = camel;
    const snake = {
      ...rest,
      allowed_hosts: allowedHosts,
      allowed_paths: allowedPaths,
      timeout_ms: timeoutMs,
      memory: { max_pages: 16, maxHttpResponseBytes: 0, max_var_bytes: memory.maxVarBytes },
    };
    expect(parseManifest(snake)).toEqual(parseManifest(camel));
    expect(parseManifest(`\uFEFF ${JSON.stringify(snake)}`)).toEqual(parseManifest(camel));
  });

  test('cannot be changed, nor through what it was made of', () => {
    const config = { a: '1' };
    const settings = { deep: { list: [1] } };
    const allowedHosts = ['a.com'];
    const parsed = parseManifest({ wasm, config, allowedHosts, plugin: { settings } });
    config.a = '2';
    settings.deep.list.push(2);
    allowedHosts.push('b.com');
    expect(parsed.config.get('a')).toBe('1');
    expect(parsed.allowedHosts).toEqual(['a.com']);
    expect(parsed.plugin?.settings).toEqual({ deep: { list: [1] } });
    for (const part of [
      parsed,
      parsed.modules,
      parsed.main,
      parsed.memory,
      parsed.allowedHosts,
      parsed.plugin,
      parsed.plugin?.settings?.['deep'],
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  test('takes null as absent, everywhere but in wasm', () => {
    const nothing = {
      wasm: [{ url: 'a.wasm', data: null, path: null, method: null, headers: null, name: null, hash: null }],
      memory: null,
      config: null,
      allowed_hosts: null,
      allowedPaths: null,
      timeout_ms: null,
      plugin: null,
    };
    expect(parseManifest(nothing)).toEqual(parseManifest({ wasm }));
    expect(parseManifest({ wasm, memory: { maxPages: null } })).toEqual(parseManifest({ wasm }));
    expect(faults({ wasm: null })).toEqual(['wasm: missing: a manifest lists at least one module']);
    expect(paths({ wasm: [null] })).toEqual(['wasm[0]']);
  });
});

describe('module names', () => {
  test('one module is main, whatever its name', () => {
    expect(names(undefined)).toEqual(['main']);
    expect(names('other')).toEqual(['main']);
  });
  test('of several, the one called main is; else the last', () => {
    expect(names('main', 'b', undefined)).toEqual(['main', 'b', null]);
    expect(names('a', undefined, 'c')).toEqual(['a', null, 'main']);
  });
  test('no two are the same', () => {
    const twice = {
      wasm: [
        { url: 'a', name: 'x' },
        { path: 'b', name: 'x' },
        { url: 'c', name: 'main' },
      ],
    };
    expect(faults(twice)).toContain('wasm[1].name: "x" is the name of another module too: wasm[0].name');
  });
  test('such as __proto__ and constructor are names like any other', () => {
    expect(names('__proto__', 'constructor', 'toString')).toEqual(['__proto__', 'constructor', 'main']);
  });
});

describe('data', () => {
  const bytesOf = (data: unknown): unknown => {
    const { main } = parseManifest({ wasm: [{ data }] });
    return main.kind === 'data' && [main.bytes.constructor, ...main.bytes];
  };
  test('may be any kind of bytes', () => {
    const bytes = new Uint8Array([9, 1, 2, 9]);
    expect(bytesOf(bytes)).toEqual([Uint8Array, 9, 1, 2, 9]);
    expect(bytesOf(bytes.subarray(1, 3))).toEqual([Uint8Array, 1, 2]);
    expect(bytesOf(bytes.buffer)).toEqual([Uint8Array, 9, 1, 2, 9]);
    expect(bytesOf(new DataView(bytes.buffer, 1, 2))).toEqual([Uint8Array, 1, 2]);
    expect(bytesOf(Buffer.from([1, 2]))).toEqual([Uint8Array, 1, 2]);
  });
  test('is not copied, unless it is shared memory', () => {
    const bytes = new Uint8Array([1]);
    const { main } = parseManifest({ wasm: [{ data: bytes }] });
    expect(main.kind === 'data' && main.bytes.buffer).toBe(bytes.buffer);
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    expect(bytesOf(shared)).toEqual([Uint8Array, 0, 0]);
    const copied = parseManifest({ wasm: [{ data: shared.buffer }] }).main;
    expect(copied.kind === 'data' && copied.bytes.buffer).toBeInstanceOf(ArrayBuffer);
  });
  test('of another sort is refused', () => {
    for (const data of [1, true, [1], {}, { byteLength: 1 }, '*', 'a', () => 0])
      expect(paths({ wasm: [{ data }] })).toEqual(['wasm[0].data']);
  });
});

describe('faults', () => {
  test('come all at once, each with its path as written', () => {
    const error = refusal({
      wasm: [
        { url: '', hash: 'zz' },
        { path: 'b.wasm' },
        { url: 'c', data: 'aa==' },
        {},
        { data: '', method: 'GET' },
        5,
      ],
      memory: { max_pages: 65_537, maxVarBytes: -1, max_http_response_bytes: 1.5 },
      config: { 'two words': 1 },
      allowedHosts: ['a.com', 'a b'],
      allowed_paths: { 'ro:': '/a' },
      timeout_ms: '5',
      plugin: { homepage: 'javascript:alert(1)', permissions: [{}, { host: 'a', path: 'b' }], settings: [] },
      allowed_host: [],
    });
    expect(error.issues.map(({ path }) => path)).toEqual([
      'wasm[0].url',
      'wasm[0].hash',
      'wasm[1].path',
      'wasm[2]',
      'wasm[3]',
      'wasm[4].method',
      'wasm[5]',
      'memory.max_pages',
      'memory.maxVarBytes',
      'memory.max_http_response_bytes',
      'config["two words"]',
      'allowedHosts[1]',
      'allowed_paths["ro:"]',
      'timeout_ms',
      'plugin.homepage',
      'plugin.permissions[0]',
      'plugin.permissions[1]',
      'plugin.settings',
      'allowed_host',
    ]);
    expect(error.issues[7]).toEqual({
      path: 'memory.max_pages',
      message: 'expected an integer from 0 to 65536, found 65537',
      expected: 'an integer from 0 to 65536',
      actual: '65537',
    });
    expect(error.details).toEqual({ faults: 19 });
  });

  test('make one message that can be read', () => {
    expect(refusal({}, 'https://example.com/m.json').message).toBe(
      'https://example.com/m.json: wasm: missing: a manifest lists at least one module',
    );
    expect(refusal({ wasm, timeout: 1, memory: { pages: 1 }, config: [], hosts: 1 }).message).toBe(
      'manifest: 4 faults: timeout: unknown field: did you mean "timeoutMs"?; memory.pages: unknown field; ' +
        'config: expected a plain object, found an array; and 1 more',
    );
  });

  test('beyond 100 are counted, not kept', () => {
    const error = refusal({ wasm, allowedHosts: Array.from({ length: 1_000 }, () => 1) });
    expect(error.issues).toHaveLength(100);
    expect(error.details).toEqual({ faults: 1_000 });
    expect(error.message).toContain('1000 faults: ');
    expect(error.message).toContain('; and 997 more');
  });

  test('never show what may be a secret', () => {
    const error = refusal({ wasm: [{ url: 'a', headers: { authorization: 's3cret\n' } }], config: { pin: 53_131 } });
    expect(JSON.stringify(error)).not.toMatch(/s3cret|53131/);
  });

  test('name the field that was probably meant', () => {
    for (const [written, meant] of [
      ['allowed_host', 'allowed_hosts'],
      ['allowedhosts', 'allowedHosts'],
      ['timeout', 'timeoutMs'],
      ['timeout_sm', 'timeout_ms'],
      ['wasms', 'wasm'],
      ['Config', 'config'],
      ['memroy', 'memory'],
    ]) {
      expect(faults({ wasm, [written ?? '']: 1 })).toEqual([`${written}: unknown field: did you mean "${meant}"?`]);
    }
    for (const written of ['zebra', 'constructor', '__proto__', 'toString', 'a'.repeat(1_000)]) {
      expect(faults(JSON.parse(`{"wasm":[{"url":"a"}],"${written}":1}`))[0]).toMatch(/: unknown field$/);
    }
  });

  test('include one field in two spellings, even where one is null', () => {
    expect(faults({ wasm, timeoutMs: 1, timeout_ms: 1 })).toEqual([
      'timeout_ms: given twice, in camelCase and in snake_case: keep one',
    ]);
    expect(paths({ wasm, allowed_hosts: ['a.com'], allowedHosts: null })).toEqual(['allowedHosts']);
    expect(paths({ wasm, memory: { max_pages: 1, maxPages: 1 } })).toEqual(['memory.maxPages']);
    expect(parseManifest({ wasm, timeoutMs: undefined, timeout_ms: 1 }).timeoutMs).toBe(1);
  });

  test('include text that is not JSON, with the cause', () => {
    expect(refusal('{ "wasm": ').message).toMatch(/^manifest: not JSON: /);
    expect(refusal('{').cause).toBeInstanceOf(SyntaxError);
    expect(paths('[]')).toEqual(['']);
  });
});

test('unknown fields can be ignored; other faults remain', () => {
  const loose = parseManifest({ wasm: [{ url: 'a', extra: 1 }], extra: { a: 1 } }, 'manifest', {
    unknownFields: 'ignore',
  });
  expect(loose).toEqual(parseManifest({ wasm: [{ url: 'a' }] }));
  expect(() => parseManifest({ wasm: [] }, 'manifest', { unknownFields: 'ignore' })).toThrow('items');
});

test('x- keys are accepted at every level, and kept at the top', () => {
  const parsed = parseManifest({
    wasm: [{ url: 'a', 'x-a': 1 }],
    memory: { 'x-b': 1 },
    plugin: { 'x-c': 1 },
    'x-__proto__': 1,
  });
  expect([...parsed.extensions.keys()]).toEqual(['x-__proto__']);
});

test('numbers at the edges of their ranges', () => {
  const pages = (maxPages: unknown): unknown => parseManifest({ wasm, memory: { maxPages } }).memory.maxPages;
  expect([0, 1, 65_535, 65_536].map(pages)).toEqual([0, 1, 65_535, 65_536]);
  expect(pages(-0)).toBe(0);
  for (const value of [-1, 65_537, 0.5, NaN, Infinity, '1', 1n, true])
    expect(paths({ wasm, memory: { maxPages: value } })).toEqual(['memory.maxPages']);
  expect(parseManifest({ wasm, timeoutMs: 0 }).timeoutMs).toBe(0);
  for (const value of [-1, 2 ** 53, 0.1]) expect(paths({ wasm, timeoutMs: value })).toEqual(['timeoutMs']);
});

describe('hostile objects', () => {
  const strange = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', ''];
  const text = `{${strange.map((key) => `"${key}":"v"`).join(',')}}`;

  test('keys of every object are ordinary strings', () => {
    const parsed = parseManifest(
      `{"wasm":[{"url":"a","headers":{"__proto__":"v","constructor":"v"}}],"config":${text},"plugin":{"settings":${text},"engines":${text}}}`,
    );
    expect([...parsed.config]).toEqual(strange.map((key) => [key, 'v']));
    expect(Object.keys(parsed.plugin?.settings ?? {})).toEqual(strange);
    expect([...(parsed.plugin?.engines.keys() ?? [])]).toEqual(strange);
    expect(parsed.main.kind === 'url' && [...parsed.main.headers.keys()]).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['v']).toBeUndefined();
    expect(
      paths('{"wasm":[{"url":"a","__proto__":1}],"__proto__":{"timeoutMs":1},"memory":{"constructor":1}}'),
    ).toEqual(['wasm[0].__proto__', '__proto__', 'memory.constructor']);
  });

  test('what a prototype lends is not read', () => {
    expect(paths(Object.create({ wasm }))).toEqual(['']);
    expect(paths({ wasm: [Object.assign(Object.create({ url: 'a' }), {})] })).toEqual(['wasm[0]']);
    expect(paths({ wasm, config: new Map([['a', 'b']]) })).toEqual(['config']);
    expect(paths({ wasm: [, { url: 'a' }] })).toEqual(['wasm[0]']); // eslint-disable-line no-sparse-arrays
  });

  test('what throws when it is looked at is a fault at its place', () => {
    const thrower = {
      get a(): string {
        throw new TypeError('boo');
      },
    };
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    const trap = new Proxy(
      {},
      {
        ownKeys() {
          throw null;
        },
      },
    );
    expect(
      paths({ wasm, config: thrower, allowedHosts: proxy, memory: trap, plugin: { settings: { deep: thrower } } }),
    ).toEqual(['config', 'allowedHosts', 'memory', 'plugin.settings.deep']);
    expect(paths(trap)).toEqual(['']);
    expect(paths(proxy)).toEqual(['']);
  });

  test('what is endless is refused in bounded time', () => {
    const loop: Record<string, unknown> = {};
    loop['a'] = loop;
    loop['b'] = loop;
    expect(faults({ wasm, plugin: { settings: loop } }).join()).toMatch(/deeper than 32 levels/);
    expect(
      paths({
        wasm: new Array(4_294_967_295),
        allowedHosts: new Array(1e9),
        plugin: { settings: { a: new Array(1e9) } },
      }),
    ).toHaveLength(3);
    expect(paths(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)).toEqual(['']);
    const wide = `{"wasm":[{"url":"a"}],"plugin":{"settings":{"a":[${'0,'.repeat(12_000)}0]}}}`;
    expect(faults(wide)).toEqual(['plugin.settings.a: more than 10000 values']);
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`field${index}`, 1]));
    expect(refusal({ wasm, ...many }).details).toEqual({ faults: 50_000 });
  });
});

describe("an app's options", () => {
  test('say nothing where they are silent, and deny where they are null', () => {
    expect(parseOverrides({ functions: {}, logger: console })).toEqual({
      config: null,
      allowedHosts: null,
      allowedPaths: null,
      memory: null,
      timeoutMs: null,
    });
    expect(parseOverrides({ allowedHosts: null, allowedPaths: null })).toMatchObject({
      allowedHosts: [],
      allowedPaths: [],
    });
  });
  test('are read as strictly as a manifest', () => {
    expect(() => parseOverrides({ memory: { maxPagez: 1 } })).toThrow(
      'memory.maxPagez: unknown field: did you mean "maxPages"?',
    );
    expect(() => parseOverrides({ timeoutMs: Infinity })).toThrow('timeoutMs: expected an integer');
    expect(() => parseOverrides(5)).toThrow('options: expected a plain object');
  });
});
