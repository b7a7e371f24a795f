import { URLSearchParams } from './url-search-params.js';

const defaultPorts: ReadonlyMap<string, string> = new Map([
  ['http:', '80'],
  ['https:', '443'],
  ['ws:', '80'],
  ['wss:', '443'],
  ['ftp:', '21'],
  ['file:', ''],
]);

interface Parts {
  protocol: string;
  username: string;
  password: string;
  /** Null for a URL without an authority, such as `data:`. */
  host: string | null;
  port: string;
  /** A list for a hierarchical path; text for an opaque one. */
  path: string[] | string;
  query: string | null;
  fragment: string | null;
}

/** A URL: https://url.spec.whatwg.org. Hosts with other characters than ASCII are refused, because the engine has no tables for them. */
export class URL {
  #parts: Parts;
  readonly #params: URLSearchParams;

  constructor(url: unknown, base?: unknown) {
    const from = base === undefined ? null : parse(String(base), null);
    this.#parts = parse(String(url), from);
    this.#params = URLSearchParams.of(this.#parts.query ?? '', () => {
      this.#parts.query = this.#params.toString() || null;
    });
  }

  static canParse(url: unknown, base?: unknown): boolean {
    return URL.parse(url, base) !== null;
  }

  static parse(url: unknown, base?: unknown): URL | null {
    try {
      return new URL(url, base);
    } catch {
      return null;
    }
  }

  get href(): string {
    return serialize(this.#parts);
  }

  set href(url: unknown) {
    this.#parts = parse(String(url), null);
    URLSearchParams.replace(this.#params, this.#parts.query ?? '');
  }

  get origin(): string {
    const { protocol, host } = this.#parts;
    const isTuple = host !== null && defaultPorts.has(protocol) && protocol !== 'file:';
    return isTuple ? `${protocol}//${this.host}` : 'null';
  }

  get protocol(): string {
    return this.#parts.protocol;
  }

  set protocol(value: unknown) {
    const protocol = `${String(value).replace(/:.*$/su, '').toLowerCase()}:`;
    const isKnown = defaultPorts.has(protocol);
    if (!/^[a-z][a-z\d+.-]*:$/u.test(protocol) || isKnown !== defaultPorts.has(this.#parts.protocol)) return;
    this.#parts.protocol = protocol;
    if (this.#parts.port === defaultPorts.get(protocol)) this.#parts.port = '';
  }

  get username(): string {
    return this.#parts.username;
  }

  set username(value: unknown) {
    if (this.#parts.host !== null && this.#parts.host !== '') this.#parts.username = escape(String(value), userinfoSet);
  }

  get password(): string {
    return this.#parts.password;
  }

  set password(value: unknown) {
    if (this.#parts.host !== null && this.#parts.host !== '') this.#parts.password = escape(String(value), userinfoSet);
  }

  get host(): string {
    const { host, port } = this.#parts;
    return host === null ? '' : port === '' ? host : `${host}:${port}`;
  }

  set host(value: unknown) {
    this.#setHost(String(value), true);
  }

  get hostname(): string {
    return this.#parts.host ?? '';
  }

  set hostname(value: unknown) {
    this.#setHost(String(value), false);
  }

  get port(): string {
    return this.#parts.port;
  }

  set port(value: unknown) {
    const digits = /^\d*/u.exec(String(value))?.[0] ?? '';
    if (digits !== '' || String(value) === '') this.#parts.port = portOf(digits, this.#parts.protocol);
  }

  get pathname(): string {
    return pathText(this.#parts);
  }

  set pathname(value: unknown) {
    if (typeof this.#parts.path === 'string') return;
    this.#parts.path = pathOf(String(value), [], defaultPorts.has(this.#parts.protocol));
  }

  get search(): string {
    return this.#parts.query === null || this.#parts.query === '' ? '' : `?${this.#parts.query}`;
  }

  set search(value: unknown) {
    const text = String(value).replace(/^\?/u, '');
    this.#parts.query = text === '' ? null : escape(text, querySet);
    URLSearchParams.replace(this.#params, this.#parts.query ?? '');
  }

  get searchParams(): URLSearchParams {
    return this.#params;
  }

  get hash(): string {
    return this.#parts.fragment === null || this.#parts.fragment === '' ? '' : `#${this.#parts.fragment}`;
  }

  set hash(value: unknown) {
    const text = String(value).replace(/^#/u, '');
    this.#parts.fragment = text === '' ? null : escape(text, fragmentSet);
  }

  toString(): string {
    return this.href;
  }

  toJSON(): string {
    return this.href;
  }

  #setHost(value: string, withPort: boolean): void {
    if (this.#parts.host === null || typeof this.#parts.path === 'string') return;
    const [, host = '', port] = /^(\[[^\]]*\]|[^:/?#\\]*)(?::(\d*))?/u.exec(value) ?? [];
    if (host === '') return;
    this.#parts.host = hostOf(host, defaultPorts.has(this.#parts.protocol));
    if (withPort && port !== undefined && port !== '') this.#parts.port = portOf(port, this.#parts.protocol);
  }
}

const fragmentSet = /[\u0000-\u0020"<>`\u007f-\u{10ffff}]/u;
const querySet = /[\u0000-\u0020"#<>'\u007f-\u{10ffff}]/u;
const pathSet = /[\u0000-\u0020"#<>?^`{}\u007f-\u{10ffff}]/u;
const userinfoSet = /[\u0000-\u0020"#<>?^`{}/:;=@[\]|\u007f-\u{10ffff}]/u;
const controlSet = /[\u0000-\u001f\u007f-\u{10ffff}]/u;

function escape(text: string, set: RegExp): string {
  const all = new RegExp(set.source, 'gu');
  return text
    .toWellFormed()
    .replace(all, (character) =>
      character > '\u007f' || /[\w]/u.test(character)
        ? encodeURIComponent(character)
        : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}

function invalid(url: string): TypeError {
  return new TypeError(`Invalid URL: ${url}`);
}

/** @throws TypeError */
function parse(source: string, base: Parts | null): Parts {
  const url = source.replace(/^[\u0000-\u0020]+|[\u0000-\u0020]+$/gu, '').replace(/[\t\n\r]/gu, '');
  const [, scheme = '', fragment] = /^([^#]*)(?:#(.*))?$/su.exec(url) ?? [];
  const rest = scheme;
  const parts: Parts = {
    protocol: '',
    username: '',
    password: '',
    host: null,
    port: '',
    path: [],
    query: null,
    fragment: fragment === undefined ? null : escape(fragment, fragmentSet),
  };
  const found = /^([a-z][a-z\d+.-]*):/iu.exec(rest);
  if (found !== null) {
    parts.protocol = (found[1] ?? '').toLowerCase() + ':';
    const isSpecial = defaultPorts.has(parts.protocol);
    const after = rest.slice(found[0].length);
    if (isSpecial && base?.protocol === parts.protocol && !/^[/\\]/u.test(after)) return relative(after, parts, base);
    return absolute(after, parts, isSpecial, url);
  }
  if (base === null) throw invalid(source);
  if (typeof base.path === 'string' && rest !== '') throw invalid(source);
  parts.protocol = base.protocol;
  return relative(rest, parts, base);
}

function splitQuery(text: string, parts: Parts): string {
  const at = text.indexOf('?');
  if (at < 0) return text;
  parts.query = escape(text.slice(at + 1), querySet);
  return text.slice(0, at);
}

function absolute(text: string, parts: Parts, isSpecial: boolean, url: string): Parts {
  let rest = splitQuery(text, parts);
  if (isSpecial) rest = rest.replaceAll('\\', '/');
  const isFile = parts.protocol === 'file:';
  if (isSpecial && !isFile) rest = `//${rest.replace(/^\/+/u, '')}`;
  if (isFile && !rest.startsWith('//')) rest = `//${rest.startsWith('/') ? '' : '/'}${rest}`;
  if (rest.startsWith('//')) return withAuthority(rest.slice(2), parts, isSpecial, url);
  if (rest.startsWith('/')) parts.path = pathOf(rest, [], isSpecial);
  else parts.path = escape(rest, controlSet);
  return parts;
}

function withAuthority(text: string, parts: Parts, isSpecial: boolean, url: string): Parts {
  const at = text.indexOf('/');
  const authority = at < 0 ? text : text.slice(0, at);
  const end = authority.lastIndexOf('@');
  if (end >= 0) {
    const userinfo = authority.slice(0, end);
    const colon = userinfo.indexOf(':');
    parts.username = escape(colon < 0 ? userinfo : userinfo.slice(0, colon), userinfoSet);
    parts.password = colon < 0 ? '' : escape(userinfo.slice(colon + 1), userinfoSet);
  }
  const found = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/u.exec(authority.slice(end + 1));
  if (found === null) throw invalid(url);
  const [, host = '', port = ''] = found;
  const mayBeEmpty = !isSpecial || parts.protocol === 'file:';
  if (host === '' && (!mayBeEmpty || end >= 0 || port !== '')) throw invalid(url);
  parts.host = host === '' ? '' : hostOf(host, isSpecial);
  if (parts.protocol === 'file:' && parts.host === 'localhost') parts.host = '';
  parts.port = portOf(port, parts.protocol);
  parts.path = pathOf(at < 0 ? '' : text.slice(at), [], isSpecial);
  return parts;
}

function relative(text: string, parts: Parts, base: Parts): Parts {
  const isSpecial = defaultPorts.has(parts.protocol);
  const path = splitQuery(text, parts);
  const plain = isSpecial ? path.replaceAll('\\', '/') : path;
  if (plain.startsWith('//')) return withAuthority(plain.slice(2), parts, isSpecial, text);
  const { username, password, host, port } = base;
  Object.assign(parts, { username, password, host, port });
  if (plain === '') {
    parts.path = Array.isArray(base.path) ? [...base.path] : base.path;
    parts.query ??= base.query;
    return parts;
  }
  const start = plain.startsWith('/') || !Array.isArray(base.path) ? [] : base.path.slice(0, -1);
  parts.path = pathOf(plain, start, isSpecial);
  return parts;
}

/** Returns the segments of a path, with dots resolved. */
function pathOf(text: string, start: readonly string[], isSpecial: boolean): string[] {
  const plain = isSpecial ? text.replaceAll('\\', '/') : text;
  if (plain === '') return start.length === 0 && isSpecial ? [''] : [...start];
  const path = [...start];
  const segments = plain.replace(/^\//u, '').split('/');
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    const dots = segment.toLowerCase().replaceAll('%2e', '.');
    if (dots === '..') path.pop();
    if (dots === '.' || dots === '..') {
      if (isLast) path.push('');
    } else path.push(escape(segment, pathSet));
  });
  return path;
}

function portOf(digits: string, protocol: string): string {
  if (digits === '') return '';
  const port = Number(digits);
  if (port > 65_535) throw new TypeError(`Invalid URL: the port ${digits}`);
  return String(port) === defaultPorts.get(protocol) ? '' : String(port);
}

/** @throws TypeError */
function hostOf(text: string, isSpecial: boolean): string {
  if (text.startsWith('[')) return `[${ipv6(text.slice(1, -1))}]`;
  if (!isSpecial) {
    if (/[\0\t\n\r #/:<>?@[\\\]^|]/u.test(text)) throw new TypeError(`Invalid URL: the host ${text}`);
    return escape(text, controlSet);
  }
  let host = text;
  try {
    host = decodeURIComponent(text);
  } catch {
    throw new TypeError(`Invalid URL: the host ${text}`);
  }
  if (/[^\u0021-\u007e]|["#%/:<>?@[\\\]^`{|}]/u.test(host)) throw new TypeError(`Invalid URL: the host ${text}`);
  host = host.toLowerCase();
  const last = host.replace(/\.$/u, '').split('.').at(-1) ?? '';
  return /^(?:\d+|0x[\da-f]*)$/u.test(last) ? ipv4(host) : host;
}

function ipv4(host: string): string {
  const parts = host.replace(/\.$/u, '').split('.');
  const numbers = parts.map((part) => {
    if (/^0x[\da-f]*$/u.test(part)) return Number.parseInt(part.slice(2) || '0', 16);
    if (/^0[0-7]+$/u.test(part)) return Number.parseInt(part, 8);
    return /^\d+$/u.test(part) ? Number(part) : Number.NaN;
  });
  const last = numbers.pop() ?? Number.NaN;
  const isValid = parts.length <= 4 && numbers.every((number) => number < 256) && last < 256 ** (4 - numbers.length);
  if (!isValid || parts.some((part) => /^0\d*[89]/u.test(part))) throw new TypeError(`Invalid URL: the host ${host}`);
  const address = numbers.reduce((sum, number, index) => sum + number * 256 ** (3 - index), last);
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

function ipv6(text: string): string {
  const fail = (): never => {
    throw new TypeError(`Invalid URL: the host [${text}]`);
  };
  const plain = text.replace(/(?<=:)(\d{1,3}(?:\.\d{1,3}){3})$/u, (quad) => {
    const bytes = quad.split('.').map(Number);
    if (bytes.some((byte) => byte > 255)) fail();
    const [a = 0, b = 0, c = 0, d = 0] = bytes;
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const halves = plain.split('::');
  if (halves.length > 2) fail();
  const pieces = halves.map((half) => (half === '' ? [] : half.split(':')));
  const count = pieces.reduce((sum, { length }) => sum + length, 0);
  if (halves.length === 1 ? count !== 8 : count > 7) fail();
  const zeros = new Array<string>(8 - count).fill('0');
  const all = [...(pieces[0] ?? []), ...zeros, ...(pieces[1] ?? [])];
  if (all.some((piece) => !/^[\da-f]{1,4}$/iu.test(piece))) fail();
  const numbers = all.map((piece) => Number.parseInt(piece, 16));
  return compressed(numbers);
}

/** Replaces the longest run of two or more zeros by `::`. */
function compressed(numbers: readonly number[]): string {
  let [start, length] = [-1, 1];
  for (let from = 0; from < 8; from += 1) {
    let to = from;
    while (to < 8 && numbers[to] === 0) to += 1;
    if (to - from > length) [start, length] = [from, to - from];
  }
  const words = numbers.map((number) => number.toString(16));
  if (start < 0) return words.join(':');
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`;
}

function pathText({ path, host }: Parts): string {
  if (typeof path === 'string') return path;
  const text = path.length === 0 ? '' : `/${path.join('/')}`;
  return host === null && text.startsWith('//') ? `/.${text}` : text;
}

function serialize(parts: Parts): string {
  const { protocol, username, password, host, port, query, fragment } = parts;
  const user = username === '' && password === '' ? '' : `${username}${password === '' ? '' : `:${password}`}@`;
  const authority = host === null ? '' : `//${user}${host}${port === '' ? '' : `:${port}`}`;
  const search = query === null ? '' : `?${query}`;
  return `${protocol}${authority}${pathText(parts)}${search}${fragment === null ? '' : `#${fragment}`}`;
}
