/** What the specs of loading share: modules of one's own, a server that keeps them, and the cache's records. */
import type { Host, Plugin, PluginOptions, PluginSource } from 'tenon';
import { check, equal } from '../assert.js';
import type { SpecContext } from '../harness.js';

export const vowels = '/plugins/count_vowels.wasm';

/** The plug-in works: two vowels in "Hello". */
export async function countsVowels(plugin: Plugin): Promise<void> {
  const { count } = (await plugin.call('count_vowels', 'Hello')).json<{ count: number }>();
  equal(count, 2, 'vowels in "Hello"');
}

export async function bytesOf({ url }: SpecContext, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url(path));
  check(response.ok, `${path}: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

export function uniqueName(): string {
  return `n${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
}

/** The same module with a custom section that nothing else has, `extraBytes` long or a little more: another sha256. */
export async function ownModule(
  context: SpecContext,
  extraBytes: number = 32,
  path: string = vowels,
): Promise<Uint8Array<ArrayBuffer>> {
  const module = await bytesOf(context, path);
  const name = new TextEncoder().encode(uniqueName());
  const section = new Uint8Array(1 + name.length + extraBytes);
  section.set([name.length, ...name]);
  const size = [0x80, 0x80, 0x80, 0x80].map((more, index) => more | ((section.length >>> (7 * index)) & 0x7f));
  return joined(module, Uint8Array.of(0, ...size, section.length >>> 28), section);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A path of the test server with a configurable response, a count of its requests, and a switch that cuts it off. */
export class KeptPath {
  readonly url: string;
  readonly #context: SpecContext;
  readonly #name: string;

  private constructor(context: SpecContext, name: string) {
    this.#context = context;
    this.#name = name;
    this.url = context.url(`/kept/${name}`);
  }

  static async make(context: SpecContext, content: BodyInit): Promise<KeptPath> {
    const path = new KeptPath(context, uniqueName());
    await path.put(content);
    return path;
  }

  /** From now on this is what it answers. */
  async put(body: BodyInit): Promise<void> {
    await fetch(this.url, { method: 'PUT', body });
  }

  /** The server breaks each connection to it. */
  async cut(): Promise<void> {
    await fetch(this.#context.url(`/control/cut/${this.#name}`), { method: 'POST' });
  }

  async mend(): Promise<void> {
    await fetch(this.#context.url(`/control/mend/${this.#name}`), { method: 'POST' });
  }

  /** How often it was asked for, without what put it there. */
  async requests(puts: number = 1): Promise<number> {
    const response = await fetch(this.#context.url(`/counts?path=/kept/${this.#name}`));
    return ((await response.json()) as number) - puts;
  }
}

export interface Recorded {
  readonly method: string;
  readonly cookie: string | null;
  readonly key: string | null;
}

/** A module's URL whose requests the server records. */
export class RecordedModule {
  readonly url: string;
  readonly #context: SpecContext;
  readonly #name = uniqueName();

  constructor(context: SpecContext) {
    this.#context = context;
    this.url = context.url(`/recorded/${this.#name}${vowels}`);
  }

  async requests(): Promise<readonly Recorded[]> {
    return (await (await fetch(this.#context.url(`/recorded?name=${this.#name}`))).json()) as Recorded[];
  }
}

/** The same server under the name that is not the page's. */
export function elsewhere(url: string): string {
  const other = new URL(url);
  other.hostname = other.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
  return other.href;
}

/** Logs the user in: the server gets a cookie with each request that sends cookies. */
export function logIn({ defer }: SpecContext): string {
  const cookie = `tenon-session=${uniqueName()}`;
  document.cookie = `${cookie}; path=/`;
  defer(() => {
    document.cookie = `${cookie}; path=/; max-age=0`;
  });
  return cookie;
}

/** As the server says it, which has WebCrypto everywhere. It counts as no request for the path. */
export async function sha256Of({ url }: SpecContext, of: string): Promise<string> {
  const { pathname } = new URL(of);
  return (await fetch(url(`/sha256?path=${pathname}`))).text();
}

/** Creates a plug-in, sees that it works, and says where its module came from. */
export async function fromOf(
  host: Host,
  source: PluginSource,
  options: PluginOptions = {},
): Promise<{ from: string | undefined; sha256: string | null | undefined }> {
  const plugin = await host.createPlugin(source, options);
  await countsVowels(plugin);
  const [module] = (await plugin.inspect()).modules;
  return { from: module?.from, sha256: module?.sha256 };
}

export type CacheDatabase = 'tenon-bytes' | 'tenon-usage' | 'tenon-urls';

async function inStore<Result>(
  database: CacheDatabase,
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> {
  const db = await settled(opening(database));
  try {
    return await settled(ask(db.transaction('entries', mode).objectStore('entries')));
  } finally {
    db.close();
  }
}

function opening(database: CacheDatabase): IDBOpenDBRequest {
  const request = indexedDB.open(database);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore('entries'));
  return request;
}

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('no reason')));
  });
}

export function cacheKeys(database: CacheDatabase): Promise<IDBValidKey[]> {
  return inStore(database, 'readonly', (store) => store.getAllKeys());
}

export function cacheRecord(database: CacheDatabase, key: string): Promise<unknown> {
  return inStore(database, 'readonly', (store) => store.get(key) as IDBRequest<unknown>);
}

export async function writeCacheRecord(database: CacheDatabase, key: string, value: unknown): Promise<void> {
  await inStore(database, 'readwrite', (store) => store.put(value, key));
}

/** Waits until the cache holds `key`: it is written behind the load. */
export async function untilCached(database: CacheDatabase, key: string): Promise<void> {
  const until = performance.now() + 30_000;
  while ((await cacheRecord(database, key)) === undefined) {
    check(performance.now() < until, `${database} holds no ${key} after 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
