/** What the specs of the library share: libraries of one spec's own, manifests, and what is left in databases. */

import {
  type ConsentAnswer,
  type ConsentRequest,
  createLibrary,
  type Library,
  type LibraryOptions,
} from 'tenon/library';
import { sharedHost } from '../fixtures.js';
import type { SpecContext } from '../harness.js';
import { bytesOf, uniqueName } from '../loading/load-kit.js';

/** Says yes to everything, for ever. */
export function allowAll(request: ConsentRequest): ConsentAnswer {
  return { allowed: true, rights: Object.fromEntries(request.rights.map(({ key }) => [key, 'always'])) };
}

export interface OpenedLibrary {
  readonly library: Library;
  readonly name: string;
  /** What the user was asked. */
  readonly asked: ConsentRequest[];
}

/** A library that is closed, and its databases deleted, when the spec ends. */
export function openLibrary(
  context: SpecContext,
  options: Partial<LibraryOptions> = {},
  name: string = uniqueName(),
): OpenedLibrary {
  if (!context.secure) context.skip('plug-ins are kept on secure pages only: others have no WebCrypto and no locks');
  const asked: ConsentRequest[] = [];
  const { consent = allowAll } = options;
  const library = createLibrary({
    host: sharedHost(context),
    ...options,
    name,
    consent: (request) => {
      asked.push(request);
      return consent(request);
    },
  });
  context.defer(async () => {
    await library.close();
    for (const what of ['records', 'files', 'vars']) indexedDB.deleteDatabase(`tenon-library-${name}-${what}`);
  });
  return { library, name, asked };
}

/** All keys of one of a library's databases. */
export async function keptKeys(name: string, what: 'records' | 'files' | 'vars'): Promise<string[]> {
  const database = await opened(`tenon-library-${name}-${what}`);
  try {
    const keys = database.transaction('entries').objectStore('entries').getAllKeys();
    return (await settled(keys)).map(String);
  } finally {
    database.close();
  }
}

/** Writes something into a library's database behind its back. */
export async function overwrite(
  name: string,
  what: 'records' | 'files',
  key: string,
  change: (old: unknown) => unknown,
): Promise<void> {
  const database = await opened(`tenon-library-${name}-${what}`);
  try {
    const store = database.transaction('entries', 'readwrite').objectStore('entries');
    await settled(store.put(change(await settled(store.get(key) as IDBRequest<unknown>)), key));
  } finally {
    database.close();
  }
}

function opened(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore('entries'));
  return settled(request);
}

function settled<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the request failed')));
  });
}

export function fileOf(content: BlobPart, name: string): File {
  return new File([content], name);
}

/** A manifest with a module inside it, and whatever else it says. */
export async function pluginManifest(
  context: SpecContext,
  path: string,
  plugin: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<File> {
  const data = await base64Of(context, path);
  return fileOf(JSON.stringify({ wasm: [{ data }], plugin, ...more }), 'plugin.json');
}

/** The vowel counter as a plug-in of any name. */
export function vowelManifest(
  context: SpecContext,
  plugin: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<File> {
  return pluginManifest(context, '/plugins/count_vowels.wasm', plugin, more);
}

/** The vowel counter, or another module, with a module beside it that makes HTTP requests, so that rights to hosts are of use. */
export async function networkManifest(
  context: SpecContext,
  plugin: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
  path = '/plugins/count_vowels.wasm',
): Promise<File> {
  const wasm = [
    { name: 'http', data: await base64Of(context, '/fixtures/http_request.wasm') },
    { name: 'main', data: await base64Of(context, path) },
  ];
  return fileOf(JSON.stringify({ wasm, plugin, ...more }), 'plugin.json');
}

async function base64Of(context: SpecContext, path: string): Promise<string> {
  const bytes = await bytesOf(context, path);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** A grey PNG of this size. */
export async function pngOf(width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const rows = new Blob([new Uint8Array(height * (1 + width))]).stream().pipeThrough(new CompressionStream('deflate'));
  const data = new Uint8Array(await new Response(rows).arrayBuffer());
  const big = (value: number): Uint8Array => numbers(4, value).toReversed();
  const chunk = (type: string, content: Uint8Array): Uint8Array => {
    const body = join(new TextEncoder().encode(type), content);
    return join(big(content.length), body, big(checksum(body)));
  };
  const header = join(big(width), big(height), Uint8Array.of(8, 0, 0, 0, 0));
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return join(signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', new Uint8Array(0)));
}

/** A stored (not compressed) zip file. Names are taken as they are, however bad. */
export function zipOf(
  entries: readonly (readonly [name: string, content: Uint8Array | string])[],
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of entries) {
    const path = new TextEncoder().encode(name);
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const common = zipHeader(bytes, path.length);
    const local = join(Uint8Array.of(0x50, 0x4b, 3, 4), common, path, bytes);
    directory.push(join(Uint8Array.of(0x50, 0x4b, 1, 2, 20, 0), common, new Uint8Array(10), numbers(4, at), path));
    parts.push(local);
    at += local.length;
  }
  const central = join(...directory);
  const count = numbers(2, entries.length);
  const end = join(
    Uint8Array.of(0x50, 0x4b, 5, 6, 0, 0, 0, 0),
    count,
    count,
    numbers(4, central.length),
    numbers(4, at),
    numbers(2, 0),
  );
  return join(...parts, central, end);
}

/** Version, flags, method, time, date, checksum, sizes, length of the name, length of what is extra. */
function zipHeader(bytes: Uint8Array, nameLength: number): Uint8Array {
  const sizes = [numbers(4, checksum(bytes)), numbers(4, bytes.length), numbers(4, bytes.length)];
  return join(
    numbers(2, 20),
    numbers(2, 0x0800),
    numbers(2, 0),
    numbers(4, 0),
    ...sizes,
    numbers(2, nameLength),
    numbers(2, 0),
  );
}

function checksum(bytes: Uint8Array): number {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

function numbers(size: number, value: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_none, index) => Math.floor(value / 256 ** index) & 0xff);
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
