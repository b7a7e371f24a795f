/** The network cases: what plug-ins request, and how it must end. Data only; the callers decide how a request is made. */

/** See servers.mjs. */
export interface Addresses {
  readonly listed: string;
  readonly other: string;
  readonly alias: string;
  readonly six: string;
  readonly port: number;
  readonly port2: number;
}

export interface NetworkCase {
  readonly name: string;
  /** The argument of http_request. */
  readonly request: string;
  readonly body?: string;
  /** @default the listed server's host and port */
  readonly hosts: readonly string[];
  readonly followRedirects: boolean;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly expected: Expected;
  /** The requests that may reach servers other than the listed one. */
  readonly mayReach: readonly string[];
  /** The number of requests that reach the listed server, without preflights; null for any number. */
  readonly arrives: number | null;
  /** Why the case is skipped in WebKit. */
  readonly notInWebKit: string | null;
}

export type Expected =
  | {
      readonly status: number;
      readonly bytes?: number;
      readonly has?: readonly string[];
      readonly lacks?: readonly string[];
    }
  | { readonly code: string | readonly string[]; readonly has?: readonly string[] };

type Options = Partial<Omit<NetworkCase, 'name' | 'request'>>;

const mebibyte = 1_048_576;
const notAllowed: Expected = { code: 'host-not-allowed' };
const failed: Expected = { code: 'http-failed' };
const trapped: Expected = { code: 'guest-trap' };
const hello: Expected = { status: 200, has: ['hello from the listed server'] };

/** @param own the origin of the page that runs them */
export function networkCases(addresses: Addresses, own: string): NetworkCase[] {
  const cases: NetworkCase[] = [];
  const add = (name: string, request: unknown, expected: Expected, options: Options = {}): void => {
    if (cases.some((known) => known.name === name)) throw new Error(`Network case "${name}": expected a unique name`);
    cases.push({
      name,
      request: typeof request === 'string' ? request : JSON.stringify(request),
      hosts: [addresses.listed],
      followRedirects: false,
      maxBytes: mebibyte,
      timeoutMs: 10_000,
      expected,
      mayReach: [],
      arrives: 'status' in expected ? 1 : 0,
      notInWebKit: null,
      ...options,
    });
  };
  const parts = { add, addresses, own };
  urlTricks(parts);
  wildcards(parts);
  hostPatterns(parts);
  redirects(parts);
  headerTricks(parts);
  methods(parts);
  malformed(parts);
  bodies(parts);
  return cases;
}

interface Parts {
  readonly add: (name: string, request: unknown, expected: Expected, options?: Options) => void;
  readonly addresses: Addresses;
  readonly own: string;
}

function urlTricks({ add, addresses, own }: Parts): void {
  const { listed, other, alias, six, port, port2 } = addresses;
  const refusedUrls: readonly string[] = [
    `http://${other}/text`,
    `http://${alias}/text`,
    `http://${six}/text`,
    `http://localhost:${port}/text`,
    `http://localhost.:${port}/text`,
    `http://LOCALHOST:${port}/text`,
    `http://a.localhost:${port}/text`,
    `http://127.0.0.2:${port2}/text`,
    `http://127.0.0.1:${port2}/text?${listed}`,
    `http://127.0.0.1:${port2}#@${listed}/text`,
    `http://${other}\\@${listed}/text`,
    `http://${other}/@${listed}/text`,
    `http://${other}?@${listed}/text`,
    `http://127.1:${port2}/text`,
    `http://127.2:${port}/text`,
    `http://2130706434:${port}/text`,
    `http://0x7f.2:${port}/text`,
    `http://0x7f000002:${port}/text`,
    `http://0177.0.0.2:${port}/text`,
    `http://017700000002:${port}/text`,
    `http://127.0.2:${port}/text`,
    `http://127.0x0.0.02:${port}/text`,
    `http://0:${port}/text`,
    `http://0.0.0.0:${port}/text`,
    `http://[::]:${port}/text`,
    `http://[0:0:0:0:0:0:0:1]:${port}/text`,
    `http://[::ffff:127.0.0.1]:${port}/text`,
    `http://[::ffff:7f00:1]:${port}/text`,
    `http://[::127.0.0.1]:${port}/text`,
    `http://[64:ff9b::127.0.0.1]:${port}/text`,
    `http://[2002:7f00:1::]:${port}/text`,
    `http://%31%32%37.0.0.2:${port}/text`,
    `http://１２７.0.0.2:${port}/text`,
    `http://①②⑦.0.0.2:${port}/text`,
    `http://127。0。0。2:${port}/text`,
    `http://ｌｏｃａｌｈｏｓｔ:${port}/text`,
    `http://loc%61lhost:${port}/text`,
    `http://lo\u00adcalhost:${port}/text`,
    `http://${listed.replace('127.0.0.1', '127.0.0.1.localhost')}/text`,
    `http://127.0.0.1/text`,
    `http://127.0.0.1:80/text`,
    `http://127.0.0.1:0/text`,
    `https://127.0.0.1:${port2}/text`,
    `\thttp://${other}/text`,
    `ht\ntp://${other}/text`,
    `http:/\t/${other}/text`,
    `http:\\\\${other}\\text`,
    `http:${other}/text`,
    `http:///${other}/text`,
    `http://///${other}/text`,
    `http://xn--lcalhost-7ya:${port}/text`,
    `http://bücher.localhost:${port}/text`,
    `${own}/text`,
    `${own}/plugins/index.json`,
  ];
  for (const url of refusedUrls) add(`refused: ${JSON.stringify(url)}`, { url }, notAllowed);

  for (const user of ['user', 'user:', ':secret', 'user:secret', listed, `${listed}%20`, 'us%40er', '%00']) {
    add(
      `refused, user name ${JSON.stringify(user)} before an unlisted host`,
      { url: `http://${user}@${other}/text` },
      notAllowed,
    );
    add(
      `refused, user name ${JSON.stringify(user)} before the listed host`,
      { url: `http://${user}@${listed}/text` },
      {
        code: 'host-not-allowed',
        has: ['user name or password', 'Authorization'],
      },
    );
  }

  const otherSchemes: readonly string[] = [
    'data:text/plain,hello',
    `data://${listed}/text`,
    `blob:http://${listed}/3b241101-e2bb-4255-8caf-4136c566a962`,
    'file:///etc/passwd',
    `file://127.0.0.1/etc/passwd`,
    `ws://${listed}/text`,
    `wss://${listed}/text`,
    `ftp://${listed}/text`,
    `javascript:fetch("http://${other}/text")`,
    `filesystem:http://${listed}/temporary/a`,
    `about:blank`,
    `chrome://version`,
    `moz-extension://${listed}/`,
    `view-source:http://${listed}/text`,
    `http+unix://${listed}/text`,
    `httpx://${listed}/text`,
    `intent://${listed}/text`,
    `mailto:a@${listed}`,
  ];
  for (const url of otherSchemes) add(`refused scheme: ${url}`, { url }, { code: 'host-not-allowed', has: ['scheme'] });

  const sameHost: readonly string[] = [
    `http://${listed}/text`,
    `HTTP://${listed}/text`,
    `http:\\\\${listed}\\text`,
    `http:/${listed}/text`,
    `http:${listed}/text`,
    `http:////${listed}/text`,
    `  http://${listed}/text  `,
    `ht\ttp://127.0.\n0.1:${port}/te\rxt`,
    `http://@${listed}/text`,
    `http://:@${listed}/text`,
    `http://127.1:${port}/text`,
    `http://127.0.1:${port}/text`,
    `http://2130706433:${port}/text`,
    `http://0x7f.1:${port}/text`,
    `http://0X7F000001:${port}/text`,
    `http://0177.0.0.01:${port}/text`,
    `http://127.0.0.1.:${port}/text`,
    `http://１２７.0.0.1:${port}/text`,
    `http://%31%32%37.0.0.1:${port}/text`,
    `http://127.0.0.1:0${port}/text`,
    `http://${listed}/../../text`,
    `http://${listed}/a/%2e%2e/text`,
    `http://${listed}/./text#fragment@${other}`,
    `http://${listed}/text?to=http://${other}/text`,
    `http://${listed}//../text?@${other}`,
  ];
  for (const url of sameHost) add(`the listed host in another spelling: ${JSON.stringify(url)}`, { url }, hello);
}

/** `*` never covers the user's machine or local network. */
function wildcards({ add, addresses, own }: Parts): void {
  const { listed, other, alias, six, port } = addresses;
  const urls = [
    `http://${listed}/text`,
    `http://${alias}/text`,
    `http://${six}/text`,
    `http://localhost:${port}/text`,
    `${own}/text`,
  ];
  const patterns = ['*', 'http://*', `*:${port}`, '*.*', '*1', '1*', '*host', '**'];
  for (const pattern of patterns) {
    for (const url of urls) {
      add(`${pattern} does not cover ${url.replace(own, 'the page itself')}`, { url }, notAllowed, {
        hosts: [pattern],
      });
    }
  }
  const inside = [
    'http://10.0.0.1/',
    'http://192.168.0.1/',
    'http://172.16.0.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://100.64.0.1/',
    'http://printer.local/',
    'http://router/',
    'http://metadata.google.internal/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://nas.lan/',
    'http://nas.home/',
    'http://wiki.corp/',
    'http://wiki.CORP./',
    'http://wiki.intranet/',
    'http://vault.internal:8200/',
    'http://db.default.svc/',
    'http://a.private/',
    'http://shop.test/',
    `http://${new URL(own).hostname}:9/`,
    `https://${new URL(own).host}/`,
    'http://0.0.0.0/',
  ];
  for (const url of inside)
    add(`* does not cover ${url}`, { url }, { code: 'host-not-allowed', has: ['name it exactly'] }, { hosts: ['*'] });
  add('a wildcard beside the exact name does not widen it', { url: `http://${other}/text` }, notAllowed, {
    hosts: ['*', listed],
  });
  add('an exact name beside a wildcard counts', { url: `http://${listed}/text` }, hello, { hosts: ['*', listed] });
}

function hostPatterns({ add, addresses, own }: Parts): void {
  const { listed, other, alias, six, port, port2 } = addresses;
  add(
    'no hosts at all: nothing is reached',
    { url: `http://${listed}/text` },
    { code: 'host-not-allowed', has: ['allowedHosts is empty'] },
    { hosts: [] },
  );
  add(
    'the message names the host, what is allowed, and the way out',
    { url: `http://${other}/text` },
    { code: 'host-not-allowed', has: [`"${other}"`, 'allowedHosts', listed, 'add'] },
  );
  add('a pattern without a port covers every port of its host', { url: `http://${listed}/text` }, hello, {
    hosts: ['127.0.0.1'],
  });
  add('a pattern without a port covers no other host', { url: `http://${alias}/text` }, notAllowed, {
    hosts: ['127.0.0.1'],
  });
  add('a pattern with port * covers every port of its host', { url: `http://${listed}/text` }, hello, {
    hosts: ['127.0.0.1:*'],
  });
  add('a pattern with a scheme covers it', { url: `http://${listed}/text` }, hello, { hosts: [`http://${listed}`] });
  add('a pattern with a scheme covers no other', { url: `http://${listed}/text` }, notAllowed, {
    hosts: [`https://${listed}`],
  });
  add('a pattern with another port does not count', { url: `http://${listed}/text` }, notAllowed, {
    hosts: [`127.0.0.1:${port2}`],
  });
  add('a pattern in another spelling is the same host', { url: `http://${listed}/text` }, hello, {
    hosts: [`0x7f.1:${port}`],
  });
  add(
    'a pattern of an IPv6 address covers it in every spelling',
    { url: `http://[0::0:1]:${port}/text` },
    { status: 200 },
    { hosts: [six], mayReach: [six], arrives: null },
  );
  add(
    'the page itself, named exactly, is reached',
    { url: `${own}/no-such-path-for-plug-ins` },
    { status: 404 },
    { hosts: [new URL(own).host], mayReach: [new URL(own).host], arrives: null },
  );
}

function redirects({ add, addresses, own }: Parts): void {
  const { listed, other, alias, six } = addresses;
  const to = (url: string, code = 302): string => `http://${listed}/redirect/${code}?to=${encodeURIComponent(url)}`;
  const afterOne: Options = { arrives: 1 };
  const targets: readonly (readonly [what: string, url: string])[] = [
    ['an unlisted port', `http://${other}/text`],
    ['an unlisted host', `http://${alias}/text`],
    ['an IPv6 address', `http://${six}/text`],
    ['the page itself', `${own}/text`],
    ['the same server', `http://${listed}/text`],
    ['a path', '/text'],
    ['a data: URL', 'data:text/plain,hello'],
    ['a file: URL', 'file:///etc/passwd'],
    ['a host without a scheme', `//${other}/text`],
    ['a URL with a user name', `http://user:secret@${other}/text`],
  ];
  for (const [what, url] of targets) add(`a redirect to ${what} is not followed`, { url: to(url) }, failed, afterOne);
  for (const code of [301, 303, 307, 308]) {
    add(
      `a redirect with status ${code} is not followed`,
      { url: to(`http://${other}/text`, code) },
      { code: 'http-failed', has: ['followRedirects'] },
      afterOne,
    );
    add(
      `a POST that is redirected with status ${code} is not followed`,
      { url: to(`http://${other}/echo`, code), method: 'POST' },
      failed,
      { ...afterOne, body: 'secret' },
    );
  }
  add(
    'a chain of redirects is not followed',
    { url: `http://${listed}/hops/5?to=${encodeURIComponent(`http://${other}/text`)}` },
    failed,
    afterOne,
  );
  add('a redirect to itself is not followed', { url: to('/redirect/302?to=/redirect/302') }, failed, afterOne);

  const follow: Options = { followRedirects: true };
  add('followRedirects: a redirect to the same server is followed', { url: to('/text') }, hello, {
    ...follow,
    arrives: 2,
  });
  add('followRedirects: a chain on the same server is followed', { url: `http://${listed}/hops/5?to=/text` }, hello, {
    ...follow,
    arrives: 7,
  });
  add('followRedirects: a redirect to another listed server is followed', { url: to(`http://${other}/text`) }, hello, {
    ...follow,
    hosts: [listed, other],
    mayReach: [other],
    arrives: 1,
  });
  // With this option the listed server chooses which servers the browser contacts. The guest cannot see it.
  for (const [what, url] of [
    ['an unlisted port', `http://${other}/text`],
    ['an unlisted host', `http://${alias}/text`],
  ] as const) {
    add(
      `followRedirects: nothing of an answer from ${what} reaches the guest`,
      { url: to(url) },
      { code: 'host-not-allowed', has: ['redirected'] },
      {
        ...follow,
        mayReach: [other, alias],
        arrives: 1,
      },
    );
  }
  add(
    'followRedirects: a chain that ends elsewhere is refused',
    { url: `http://${listed}/hops/3?to=${encodeURIComponent(`http://${other}/text`)}` },
    notAllowed,
    { ...follow, mayReach: [other], arrives: 4 },
  );
  add('followRedirects: a redirect to data: is refused', { url: to('data:text/plain,hello') }, failed, {
    ...follow,
    arrives: 1,
  });
  add('followRedirects: a redirect without end fails', { url: `http://${listed}/hops/50?to=/text` }, failed, {
    ...follow,
    arrives: null,
  });
}

function headerTricks({ add, addresses }: Parts): void {
  const { listed, other } = addresses;
  const url = `http://${listed}/echo`;
  const refusedHeaders: readonly (readonly [name: string, value: string])[] = [
    ['x-a', 'a\r\nx-injected: 1'],
    ['x-a', 'a\nx-injected: 1'],
    ['x-a', 'a\rb'],
    ['x-a', '\r\n'],
    ['x-a', 'a\0b'],
    ['x-a', 'a\u007f'],
    ['x-a', 'snow ☃'],
    ['x-a', 'a\u2028b'],
    ['x-a\r\nx-injected', '1'],
    ['x-a: 1\r\nx-injected', '1'],
    ['x a', '1'],
    ['x-a:', '1'],
    ['', '1'],
    ['x-ä', '1'],
    ['x(a)', '1'],
    ['Cookie', 'session=stolen'],
    ['cookie2', 'a'],
    ['Set-Cookie', 'a=1'],
    ['Host', other],
    ['HOST', listed],
    ['Origin', 'https://bank.example'],
    ['Referer', 'https://bank.example/'],
    ['Proxy-Authorization', 'Basic a'],
    ['Proxy-Connection', 'close'],
    ['Sec-Fetch-Site', 'same-origin'],
    ['Sec-WebSocket-Key', 'a'],
    ['Access-Control-Request-Method', 'PUT'],
    ['Access-Control-Request-Headers', 'a'],
    ['X-HTTP-Method-Override', 'TRACE'],
    ['x-http-method', 'get, connect'],
    ['X-Method-Override', 'track'],
  ];
  for (const [name, value] of refusedHeaders) {
    const shown = JSON.stringify({ [name]: value });
    add(`refused header: ${shown}`, { url, headers: { [name]: value } }, failed);
  }
  const leftOut = [
    'Accept-Charset',
    'Accept-Encoding',
    'Connection',
    'Content-Length',
    'Date',
    'DNT',
    'Expect',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Via',
  ];
  for (const name of leftOut) {
    add(
      `the header ${name} is left out`,
      { url, headers: { [name]: 'planted-value' } },
      { status: 200, lacks: ['planted-value'] },
    );
  }
  add(
    'ordinary headers are sent',
    { url, headers: { 'X-One': 'one', authorization: 'Bearer t', accept: 'text/x' } },
    { status: 200, has: ['"x-one":"one"', 'Bearer t', 'text/x'] },
  );
  add('`header` is read as `headers`', { url, header: { 'X-One': 'one' } }, { status: 200, has: ['"x-one":"one"'] });
  add(
    // WebKitGTK sends é as UTF-8, which servers read as two characters.
    'tabs and letters of Latin-1 are sent',
    { url, headers: { 'X-One': 'a\té' } },
    { status: 200, has: ['"x-one":"a\\t'] },
  );
  add('names like __proto__ are names', `{"url":"${url}","headers":{"__proto__":"one","constructor":"two"}}`, {
    status: 200,
    has: ['"constructor":"two"', '__proto__'],
  });
  add('256 headers are sent', { url, headers: manyHeaders(256) }, { status: 200, has: ['"x-255"'] });
  add('257 headers are refused', { url, headers: manyHeaders(257) }, { code: 'http-failed', has: ['256'] });
  add('no cookie and no referrer is sent', { url }, { status: 200, lacks: ['"cookie"', '"referer"', 'network-test'] });
  add(
    'a cookie that the server sets is not kept, nor shown',
    { url: `http://${listed}/headers` },
    { status: 200, lacks: ['planted'] },
  );
}

function manyHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '1']));
}

function methods({ add, addresses: { listed } }: Parts): void {
  const url = `http://${listed}/echo`;
  for (const method of ['CONNECT', 'TRACE', 'TRACK', 'trace', 'Connect'])
    add(`refused method: ${method}`, { url, method }, failed);
  for (const method of ['', ' ', 'GET ', 'G ET', 'GET\r\nX: 1', 'GÉT', 'GET/', '"GET"']) {
    add(`no method: ${JSON.stringify(method)}`, { url, method }, failed);
  }
  for (const method of ['GET', 'get', 'Post', 'PUT', 'patch', 'DELETE', 'delete', 'QUERY', 'propfind']) {
    add(
      `the method ${method} is sent in upper case`,
      { url, method },
      { status: 200, has: [`"method":"${method.toUpperCase()}"`] },
    );
  }
  add('the default method is GET', { url }, { status: 200, has: ['"method":"GET"'] });
  add('the method null is GET', { url, method: null }, { status: 200, has: ['"method":"GET"'] });
  add('HEAD has no body', { url: `http://${listed}/size/5000000`, method: 'HEAD' }, { status: 200, bytes: 0 });
  add(
    'a body of POST is sent',
    { url, method: 'POST' },
    { status: 200, has: ['"body":"the body"'] },
    { body: 'the body' },
  );
  add('a body of GET is left out', { url }, { status: 200, has: ['"body":""'] }, { body: 'the body' });
  for (const status of [201, 204, 304, 400, 401, 403, 404, 418, 429, 500, 503]) {
    add(`status ${status} is an answer, not an error`, { url: `http://${listed}/status/${status}` }, { status });
  }
}

function malformed({ add, addresses: { listed } }: Parts): void {
  const url = `http://${listed}/text`;
  const texts: readonly (readonly [what: string, text: string])[] = [
    ['nothing', ''],
    ['no JSON', '{'],
    ['a URL alone', url],
    ['a number', '7'],
    ['null', 'null'],
    ['a list', JSON.stringify([url])],
    ['a string', JSON.stringify(url)],
    ['no url', '{}'],
    ['a url that is a number', '{"url":1}'],
    ['a url that is null', '{"url":null}'],
    ['a url that is an object', JSON.stringify({ url: { href: url } })],
    ['an empty url', '{"url":""}'],
    ['a relative url', '{"url":"/text"}'],
    ['a url without a scheme', JSON.stringify({ url: listed })],
    ['a url without a host', '{"url":"http://"}'],
    ['a port out of range', '{"url":"http://127.0.0.1:65536/"}'],
    ['an address out of range', '{"url":"http://256.0.0.1/"}'],
    ['an IPv6 address that is none', '{"url":"http://[::g]/"}'],
    ['a name that ends like an address', JSON.stringify({ url: `http://x${listed}/text` })],
    ['a % in the host', '{"url":"http://127.0.0.1%/"}'],
    ['a method that is a number', JSON.stringify({ url, method: 1 })],
    ['headers that are a list', JSON.stringify({ url, headers: [['a', 'b']] })],
    ['headers that are text', JSON.stringify({ url, headers: 'a: b' })],
    ['a header that is a number', JSON.stringify({ url, headers: { a: 1 } })],
    ['a header that is null', JSON.stringify({ url, headers: { a: null } })],
    ['100,000 brackets', '['.repeat(100_000)],
    ['more than a million characters', JSON.stringify({ url, x: 'x'.repeat(1_048_576) })],
  ];
  for (const [what, text] of texts) add(`malformed: ${what}`, text, trapped);
  // Chromium changes it to %20.
  add('malformed: a space in the host', '{"url":"http://127.0.0.1 /"}', { code: ['guest-trap', 'host-not-allowed'] });
  add('unknown fields are ignored', { url, body: 'x', redirect: 'follow', credentials: 'include' }, hello);
}

function bodies({ add, addresses: { listed } }: Parts): void {
  const at = (path: string): { readonly url: string } => ({ url: `http://${listed}/${path}` });
  const tooLarge: Expected = { code: 'http-too-large', has: ['maxHttpResponseBytes'] };
  const once: Options = { arrives: 1 };
  const limit: Options = { maxBytes: 100_000, ...once };
  for (const way of ['size', 'chunked', 'gzip']) {
    for (const bytes of [0, 1, 99_999, 100_000])
      add(`${bytes} of 100,000 bytes (${way})`, at(`${way}/${bytes}`), { status: 200, bytes }, limit);
    for (const bytes of [100_001, 10_000_000])
      add(`${bytes} bytes where 100,000 are allowed (${way})`, at(`${way}/${bytes}`), tooLarge, limit);
  }
  add('a body without end', at('endless'), tooLarge, once);
  add('a compressed body without end', at('gzip-endless'), tooLarge, once);
  add('a bomb: 1 GB in 1 MB', at('gzip/1000000000'), tooLarge, once);
  add('a limit of 0 bytes', at('text'), tooLarge, { maxBytes: 0, ...once });
  add('a limit of 0 bytes, and no body', at('status/204'), { status: 204, bytes: 0 }, { maxBytes: 0 });
  const timeout: Expected = { code: 'timeout' };
  // On a busy machine the time limit may pass before the request arrives.
  const soon: Options = { timeoutMs: 500, arrives: null };
  add('a server that never answers', at('hang'), timeout, soon);
  add('an answer that stops half way', at('half'), timeout, soon);
  add('an answer that drips', at('drip/50'), timeout, soon);
  add('a body without end, and a large limit, takes no longer than the call may', at('endless'), timeout, {
    ...soon,
    maxBytes: 1e12,
  });
  // Browsers retry a request on a reused connection.
  add('a connection that breaks before the answer', at('reset'), failed, { arrives: null });
  add('an answer shorter than announced', at('length/100/50'), failed, {
    ...once,
    notInWebKit: 'WebKitGTK (2.50) takes an answer that was cut short for a whole one',
  });
  add('an answer longer than announced', at('length/10/50'), { status: 200, bytes: 10 });
  add('an announced length over the limit is refused before it is read', at('length/200000/10'), tooLarge, limit);
  add('a port where nobody listens', { url: 'http://127.0.0.1:9/' }, failed, { hosts: ['127.0.0.1:9'] });
  add('a port that browsers never use', { url: 'http://127.0.0.1:25/' }, failed, { hosts: ['127.0.0.1:25'] });
}
