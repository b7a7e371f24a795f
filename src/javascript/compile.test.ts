import { createPlugin, type Plugin } from '@extism/extism';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isPluginError } from '../contract/errors.js';
import { compileJavaScript } from './node.js';
import type { JavaScriptFiles } from './options.js';

/** Each export of the plug-in below returns JSON that the test with its name expects. */
const cases = {
  'text encoder': [
    `const e = new TextEncoder(); return [[...e.encode('é😀\\ud800')], e.encodeInto('aé😀', new Uint8Array(4))]`,
    [[195, 169, 240, 159, 152, 128, 239, 191, 189], { read: 2, written: 3 }],
  ],
  'text decoder': [
    `const d = new TextDecoder(); return [[0xc3, 0xa9, 0xff, 0xe2, 0x82], [0xef, 0xbb, 0xbf, 65], [0xed, 0xa0, 0x80]]
      .map((bytes) => d.decode(Uint8Array.from(bytes)))`,
    ['é\uFFFD\uFFFD', 'A', '\uFFFD\uFFFD\uFFFD'],
  ],
  url: [
    `return ['http://EXAMPLE.com:80/a/../b?x=1#y', 'https://u:p@h:8443', '../c?d', '//x/y', 'data:text/plain,hi', 'http://0x7f.1/',
      'http://[0:0::1]:3/', 'http://ex.com/ä?ö', 'http://a b/'].map((url) => URL.parse(url, 'http://base/a/b')?.href ?? null)`,
    [
      'http://example.com/b?x=1#y',
      'https://u:p@h:8443/',
      'http://base/c?d',
      'http://x/y',
      'data:text/plain,hi',
      'http://127.0.0.1/',
      'http://[::1]:3/',
      'http://ex.com/%C3%A4?%C3%B6',
      null,
    ],
  ],
  'url search params': [
    `const u = new URL('http://a/?b=1&c=2'); u.searchParams.append('d', 'e f&'); u.searchParams.delete('b');
      return [u.href, [...u.searchParams], String(new URLSearchParams({ a: 'ü' }))]`,
    [
      'http://a/?c=2&d=e+f%26',
      [
        ['c', '2'],
        ['d', 'e f&'],
      ],
      'a=%C3%BC',
    ],
  ],
  'structured clone': [
    `const a = { at: new Date(5), map: new Map([[1, {}]]), bytes: new Uint8Array([1, 2]) }; a.self = a; const c = structuredClone(a);
      let name; try { structuredClone(() => 1) } catch (error) { name = error.name }
      return [c !== a, c.self === c, c.at.getTime(), c.map.size, [...c.bytes], name]`,
    [true, true, 5, 1, [1, 2], 'DataCloneError'],
  ],
  crypto: [
    `const a = crypto.getRandomValues(new Uint32Array(4)); return [a.some((x) => x > 0), /^[\\da-f-]{36}$/.test(crypto.randomUUID())]`,
    [true, true],
  ],
  base64: [
    `return [btoa('hi'), atob('aGk='), Host.arrayBufferToBase64(new Uint8Array([1, 2, 3]).buffer), Host.base64ToArrayBuffer('AQID').byteLength]`,
    ['aGk=', 'hi', 'AQID', 3],
  ],
  memory: [
    `const m = Memory.fromString('hé'); const found = [m.len, m.readString(), Memory.find(m.offset).readString(), m.readBytes().byteLength,
        Memory.fromJsonObject({ a: 1 }).readJsonObject(), Memory.fromBuffer(new Uint8Array([7]).buffer).len,
        Memory.allocUInt32(7).readUInt32(), String(Memory.allocUInt64(2n ** 63n).readUInt64()), Memory.allocFloat32(1.5).readFloat32(),
        Memory.allocFloat64(2.5).readUFloat64(), new MemoryHandle(m.offset, 1).readBytes().byteLength]; m.free(); return found`,
    [3, 'hé', 'hé', 3, { a: 1 }, 1, 7, '9223372036854775808', 1.5, 2.5, 1],
  ],
  'config and vars': [
    `Var.set('text', 'v'); Var.set('bytes', new Uint8Array([1, 2]).buffer);
      return [Config.get('key'), Config.get('none'), Var.getString('text'), [...new Uint8Array(Var.getBytes('bytes'))], Var.getString('none'), Var.getBytes('none')]`,
    ['value', null, 'v', [1, 2], null, null],
  ],
  recursion: [
    `let depth = 0; const go = () => { depth += 1; go() }; try { go() } catch (error) { return [error.name, depth >= 1000] }`,
    ['RangeError', true],
  ],
  'eval and Function': [`return [eval('1 + 1'), new Function('return 3')()]`, [2, 3]],
  'input bytes': [`return [...new Uint8Array(Host.inputBytes())]`, [104, 105]],
} as const satisfies Record<string, readonly [code: string, expected: unknown]>;

const entries = Object.entries(cases);
const bodies = entries.map(([, [code]], index) => {
  return `export function f${index}() { Host.outputString(JSON.stringify((() => { ${code} })())) }`;
});
const more = `
export async function timers() {
  const order = [];
  setTimeout(() => order.push('b'), 500);
  const cleared = setTimeout(() => order.push('never'), 1);
  clearTimeout(cleared);
  setTimeout((word) => order.push(word), 5, 'a');
  queueMicrotask(() => order.push('first'));
  await new Promise((settle) => setTimeout(settle, 501));
  Host.outputString(order.join());
}
export function pending() { return new Promise(() => {}) }
export async function rejects() { await null; throw new TypeError('late') }
export const json = plugin(async ({ name }) => ({ hello: name }));
export function code() { return 3 }
export function host() {
  const { up } = Host.getFunctions();
  Host.outputString(Memory.find(up(Memory.fromString('abc').offset)).readString());
}
export function interrupted() { Host.getFunctions().fail() }
export function undeclared() { Host.getFunctions().down() }
export function bytes() { Host.outputBytes(new Uint8Array([0, 255]).buffer) }
export const random = () => Host.outputString(String(Math.random()));
export function raise() { throw 'text' }
`;

describe('a plug-in in JavaScript, in the Extism JS SDK', () => {
  let plugin: Plugin;
  let module: Uint8Array;
  const start = (): Promise<Plugin> =>
    createPlugin(
      { wasm: [{ data: module }] },
      {
        useWasi: true,
        config: { key: 'value' },
        functions: {
          'extism:host/user': {
            up: (context, block: bigint) => context.store(context.read(block)?.text().toUpperCase() ?? ''),
            fail: () => {
              throw new TypeError('interrupted');
            },
          },
        },
      },
    );

  beforeAll(async () => {
    const { bytes } = await compileJavaScript([...bodies, more].join('\n'), {
      hostFunctions: { up: { params: ['I64'], result: 'I64' }, fail: {} },
    });
    module = bytes;
    plugin = await start();
  });

  afterAll(() => plugin.close());

  const call = async (name: string, input = 'hi'): Promise<string> => (await plugin.call(name, input))?.text() ?? '';

  test.each(entries.map(([name, [, expected]], index) => [name, index, expected] as const))(
    'has %s',
    async (_name, index, expected) => {
      expect(JSON.parse(await call(`f${index}`))).toEqual(expected);
    },
  );

  test('runs jobs and timers in order while an export is pending', async () => {
    expect(await call('timers')).toBe('first,a,b');
  });

  test('fails when a promise can never settle, and goes on', async () => {
    await expect(call('pending')).rejects.toThrow('its promise is pending, and there is no job and no timer');
    expect(await call('json', '{"name":"Ada"}')).toBe('{"hello":"Ada"}');
  });

  test('reports errors with the frames of the author', async () => {
    await expect(call('rejects')).rejects.toThrow(/TypeError: late\n\s+at rejects \(main\.js:\d+:\d+\)$/u);
    await expect(call('raise')).rejects.toThrow('Uncaught text');
    await expect(call('json', '{')).rejects.toThrow('TypeError: The input is not JSON');
  });

  test('calls host functions that are declared, and no others', async () => {
    expect(await call('host')).toBe('ABC');
    await expect(call('undeclared')).rejects.toThrow('Host function "down" is not declared');
  });

  test('starts anew after a trap, or after a host function that threw', async () => {
    for (let traps = 0; traps < 2; traps += 1) {
      await expect(call('interrupted')).rejects.toThrow('interrupted');
      expect(await call('json', '{"name":"Ada"}')).toBe('{"hello":"Ada"}');
    }
  });

  test('outputs bytes', async () => {
    expect(Array.from((await plugin.call('bytes'))?.bytes() ?? [])).toEqual([0, 255]);
  });

  test('has other random numbers in each instance', async () => {
    const other = await start();
    const numbers = [await call('random'), (await other.call('random'))?.text()];
    await other.close();
    expect(numbers[0]).not.toBe(numbers[1]);
  });
});

describe('compileJavaScript', () => {
  const linked = (source: string | JavaScriptFiles): ReturnType<typeof compileJavaScript> =>
    compileJavaScript(source, { form: 'linked' });

  test('is deterministic, and imports requests only for sources that name them', async () => {
    const [one, two] = await Promise.all([linked('export function f() {}'), linked('export function f() {}')]);
    expect(one).toEqual(two);
    const importsOf = async (source: string): Promise<string[]> =>
      WebAssembly.Module.imports(await WebAssembly.compile((await linked(source)).bytes)).map(({ name }) => name);
    expect(await importsOf('export function f() {}')).not.toContain('http_request');
    expect(await importsOf('export function f() { return fetch("https://example.com") }')).toContain('http_request');
  });

  test('finds functions in every form of export', async () => {
    const { exports, warnings } = await linked({
      'main.ts':
        "import { c } from './lib.js';\nexport * from './more';\nexport const a = (): void => {};\nexport async function b() {}\nexport { c, c as d };\nexport const five = 5;\nexport const g = wrap(a);\ndeclare const wrap: any;\nexport interface Shape {}",
      'lib.ts': 'export function c() {}',
      'more.js': 'export const e = plugin((x) => x);\nexport class F {}\nexport default function () {}',
    });
    expect(exports).toEqual(['a', 'b', 'c', 'd', 'g', 'e']);
    expect(warnings).toEqual([
      'main.ts:6: "five" is not a function, so the plug-in does not export it',
      'main.ts:7: "g" is exported as a function, which is checked only when it is called',
      'more.js:2:8: "F" is not a function, so the plug-in does not export it',
    ]);
    const common = await linked({
      'main.js':
        "const lib = require('./lib.js');\nmodule.exports = { a() {}, b: () => {}, 'c-d': function () {}, lib };",
      'lib.js': 'exports.x = 1;',
    });
    expect(common.exports).toEqual(['a', 'b', 'c-d', 'lib']);
  });

  test.each([
    ['export const {a} = x', 'main.js:1:14', 'An exported function needs a name of its own'],
    ['export const a = 5', 'main.js', 'The source exports no function'],
    ['module.exports = make()', 'main.js:1:18', 'Exports must be an object literal'],
    ['\nexports[x] = 1', 'main.js:2:1', 'The name of an export must be known'],
    ['module.exports = {...x}', 'main.js:1:19', 'Exports must be listed'],
    ['let a = ;', 'main.js:1:9', 'Unexpected token'],
    ['import x from "lodash"', 'main.js:1:1', 'Cannot import "lodash": expected a relative path'],
    ['import "./no.js"', 'main.js:1:1', 'Cannot import "./no.js": there is no file "no.js"'],
    ['', 'main.js', 'The source exports no function'],
    [`export function f() {} ${'['.repeat(100_000)}`, '', ''],
  ])('refuses %#', async (source, place, message) => {
    const error: unknown = await linked(source).catch((thrown: unknown) => thrown);
    if (!isPluginError(error, 'invalid-source')) throw error;
    expect(error.message.startsWith(place)).toBe(true);
    expect(error.message).toContain(message);
  });

  test('refuses what exceeds a limit', async () => {
    const exports = Array.from({ length: 1_001 }, (_, index) => `export function f${index}() {}`).join('\n');
    await expect(linked(exports)).rejects.toThrow('expected at most 1000');
    await expect(linked(`export function f() {}//${'x'.repeat(4_194_304)}`)).rejects.toThrow(
      'expected at most 4194304',
    );
    await expect(linked({ '../main.js': 'export function f() {}' })).rejects.toThrow('Expected the name of a file');
  });
});
