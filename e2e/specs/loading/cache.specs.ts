/** What is kept for the next time, in real IndexedDB, and what happens when it is damaged, full, stuck or absent. */
import { createHost, type LogRecord, type PluginSource } from 'tenon';
import { check, equal, failsWith } from '../assert.js';
import { openHost } from '../fixtures.js';
import { spec } from '../harness.js';
import {
  bytesOf,
  cacheKeys,
  cacheRecord,
  countsVowels,
  fromOf,
  KeptPath,
  ownModule,
  sha256Of,
  untilCached,
  vowels,
  writeCacheRecord,
} from './load-kit.js';

spec('a module whose hash is wrong never runs, not even its start section', async (context) => {
  const host = openHost(context);
  const logs: LogRecord[] = [];
  const hash = 'ab'.repeat(32);
  const options = { onLog: (record: LogRecord) => logs.push(record) };
  for (const name of ['init_uses_host', 'loop_in_start_section', 'init_trap_start_section']) {
    const url = context.url(`/fixtures/${name}.wasm`);
    const error = await failsWith(host.createPlugin({ wasm: [{ url, hash }] }, options), 'hash-mismatch');
    equal(error.expected, hash, 'expected');
    equal(error.actual, await sha256Of(context, url), 'actual');
    const data = await bytesOf(context, `/fixtures/${name}.wasm`);
    await failsWith(host.createPlugin({ wasm: [{ data, hash }] }, options), 'hash-mismatch');
  }
  equal(logs, [], 'log lines');
});

spec('a hash is hexadecimal in any case, or SRI text, and a right one loads', async (context) => {
  const host = openHost(context);
  const url = context.url(vowels);
  const hex = await sha256Of(context, url);
  const digest = String.fromCodePoint(...(hex.match(/../gu) ?? []).map((pair) => Number.parseInt(pair, 16)));
  for (const hash of [hex, hex.toUpperCase(), `sha256-${btoa(digest)}`]) {
    const plugin = await host.createPlugin({ wasm: [{ url, hash }] });
    await countsVowels(plugin);
    equal((await plugin.inspect()).modules[0]?.sha256, hex, 'sha256');
  }
});

spec('with a hash the cache comes first and the network is not asked', async (context) => {
  const path = await KeptPath.make(context, await ownModule(context));
  const hash = await sha256Of(context, path.url);
  const manifest = { wasm: [{ url: path.url, hash }] };
  await countsVowels(await openHost(context).createPlugin(manifest));
  await untilCached('tenon-bytes', hash);
  const before = await path.requests();
  equal((await fromOf(openHost(context), manifest)).from, 'cache', 'from');
  const ownFetch = openHost(context, { fetch: () => Promise.reject(new TypeError('asked the network')) });
  equal((await fromOf(ownFetch, manifest)).from, 'cache', "from, with the host's own fetch");
  equal(await path.requests(), before, 'requests');
});

spec('without a hash the network comes first, and the cached copy is used when it fails', async (context) => {
  const first = await ownModule(context);
  const path = await KeptPath.make(context, first);
  const loaded = await fromOf(openHost(context), path.url);
  equal(loaded.from, 'network', 'from');
  await untilCached('tenon-urls', path.url);
  const second = await ownModule(context);
  await path.put(second);
  const reloaded = await fromOf(openHost(context), path.url);
  check(reloaded.sha256 !== loaded.sha256, 'the new bytes came');
  await untilCached('tenon-bytes', reloaded.sha256 ?? '');
  await path.cut();
  equal(await fromOf(openHost(context), path.url), { from: 'cache', sha256: reloaded.sha256 }, 'offline');
  await failsWith(openHost(context).createPlugin(path.url, { cache: 'off' }), 'fetch-failed');
  const ownFetch = openHost(context, { fetch: (input, init) => fetch(input, init) });
  equal((await fromOf(ownFetch, path.url)).from, 'cache', "offline, with the host's own fetch");
});

spec('a manifest that was loaded before loads again when the network is gone', async (context) => {
  const module = await KeptPath.make(context, await ownModule(context));
  const manifest = await KeptPath.make(context, `{"wasm": [{"url": "${module.url}"}]}`);
  await countsVowels(await openHost(context).createPlugin(manifest.url));
  await untilCached('tenon-urls', manifest.url);
  await untilCached('tenon-urls', `${module.url} omit`);
  await manifest.cut();
  await module.cut();
  equal((await fromOf(openHost(context), manifest.url)).from, 'cache', 'from');
});

spec('cache: prefer answers from the cache and fetches behind, for the next visit', async (context) => {
  const path = await KeptPath.make(context, await ownModule(context));
  const old = await fromOf(openHost(context), path.url, { cache: 'prefer' });
  equal(old.from, 'network', 'first visit');
  await untilCached('tenon-urls', path.url);
  await path.put(await ownModule(context));
  const kept = await sha256Of(context, path.url);
  equal(
    await fromOf(openHost(context), path.url, { cache: 'prefer' }),
    { from: 'cache', sha256: old.sha256 },
    'second',
  );
  await untilCached('tenon-bytes', kept);
  await new Promise((resolve) => setTimeout(resolve, 100));
  equal(await fromOf(openHost(context), path.url, { cache: 'prefer' }), { from: 'cache', sha256: kept }, 'third');
});

spec('cache: off neither reads nor writes', async (context) => {
  const path = await KeptPath.make(context, await ownModule(context));
  const hash = await sha256Of(context, path.url);
  const host = createHost({ spareWorkers: 0 });
  await countsVowels(await host.createPlugin({ wasm: [{ url: path.url, hash }] }, { cache: 'off' }));
  await host.close();
  equal(await cacheRecord('tenon-bytes', hash), undefined, 'record');
  await path.cut();
  await failsWith(openHost(context).createPlugin(path.url, { cache: 'off' }), 'fetch-failed');
});

spec('the key of a cached request does not reveal its headers', async (context) => {
  const path = await KeptPath.make(context, await ownModule(context));
  const manifest = { wasm: [{ url: path.url, headers: { authorization: 'Bearer s3cr3t' } }] };
  await countsVowels(await openHost(context).createPlugin(manifest));
  const { sha256 } = await fromOf(openHost(context), path.url);
  await untilCached('tenon-bytes', sha256 ?? '');
  const keys = (await cacheKeys('tenon-urls')).filter((key) => String(key).includes(path.url));
  equal([keys.length, keys.some((key) => String(key).includes('s3cr3t'))], [2, false], 'keys, and a secret in them');
  await path.cut();
  equal((await fromOf(openHost(context), manifest)).from, 'cache', 'from');
});

for (const [damage, record] of Object.entries({
  'a flipped byte': null,
  'a text': 'not bytes',
  'a number': 5,
  'an empty buffer': new ArrayBuffer(0),
})) {
  spec(`${damage} in the cache is noticed, and the plug-in loads from the network`, async (context) => {
    const bytes = await ownModule(context);
    const path = await KeptPath.make(context, bytes);
    const hash = await sha256Of(context, path.url);
    const manifest = { wasm: [{ url: path.url, hash }] };
    await countsVowels(await openHost(context).createPlugin(manifest));
    await untilCached('tenon-bytes', hash);
    const flipped = bytes.slice();
    flipped[flipped.length - 40] = (flipped[flipped.length - 40] ?? 0) ^ 1;
    await writeCacheRecord('tenon-bytes', hash, record ?? flipped.buffer);
    await writeCacheRecord('tenon-usage', hash, damage);
    equal(await fromOf(openHost(context), manifest), { from: 'network', sha256: hash }, 'damaged');
    await new Promise((resolve) => setTimeout(resolve, 300));
    equal(await fromOf(openHost(context), manifest), { from: 'cache', sha256: hash }, 'mended');
  });
}

spec('the least recently used modules are removed when the cache is full', async (context) => {
  const sizeBytes = 200_000;
  // Room for what others keep is none: only the newest of this spec's fit.
  const cacheMaxBytes = 3 * sizeBytes + 100_000;
  const hashes: string[] = [];
  const manifests: { wasm: { url: string; hash: string }[] }[] = [];
  const keep = async (index: number): Promise<void> => {
    const manifest = manifests[index];
    check(manifest !== undefined, 'a manifest');
    // What is metered is kept twice.
    await fromOf(openHost(context, { cacheMaxBytes }), manifest, { metering: false });
    await untilCached('tenon-bytes', hashes[index] ?? '');
    await new Promise((resolve) => setTimeout(resolve, 50));
  };
  for (let index = 0; index < 4; index += 1) {
    const path = await KeptPath.make(context, await ownModule(context, sizeBytes));
    hashes.push(await sha256Of(context, path.url));
    manifests.push({ wasm: [{ url: path.url, hash: hashes[index] ?? '' }] });
  }
  for (const index of [0, 1, 2]) await keep(index);
  await keep(0);
  await keep(3);
  const kept = await cacheKeys('tenon-bytes');
  equal(
    hashes.map((hash) => kept.includes(hash)),
    [true, false, true, true],
    'kept: the second was used longest ago',
  );
  const usage = await cacheKeys('tenon-usage');
  equal(usage.includes(hashes[1] ?? ''), false, 'usage of what is gone');
});

spec('a module larger than the cache may be is not kept, and still loads', async (context) => {
  const path = await KeptPath.make(context, await ownModule(context, 10_000));
  const host = createHost({ spareWorkers: 0, cacheMaxBytes: 1_000 });
  const { sha256 } = await fromOf(host, path.url);
  await host.close();
  equal(await cacheRecord('tenon-bytes', sha256 ?? ''), undefined, 'record');
});

spec('a database that hangs costs no more than 1.5 s', async (context) => {
  const path = await KeptPath.make(context, await ownModule(context));
  const hash = await sha256Of(context, path.url);
  const holders: IDBDatabase[] = [];
  const deletions: Promise<void>[] = [];
  // Before the host closes: in WebKit a worker that ends while it waits for a database may hold it up for ever.
  const release = async (): Promise<void> => {
    for (const holder of holders) holder.close();
    await Promise.all(deletions);
  };
  context.defer(release);
  // A version change waits for the connection that stays open, and every later open waits for the version change.
  for (const name of ['tenon-bytes', 'tenon-usage', 'tenon-urls'] as const) {
    await cacheKeys(name);
    const holder = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => reject(request.error ?? new Error('no reason')));
    });
    const blocked = indexedDB.deleteDatabase(name);
    holders.push(holder);
    deletions.push(new Promise<void>((resolve) => blocked.addEventListener('success', () => resolve())));
  }
  const sources = [path.url, { wasm: [{ url: path.url, hash }] }];
  const timeOf = async (source: PluginSource, cache: 'default' | 'prefer' | 'off'): Promise<number> => {
    const startedAt = performance.now();
    equal((await fromOf(openHost(context), source, { cache })).from, 'network', 'from');
    return performance.now() - startedAt;
  };
  for (const source of sources) {
    for (const cache of ['default', 'prefer'] as const) {
      const networkMs = await timeOf(source, 'off');
      const tookMs = await timeOf(source, cache);
      check(tookMs < networkMs + 1_500 + 5_000, `${cache}: took ${tookMs} ms, and ${networkMs} ms without a cache`);
    }
  }
  await release();
});

spec('the same bytes are compiled once for the page, and asked for once at a time', async (context) => {
  const host = openHost(context);
  const bytes = await ownModule(context);
  const path = await KeptPath.make(context, bytes);
  const plugins = await Promise.all(Array.from({ length: 4 }, () => host.createPlugin(path.url)));
  await Promise.all(plugins.map(countsVowels));
  equal(await path.requests(), 1, 'requests of four at once');
  const module = await host.compile(path.url);
  check(module === (await host.compile(bytes)), 'the same module, from bytes');
  check(module === (await host.compile(new Blob([bytes]))), 'the same module, from a Blob');
  check(module === (await host.compile(fetch(path.url))), 'the same module, from a Response');
  const limited = { memory: { maxPages: 50 } };
  check(module !== (await host.compile(bytes, limited)), 'another module under another limit');
  check((await host.compile(bytes, limited)) === (await host.compile(path.url, limited)), 'and that one once too');
});
