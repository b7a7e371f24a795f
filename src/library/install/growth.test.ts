import { describe, expect, test } from 'vitest';
import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError } from '../../contract/errors.js';
import { matchesHost } from '../../extism/host-pattern.js';
import { maxHosts } from '../../manifest/caps.js';
import { expectLinear } from '../../manifest/growth.test-kit.js';
import { parseHostPattern } from '../../manifest/host-pattern.js';
import { createHostMatcher } from '../../manifest/hosts.js';
import { jsonFault } from '../../manifest/json-limits.js';
import { parseManifest } from '../../manifest/parse.js';
import { checkHeaders, checkMethod, parseTarget, readRequest } from '../../page/http/http-request.js';
import { mostPageBytes } from '../../page/loading/manifest-value.js';
import { labelName as pageLabelName } from '../../page/loading/plan-parts.js';
import { readSettings } from '../settings.js';
import { labelName, slug } from './plugin-id.js';
import { readSignature } from './signature.js';
import { isNewer } from './versions.js';

/** Text that was quadratic, or that costs a naive expression the most. */
const texts: readonly (readonly [what: string, text: (size: number) => string])[] = [
  ['hyphens', (size) => `a${'-'.repeat(size)}a`],
  ['question marks before a line break', (size) => `${'?'.repeat(size)}\n`],
  ['dots', (size) => '.'.repeat(size)],
  ['digits', (size) => '1'.repeat(size)],
  ['stars', (size) => '*'.repeat(size)],
  ['commas in a brace', (size) => `{${','.repeat(size)}`],
  ['braces', (size) => '{a,b}'.repeat(size / 5)],
  ['slashes', (size) => './'.repeat(size / 2)],
  ['colons', (size) => ':'.repeat(size)],
  ['spaces', (size) => ' '.repeat(size)],
  ['letters outside ASCII', (size) => 'é.'.repeat(size / 2)],
  ['the start of a note of WebKit', (size) => " (evaluating '".repeat(size / 14)],
  ['quotes', (size) => '"'.repeat(size)],
  ['backslashes in a string', (size) => `"${'\\'.repeat(size)}`],
  ['escaped quotes', (size) => `"${'\\"'.repeat(size / 2)}`],
  ['objects', (size) => `[${'{},'.repeat(size / 3)}`],
  ['brackets', (size) => '['.repeat(size)],
];

const wasm = [{ url: 'a.wasm' }];
const inManifest = (make: (text: string) => object) => (text: string) => attempt(() => parseManifest(make(text)));

/** Every function that reads text of an author, a server or a plug-in; base64 is decoded by the engine. */
const parsers: readonly (readonly [name: string, parse: (text: string) => unknown])[] = [
  ['slug', slug],
  ['labelName', labelName],
  ['labelName of a page', pageLabelName],
  ['isNewer', (text) => [isNewer(text, '1.0.0'), isNewer(`1.0.0-${text}`, `1.0.0-${text}1`)]],
  ['readSignature', (text) => attempt(() => readSignature(text, 'x'))],
  [
    'readSettings',
    (text) => attempt(() => readSettings({ properties: { [text]: { title: text, description: text } } })),
  ],
  ['parseManifest of text', (text) => attempt(() => parseManifest(text))],
  ['parseManifest of names', inManifest((text) => ({ wasm, plugin: { id: text, name: text, description: text } }))],
  ['parseManifest of keys', inManifest((text) => ({ wasm, [text]: text, config: { [text]: text } }))],
  [
    'parseManifest of modules',
    inManifest((text) => ({ wasm: [{ url: text, name: text, hash: text, headers: { [text]: text } }] })),
  ],
  ['parseManifest of hosts', inManifest((text) => ({ wasm, allowedHosts: [text], allowedPaths: { [text]: text } }))],
  ['parseHostPattern', parseHostPattern],
  [
    'matching a host',
    (text) => createHostMatcher(['*.example.com'], null)({ protocol: 'https:', hostname: text, port: '' }),
  ],
  ['matchesHost of the drop-in', (text) => matchesHost(text, 'api.example.com')],
  ['readRequest', (text) => attempt(() => readRequest(text))],
  ['parseTarget', (text) => attempt(() => parseTarget(text))],
  ['checkMethod', (text) => attempt(() => checkMethod(text))],
  [
    'checkHeaders',
    (text) =>
      attempt(() =>
        checkHeaders([
          [text, text],
          ['x-http-method', text],
        ]),
      ),
  ],
  ['describeThrown', (text) => describeThrown(new Error(text))],
  ['jsonFault', (text) => jsonFault(text, { maxChars: Infinity, maxDepth: Infinity, maxValues: Infinity })],
];

function attempt(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    if (isPluginError(error)) return error;
    throw error;
  }
}

describe('no parser takes more than linear time', () => {
  test.each(parsers)('%s', { timeout: 120_000 }, (_name, parse) => {
    for (const [, text] of texts) expectLinear(text, parse);
  });

  test('parseManifest of many hosts, keys and modules', { timeout: 120_000 }, () => {
    const parse = (input: object): unknown => attempt(() => parseManifest(input));
    expectLinear(
      (size) => ({
        wasm,
        allowedHosts: Array.from({ length: Math.min(size / 300, maxHosts) }, () => `*${'é.'.repeat(140)}a`),
      }),
      parse,
    );
    expectLinear(
      (size) => ({ wasm, config: Object.fromEntries(Array.from({ length: size / 8 }, (_, at) => [`k${at}`, 'v'])) }),
      parse,
    );
    expectLinear((size) => ({ wasm: Array.from({ length: size / 8 }, () => ({ url: 'a' })) }), parse);
    expectLinear(
      (size) => Object.fromEntries(Array.from({ length: size / 8 }, (_, at) => [`alowedhosts${at}`, 1])),
      parse,
    );
  });
});

/** The bounds are those of a loaded machine, far below what each attack took. */
describe('the attacks that froze the page', () => {
  const within = (limitMs: number, act: () => unknown): void => {
    const start = performance.now();
    act();
    expect(performance.now() - start).toBeLessThan(limitMs);
  };

  test('a name of 100,000 hyphens (24 s on a busy machine)', () => {
    const name = `a${'-'.repeat(100_000)}a`;
    within(1_000, () => slug(name));
    const error = attempt(() => parseManifest({ wasm, plugin: { name } }));
    expect(error).toMatchObject({
      code: 'invalid-manifest',
      issues: [
        {
          path: 'plugin.name',
          message: 'expected at most 120 characters, found 100002',
          expected: 'at most 120 characters',
          actual: '100002',
        },
      ],
    });
  });

  test('a description of 30 MB (33 s on a busy machine)', () => {
    const text = JSON.stringify({ wasm, plugin: { description: 'x'.repeat(30_000_000) } });
    within(5_000, () => {
      expect(attempt(() => parseManifest(text))).toMatchObject({
        issues: [{ path: 'plugin.description', message: 'expected at most 2000 characters, found 30000000' }],
      });
    });
  });

  test('10,000 hosts (6.7 s on a busy machine)', () => {
    const allowedHosts = Array.from({ length: 10_000 }, () => `*${'é.'.repeat(140)}a`);
    within(1_000, () => {
      expect(attempt(() => parseManifest({ wasm, allowedHosts }))).toMatchObject({
        issues: [{ path: 'allowedHosts', message: 'expected 0 to 1000 items, found 10000' }],
      });
    });
  });

  test('16 MiB of small objects, in a manifest', () => {
    const text = `{"wasm":[${'{},'.repeat(5_592_405)}{}]}`;
    within(1_000, () => {
      expect(attempt(() => parseManifest(text))).toMatchObject({
        issues: [{ path: '', message: 'expected at most 20000 values, found at least 20001' }],
      });
    });
  });
});

/** The page parses small manifests itself, and the values that a worker read from larger ones. */
describe('what the page parses of a manifest takes less than 50 ms', () => {
  const busyMs = (act: () => unknown): number => {
    // Other threads of the process, which a busy machine delays, count too: the best of up to twenty tries is the parser's own.
    let best = Infinity;
    for (let tries = 0; tries < 20 && best >= 50; tries += 1) {
      const start = process.cpuUsage();
      act();
      best = Math.min(best, process.cpuUsage(start).user / 1_000);
    }
    return best;
  };

  test.each(texts)('text of 64 KiB: %s', (_what, text) => {
    expect(busyMs(() => attempt(() => parseManifest(text(mostPageBytes))))).toBeLessThan(50);
  });

  const keyed = (count: number, key: string, value: unknown): object =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${key}${at}`, value]));

  test.each<[string, object]>([
    ['unknown keys', keyed(20_000, 'alowedhosts', 1)],
    ['unknown keys of metadata', { wasm, plugin: keyed(20_000, 'descriptio', 1) }],
    ['extensions', { wasm, ...keyed(20_000, 'x-', 1) }],
    ['paths', { wasm, allowedPaths: keyed(20_000, 'a', '/b') }],
    ['settings', { wasm, plugin: { settings: { properties: keyed(10_000, 'a', {}) } } }],
    ['hosts', { wasm, allowedHosts: Array.from({ length: maxHosts }, () => `*${'é.'.repeat(140)}a`) }],
  ])('the value of a large text: %s', (_what, value) => {
    expect(busyMs(() => attempt(() => parseManifest(value)))).toBeLessThan(50);
  });
});
