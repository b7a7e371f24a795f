import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { isPluginError } from '../contract/errors.js';
import { parseHostPattern } from './host-pattern.js';
import { createHostMatcher } from './hosts.js';
import type { HostTarget } from './hosts.js';
import { runCount } from '../contract/test-runs.js';

const own = new URL('https://app.example.com/');
const allows = (patterns: readonly string[], url: string): boolean =>
  createHostMatcher(patterns, own)(new URL(url)).allowed;

function reason(patterns: readonly string[], target: HostTarget): string {
  const verdict = createHostMatcher(patterns, own)(target);
  return verdict.allowed ? 'allowed' : verdict.reason;
}

describe('a pattern covers', () => {
  test.each([
    ['api.example.com', 'https://api.example.com/v1'],
    ['API.Example.COM', 'http://api.example.com'],
    ['api.example.com.', 'https://api.example.com'],
    ['api.example.com', 'https://api.example.com./'],
    ['api.example.com', 'https://API.EXAMPLE.com:8443'],
    ['*', 'https://anything.example.org'],
    ['*', 'https://[2606:4700::1111]'],
    ['*', 'https://8.8.8.8'],
    ['*.example.com', 'https://a.example.com'],
    ['*.example.com', 'https://a.b.example.com'],
    ['api.*.com', 'https://api.example.com'],
    ['api.*.com', 'https://api.a.b.com'],
    ['api*.example.com', 'https://api.example.com'],
    ['https://api.example.com', 'https://api.example.com:8443'],
    ['api.example.com:443', 'https://api.example.com'],
    ['api.example.com:80', 'http://api.example.com'],
    ['HTTPS://*.example.com:8443', 'https://a.example.com:8443'],
    ['api.example.com:*', 'https://api.example.com:99'],
    ['bücher.example', 'https://bücher.example'],
    ['BÜCHER.example', 'https://xn--bcher-kva.example'],
    ['*.bücher.example', 'https://a.xn--bcher-kva.example'],
    ['localhost', 'http://localhost:8080'],
    ['localhost', 'http://localhost.:8080'],
    ['127.0.0.1', 'http://127.1'],
    ['127.1', 'http://0x7f000001'],
    ['[::1]', 'http://[0:0:0:0:0:0:0:1]:99'],
    ['[::1]:99', 'http://[::1]:99'],
    ['printer.local', 'http://printer.local'],
    ['intranet', 'http://intranet/'],
    ['app.example.com', 'https://app.example.com/'],
    ['app.example.com:8443', 'https://app.example.com:8443/'],
    ['http://app.example.com', 'http://app.example.com/'],
    ['nas.corp', 'http://nas.corp/'],
    ['db.default.svc', 'http://db.default.svc:5432/'],
  ])('%s: %s', (pattern, url) => expect(allows([pattern], url)).toBe(true));
});

describe('a pattern does not cover', () => {
  test.each([
    ['example.com', 'https://api.example.com'],
    ['api.example.com', 'https://api.example.com.evil.test'],
    ['api.example.com', 'https://xapi.example.com'],
    ['*.example.com', 'https://example.com'],
    ['*.example.com', 'https://evilexample.com'],
    ['*.example.com', 'https://a.example.com.evil.org'],
    ['api.*.com', 'https://api.com'],
    ['https://api.example.com', 'http://api.example.com'],
    ['api.example.com:443', 'https://api.example.com:8443'],
    ['api.example.com', 'data:text/plain,api.example.com'],
    ['*', 'file:///etc/passwd'],
    ['*', 'ftp://example.com'],
    ['*', 'ws://example.com'],
    ['*', 'blob:https://example.com/1'],
    ['*', 'https://app.example.com/'],
    ['*.example.com', 'https://app.example.com:443/'],
    ['https://*:443', 'https://app.example.com./'],
    ['*', 'https://app.example.com:8443/'],
    ['*', 'http://app.example.com/'],
    ['*', 'http://APP.example.com.:3000/'],
    ['*.example.com:8443', 'https://app.example.com:8443/'],
    ['app.*', 'http://app.example.com/'],
    ['*.corp', 'http://nas.corp'],
    ['*.svc', 'http://db.default.svc'],
    ['10.*', 'http://10.0.0.1'],
    ['*.local', 'http://printer.local'],
    ['*.localhost', 'http://a.localhost'],
    ['l*', 'http://localhost'],
  ])('%s: %s', (pattern, url) => expect(allows([pattern], url)).toBe(false));
});

test.each([
  'localhost',
  'localhost.',
  'LOCALHOST',
  'a.localhost',
  'a.localhost.',
  'printer.local',
  'intranet',
  'intranet.',
  'metadata.google.internal',
  'nas.lan',
  'router.home.arpa',
  'nas.home',
  'NAS.Corp.',
  'mail.corp',
  'fritz.box',
  'nas.fritz.box',
  'a.intranet',
  'a.private',
  'db.default.svc',
  'db.default.svc.cluster.local',
  'mx.mail',
  'shop.test',
  'a.invalid',
  'a.onion',
  'a.alt',
  'a.localdomain',
  '1.0.0.10.in-addr.arpa',
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '127.1',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '192.0.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '127.0.0.1.',
  '１２７.0.0.1',
  '[::]',
  '[::1]',
  '[::127.0.0.1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:8.8.8.8]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::1]',
  '[2002:7f00:1::]',
  '[2001::1]',
  '[2001:db8::1]',
  '[fe80::1]',
  '[febf::1]',
  '[fec0::1]',
  '[fc00::1]',
  '[fdff::1]',
  '[ff02::1]',
  '[100::1]',
])('no * covers http://%s, which must be named exactly', (host) => {
  const url = `http://${host}/`;
  expect(allows(['*'], url)).toBe(false);
  expect(allows(['http://*', '*:80', '*.*', '*1*', '1*', '*localhost', '*.local'], url)).toBe(false);
  expect(allows([host], url)).toBe(true);
});

test.each([
  '100.63.255.255',
  '100.128.0.0',
  '11.0.0.1',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '223.255.255.255',
  '1.0.0.0',
  '[2001:200::1]',
  '[2001:4860::8888]',
  '[3fff::1]',
  'localhost.example.com',
  'notlocal.org',
  'a.mylocalhost.com',
  'home.example.com',
  'corp.com',
  'internal.org',
  'svc.net',
  'a.example',
  'xapp.example.com',
  'app.example.com.org',
])('* covers http://%s, just outside', (host) => expect(allows(['*'], `http://${host}/`)).toBe(true));

test('a target that no URL parser made is refused, not guessed at', () => {
  const target = (hostname: string): HostTarget => ({ protocol: 'https:', hostname, port: '' });
  for (const hostname of [
    '',
    '.',
    'a..b',
    'a b',
    'a/b',
    'user@a.com',
    'a.com:80',
    '::1',
    '[::ffff:127.0.0.1]',
    '*.example.com',
    'a%2eb',
    'bücher.example',
  ]) {
    expect(reason(['*'], target(hostname)), hostname).toContain('not a canonical host name');
  }
  expect(reason(['*'], target('0x7f.1'))).toContain('not a canonical address');
  expect(reason(['*'], target('1.2.3.256'))).toContain('not a canonical address');
  expect(reason(['*'], target('010.0.0.1'))).toContain('not a canonical address');
});

test('a refusal says why', () => {
  const at = (url: string): URL => new URL(url);
  expect(reason([], at('https://a.com'))).toBe('allowedHosts is empty');
  expect(reason(['b.com'], at('https://a.com:8443'))).toBe('no entry of allowedHosts covers "a.com:8443"');
  expect(reason(['*'], at('http://192.168.0.1'))).toBe(
    '"192.168.0.1" is a private address, which "*" does not cover: name it exactly in allowedHosts',
  );
  expect(reason(['*'], at('https://app.example.com'))).toContain("is the page's own host");
  expect(reason(['*'], at('file:///a'))).toBe('its scheme is "file:", not http or https');
});

test.each([
  [
    ['*.example.com'],
    ['api.example.com'],
    ['https://api.example.com'],
    ['https://b.example.com', 'https://example.com'],
  ],
  [['api.example.com'], ['*.example.com'], ['https://api.example.com'], ['https://b.example.com']],
  [
    ['a*.example.com'],
    ['*b.example.com'],
    ['https://ab.example.com'],
    ['https://a.example.com', 'https://b.example.com'],
  ],
  [['https://a.com'], ['a.com:8443'], ['https://a.com:8443'], ['https://a.com', 'http://a.com:8443']],
  [['*'], ['*'], ['https://a.com'], ['http://localhost', 'http://nas.home', 'https://app.example.com']],
  [['localhost:80'], ['*'], ['http://localhost'], ['http://localhost:81', 'http://nas.home']],
  [['*'], ['localhost', 'nas.home', '10.0.0.1'], [], ['http://localhost', 'http://nas.home', 'http://10.0.0.1']],
  [['a.com'], ['b.com'], [], ['https://a.com', 'https://b.com']],
  [['a.com'], [], [], ['https://a.com']],
  [[], ['*'], [], ['https://a.com']],
])('granted %j and requested %j: both lists must cover a URL', (granted, requested, covered, closed) => {
  const matches = createHostMatcher(granted, own, { requestedHosts: requested });
  const isAllowed = (url: string): boolean => matches(new URL(url)).allowed;
  expect(covered.filter((url) => !isAllowed(url))).toEqual([]);
  expect(closed.filter(isAllowed)).toEqual([]);
});

test('a refusal says whether the options or the manifest lack the host', () => {
  const refusal = (granted: readonly string[], requested: readonly string[]): unknown =>
    createHostMatcher(granted, own, { requestedHosts: requested })(new URL('https://a.com'));
  expect(refusal(['*'], ['b.com'])).toMatchObject({ reason: 'the manifest does not ask for "a.com" in allowed_hosts' });
  expect(refusal(['b.com'], ['*'])).toMatchObject({ reason: 'no entry of allowedHosts covers "a.com"' });
  expect(refusal([], ['*'])).toMatchObject({
    reason: expect.stringContaining('a manifest from elsewhere grants nothing'),
  });
});

test('a later entry may name what an earlier * does not cover', () => {
  expect(createHostMatcher(['*', 'localhost'], own)(new URL('http://localhost'))).toEqual({
    allowed: true,
    pattern: 'localhost',
  });
});

test.each([
  '',
  ' ',
  'a b',
  'a/b',
  'https://a.com/',
  'a.com/path',
  'user@a.com',
  'a..b',
  '.a',
  '*.',
  'a.com:0',
  'a.com:65536',
  'a.com:x',
  'a.com:',
  'ftp://a.com',
  '://a.com',
  '::1',
  'fe80::1',
  '[::1',
  '[*]',
  '[::g]',
  'a%2eb.com',
  'b*ü.com',
  'a?.com',
  'a.com#x',
  '[1.2.3.4]',
  'a\\b',
  'a\tb',
  'xn--a.com',
  '1.2.3.256',
  'a'.repeat(301),
  'a[b].com',
])('the pattern %j is refused with a sentence', (text) => {
  expect(typeof parseHostPattern(text)).toBe('string');
});

test('a matcher made from a bad pattern throws a typed error', () => {
  let error: unknown;
  try {
    createHostMatcher(['a b'], null);
  } catch (thrown) {
    error = thrown;
  }
  expect(isPluginError(error, 'invalid-argument')).toBe(true);
});

/** The same rules, written without an eye on cost: expressions, and Node's own list of ranges. */
function naive(patterns: readonly string[], url: URL): boolean {
  if (!['http:', 'https:'].includes(url.protocol)) return false;
  const host = url.hostname.replace(/\.$/, '');
  const port = url.port || { 'http:': '80', 'https:': '443' }[url.protocol];
  return patterns.some((pattern) => {
    const match = /^(?:(?<scheme>https?):\/\/)?(?<name>\[.*\]|[^:]*)(?::(?<port>.*))?$/i.exec(pattern)?.groups;
    const name = (match?.['name'] ?? '').toLowerCase();
    if (match?.['scheme'] && `${match['scheme'].toLowerCase()}:` !== url.protocol) return false;
    if (match?.['port'] && match['port'] !== '*' && match['port'] !== port) return false;
    if (!name.includes('*')) return new URL(`http://${name}`).hostname.replace(/\.$/, '') === host;
    const expression = name
      .replace(/\.$/, '')
      .replace(/[.[\]]/g, '\\$&')
      .replaceAll('*', '.*');
    if (!new RegExp(`^${expression}$`).test(host)) return false;
    return host !== own.hostname && isPublic(host);
  });
}

const barred4 = new BlockList();
for (const subnet of [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 192.0.0.0/24',
  '192.0.2.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
]
  .join(' ')
  .split(' ')) {
  barred4.addSubnet(subnet.split('/')[0] ?? '', Number(subnet.split('/')[1]), 'ipv4');
}
const barred6 = new BlockList();
for (const subnet of '::/3 4000::/2 8000::/1 2001::/23 2001:db8::/32 2002::/16'.split(' ')) {
  barred6.addSubnet(subnet.split('/')[0] ?? '', Number(subnet.split('/')[1]), 'ipv6');
}

function isPublic(host: string): boolean {
  if (host.startsWith('[')) return !barred6.check(host.slice(1, -1), 'ipv6');
  if (/^\d+(\.\d+){3}$/.test(host)) return !barred4.check(host, 'ipv4');
  const labels = host.split('.');
  const local =
    'localhost local localdomain internal intranet private corp home lan svc mail test invalid onion alt arpa';
  return labels.length > 1 && !local.split(' ').includes(labels.at(-1) ?? '');
}

const label = fc.constantFrom(
  'a',
  'b',
  'api',
  'app',
  'example',
  'com',
  'local',
  'localhost',
  'xn--bcher-kva',
  'lan',
  'home',
  'arpa',
  'internal',
  'corp',
  'svc',
  'org',
  'net',
  'io',
  'dev',
  'app',
  'com',
);
const nameArbitrary = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const octet = fc.oneof(fc.constantFrom(0, 10, 100, 127, 169, 172, 192, 198, 224), fc.nat(255));
const ipv4Arbitrary = fc
  .tuple(octet, fc.oneof(fc.constantFrom(64, 168, 254, 16, 31, 32, 18), fc.nat(255)), fc.nat(255), fc.nat(255))
  .map((bytes) => bytes.join('.'));
const group = fc.oneof(
  fc.constantFrom(0, 1, 0x2001, 0x2002, 0xdb8, 0xfe80, 0xfc00, 0xff02, 0x64, 0xff9b, 0xffff, 0x1ff, 0x200),
  fc.nat(0xffff),
);
const ipv6Arbitrary = fc
  .array(group, { minLength: 8, maxLength: 8 })
  .map((groups) => `[${groups.map((part) => part.toString(16)).join(':')}]`);
const hostArbitrary = fc.oneof(
  { weight: 4, arbitrary: nameArbitrary },
  ipv4Arbitrary,
  ipv6Arbitrary,
  fc.constant('app.example.com'),
);
const dot = fc.constantFrom('', '', '', '.');
const portArbitrary = fc.constantFrom('', '', ':80', ':443', ':8443');
const urlArbitrary = fc
  .tuple(fc.constantFrom('http', 'https', 'HTTPS', 'ws', 'ftp'), hostArbitrary, dot, portArbitrary)
  .map(([scheme, host, end, port]) => `${scheme}://${host}${host.startsWith('[') ? '' : end}${port}/`);
const globArbitrary = fc
  .tuple(
    hostArbitrary.filter((host) => !host.startsWith('[')),
    fc.array(fc.tuple(fc.nat(30), fc.nat(6)), { minLength: 1, maxLength: 3 }),
  )
  .map(([host, cuts]) => cuts.reduce((text, [at, length]) => `${text.slice(0, at)}*${text.slice(at + length)}`, host));
const patternArbitrary = fc
  .tuple(
    fc.constantFrom('', '', '', 'http://', 'https://', 'HTTPS://'),
    fc.oneof(hostArbitrary, globArbitrary, fc.constant('*')),
    fc.constantFrom('', '', '', ':80', ':443', ':8443', ':*'),
  )
  .map((parts) => parts.join(''))
  .filter((text) => typeof parseHostPattern(text) === 'object');

const seed = Date.now() % 2 ** 31;

it(`agrees with a naive matcher on random pairs (seed ${seed})`, () => {
  let allowed = 0;
  fc.assert(
    fc.property(fc.array(patternArbitrary, { maxLength: 3 }), urlArbitrary, (patterns, text) => {
      const url = new URL(text);
      const verdict = createHostMatcher(patterns, own)(url);
      if (verdict.allowed) allowed += 1;
      expect(verdict.allowed).toBe(naive(patterns, url));
    }),
    { numRuns: runCount(100_000), seed },
  );
  expect(allowed).toBeGreaterThan(runCount(100_000) / 20); // else the pairs would prove little
}, 300_000);

it(`spells a pattern the same when read again (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.oneof(patternArbitrary, fc.string({ unit: 'binary' })), (text) => {
      const pattern = parseHostPattern(text);
      if (typeof pattern === 'object') expect(parseHostPattern(pattern.text)).toEqual(pattern);
    }),
    { numRuns: runCount(20_000), seed },
  );
}, 300_000);
