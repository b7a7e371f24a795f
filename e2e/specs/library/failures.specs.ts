import { createLibrary } from 'tenon/library';
import { contains, equal, failsWith } from '../assert.js';
import { openHost } from '../fixtures.js';
import { spec } from '../harness.js';
import { allowAll, fileOf, keptKeys, openLibrary, overwrite, vowelManifest, zipOf } from './library-kit.js';
import { bytesOf, uniqueName, vowels } from '../loading/load-kit.js';

spec('library: bundles that escape, repeat themselves, or are none are refused', async (context) => {
  const { library, name } = openLibrary(context);
  const wasm = await bytesOf(context, vowels);
  for (const path of [
    '../evil.wasm',
    '/etc/evil.wasm',
    'a/../../evil.wasm',
    'c:\\evil.wasm',
    'a\\b.wasm',
    './a.wasm',
    'a//b.wasm',
  ]) {
    await failsWith(library.install(fileOf(zipOf([[path, wasm]]), 'evil.zip')), 'bundle-path');
  }
  const twice = zipOf([
    ['a.wasm', wasm],
    ['a.wasm', wasm],
  ]);
  await failsWith(library.install(fileOf(twice, 'twice.zip')), 'bundle-path');
  await failsWith(library.install(fileOf(zipOf([['readme.txt', 'no plug-in']]), 'empty.zip')), 'bundle-format');
  await failsWith(library.install(fileOf(zipOf([['a.wasm', wasm]]).subarray(0, 5_000), 'cut.zip')), 'bundle-format');
  const missing = zipOf([['manifest.json', '{"wasm":[{"url":"gone.wasm"}]}']]);
  contains((await failsWith(library.install(fileOf(missing, 'missing.zip')), 'bundle-format')).message, 'gone.wasm');
  equal([await library.list(), await keptKeys(name, 'files')], [[], []]);
});

spec('library: a bundle that unpacks to too much is stopped while it does', async (context) => {
  const { library } = openLibrary(context, { maxBytes: 1_000_000 });
  // 20 MB of zeros, deflated by the browser itself to about 20 KB.
  const zeros = new Blob(Array.from({ length: 20 }, () => new Uint8Array(1_000_000)));
  const deflated = new Uint8Array(
    await new Response(zeros.stream().pipeThrough(new CompressionStream('deflate-raw'))).arrayBuffer(),
  );
  const bomb = zipOf([['bomb.wasm', deflated]]);
  bomb[8] = 8; // method: deflate
  const started = performance.now();
  await failsWith(library.install(fileOf(bomb, 'bomb.zip')), 'bundle-limit');
  equal(performance.now() - started < 10_000, true, 'within ten seconds');
  const many = zipOf(Array.from({ length: 129 }, (_none, index) => [`${index}.txt`, 'x'] as const));
  await failsWith(library.install(fileOf(many, 'many.zip')), 'bundle-limit');
});

spec('library: sources that are not a plug-in, too large or missing are refused with a reason', async (context) => {
  const { library } = openLibrary(context, { maxBytes: 100_000 });
  await failsWith(library.install(fileOf('hello', 'hello.txt')), 'not-a-plugin');
  await failsWith(library.install(fileOf(new Uint8Array(100_001), 'large.wasm')), 'module-size');
  await failsWith(library.install(context.url('/status/404')), 'http-status');
  await failsWith(library.install('http://'), 'invalid-argument');
  await failsWith(library.install(fileOf('{"wasm":[]}', 'manifest.json')), 'invalid-manifest');
  await failsWith(
    library.install(fileOf(Uint8Array.of(0, 0x61, 0x73, 0x6d, 9, 9, 9, 9), 'bad.wasm')),
    'invalid-module',
  );
  const module = (await WebAssembly.compile(await bytesOf(context, vowels))) as unknown as Blob;
  contains((await failsWith(library.install(module), 'invalid-argument')).fix ?? '', 'WebAssembly.Module');
});

spec('library: the modules of a plug-in together are at most as large as one may be', async (context) => {
  const { length } = await bytesOf(context, vowels);
  const url = context.url(vowels);
  const data = btoa('x'.repeat(length));
  const { library } = openLibrary(context, { installHosts: [location.host], maxBytes: Math.ceil(length * 1.9) });
  for (const first of [{ url }, { data }]) {
    const manifest = {
      wasm: [
        { ...first, name: 'first' },
        { url, name: 'main' },
      ],
    };
    await failsWith(library.install(fileOf(JSON.stringify(manifest), 'manifest.json')), 'module-size');
  }
  await library.install(fileOf(JSON.stringify({ wasm: [{ url }] }), 'manifest.json'));
});

spec('library: a module that does not match the hash in its manifest is refused', async (context) => {
  const { library } = openLibrary(context, { installHosts: [location.host] });
  const manifest = { wasm: [{ url: context.url(vowels), hash: '0'.repeat(64) }] };
  await failsWith(library.install(fileOf(JSON.stringify(manifest), 'manifest.json')), 'hash-mismatch');
});

spec('library: a damaged record is reported, does not affect others, and can be removed', async (context) => {
  const first = openLibrary(context);
  await first.library.install(await vowelManifest(context, { id: 'good' }));
  await first.library.install(await vowelManifest(context, { id: 'bad' }));
  await overwrite(first.name, 'records', 'bad', () => ({ schema: 2, id: 'bad' }));
  await overwrite(first.name, 'records', 'newer', () => ({ schema: 4, id: 'newer' }));
  const { library } = openLibrary(context, {}, first.name);
  equal(
    (await library.list()).map(({ id }) => id),
    ['good'],
  );
  equal(
    (await library.damaged()).map(({ id, error }) => [id, error.code]),
    [
      ['bad', 'record-corrupt'],
      ['newer', 'record-newer'],
    ],
  );
  await failsWith(library.open('bad'), 'record-corrupt');
  await failsWith(library.open('newer'), 'record-newer');
  await library.remove('bad');
  equal(
    (await library.damaged()).map(({ id }) => id),
    ['newer'],
  );
  await (await library.open('good')).call('count_vowels', 'fine');
});

spec('library: a kept file that changed does not run', async (context) => {
  const { library, name } = openLibrary(context);
  await library.install(context.url(vowels));
  const [file = ''] = await keptKeys(name, 'files');
  await overwrite(name, 'files', file, (old) =>
    (old as Uint8Array).map((byte, index) => (index === 100 ? byte ^ 1 : byte)),
  );
  const open = await library.open('count_vowels');
  await failsWith(open.call('count_vowels', 'x'), 'record-corrupt');
  await overwrite(name, 'files', file, () => 'gone');
  await failsWith(open.call('count_vowels', 'x'), 'record-corrupt');
});

spec('library: records in the previous format are read', async (context) => {
  const first = openLibrary(context);
  await first.library.install(await vowelManifest(context, { id: 'v' }, { allowedHosts: ['a.example.com'] }));
  await overwrite(first.name, 'records', 'v', (old) => {
    const { publisher: _publisher, ...rest } = old as Record<string, unknown>;
    return { ...rest, schema: 1, grants: [['host:a.example.com', 'deny']] };
  });
  const { library } = openLibrary(context, {}, first.name);
  equal(
    (await library.get('v'))?.rights.map(({ decision }) => decision),
    ['deny'],
  );
  await library.decide('v', 'host:a.example.com', 'always');
  equal(
    (await library.get('v'))?.rights.map(({ decision }) => decision),
    ['always'],
  );
});

spec('library: a database that is held up by an upgrade says so instead of hanging', async (context) => {
  const { library, name } = openLibrary(context, { storageTimeoutMs: 2_000 });
  // A connection that does not make way, and a deletion that waits for it: every opening waits behind both.
  const holder = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(`tenon-library-${name}-records`);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore('entries'));
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('no database')));
  });
  indexedDB.deleteDatabase(`tenon-library-${name}-records`);
  await failsWith(library.list(), 'storage-blocked');
  holder.close();
  equal(await library.list(), [], 'and goes on once it is free');
});

spec('library: a database with another layout fails with a reason', async (context) => {
  const { library, name } = openLibrary(context);
  const database = `tenon-library-${name}-records`;
  // Somebody else's, of the same name: it has no store for records.
  await new Promise((resolve, reject) => {
    const request = indexedDB.open(database, 1);
    request.addEventListener('success', () => {
      request.result.close();
      resolve(null);
    });
    request.addEventListener('error', () => reject(request.error ?? new Error('no database')));
  });
  const error = await failsWith(library.list(), 'storage-failed');
  contains(error.message, 'installed plug-ins');
  contains(error.fix ?? '', 'Try again');
});

spec(
  'library: a page without WebCrypto and locks says why it keeps no plug-ins',
  async (context) => {
    if (context.secure) context.skip('this page is secure');
    const library = createLibrary({ host: openHost(context), name: uniqueName(), consent: allowAll });
    const error = await failsWith(library.install(context.url(vowels)), 'unsupported');
    contains(error.message, 'insecure page');
    contains(error.fix ?? '', 'https');
    await library.close();
  },
  { onEveryPage: true },
);

/** A module with one function that has 49,000 locals and 12,000 nested blocks. */
function costlyModule(): Uint8Array<ArrayBuffer> {
  const u32 = (value: number): number[] =>
    value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...u32(Math.floor(value / 0x80))];
  const section = (id: number, body: readonly number[]): number[] => [id, ...u32(body.length), ...body];
  const blocks = Array.from({ length: 24_000 }, (_, at) => (at % 2 === 0 ? 0x02 : 0x40));
  const body = [1, ...u32(49_000), 0x7f, ...blocks, ...Array.from({ length: 12_001 }, () => 0x0b)];
  const code = section(10, [1, ...u32(body.length), ...body]);
  return Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...code,
  ]);
}

spec('library: a bundle with a module that would cost too much to compile is refused', async (context) => {
  const { library, asked } = openLibrary(context);
  const bundle = fileOf(zipOf([['a.wasm', costlyModule()]]), 'costly.zip');
  const error = await failsWith(library.install(bundle), 'compile-cost');
  contains(error.message, 'function 0');
  equal([asked.length, await library.list()], [0, []], 'times asked, and plug-ins');
});
