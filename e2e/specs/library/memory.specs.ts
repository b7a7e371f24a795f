/** Plug-ins that declare more memory than the library's default ask their user for it. */
import type { ConsentRequest } from 'tenon/library';
import { equal, failsWith } from '../assert.js';
import { numberOf } from '../fixtures.js';
import { spec } from '../harness.js';
import { bytesOf } from '../loading/load-kit.js';
import { allowAll, fileOf, openLibrary, vowelManifest } from './library-kit.js';

const large = '/fixtures/field_8003_pages.wasm';
const key = 'memory:8003';

spec(
  'library: a plug-in that declares 8,003 pages asks for the memory, and runs when its user allows it',
  async (context) => {
    const { library, asked } = openLibrary(context);
    const installed = await library.install(fileOf(await bytesOf(context, large), 'large.wasm'));
    equal(
      asked[0]?.rights.map((right) => [right.key, right.sentence]),
      [[key, 'Use up to 500 MiB of memory']],
      'rights asked for',
    );
    equal(installed.rights[0]?.decision, 'always', 'decision');
    const plugin = await library.open(installed.id);
    equal(numberOf(await plugin.call('pages')), 8_003n, 'pages');
    equal(numberOf(await plugin.call('grow')), 2n ** 64n - 1n, 'no more than it asked for');
    await library.decide(installed.id, key, 'deny');
    await failsWith(plugin.call('pages'), 'memory-limit');
    await library.decide(installed.id, key, 'always');
    equal(numberOf(await plugin.call('pages')), 8_003n, 'allowed again');
  },
);

spec('library: a plug-in whose memory is not allowed is installed and does not run', async (context) => {
  const { library } = openLibrary(context, { consent: () => ({ allowed: true, rights: {} }) });
  const { id, rights } = await library.install(fileOf(await bytesOf(context, large), 'large.wasm'));
  equal(rights[0]?.decision, 'ask', 'decision');
  await failsWith((await library.open(id)).call('pages'), 'memory-limit');
});

spec('library: memory above what the app lets users allow is refused with what was asked', async (context) => {
  const opened = (maxPagesOnRequest: number) =>
    openLibrary(context, { limits: { memory: { maxPagesOnRequest } } }).library;
  const file = fileOf(await bytesOf(context, large), 'large.wasm');
  const error = await failsWith(opened(8_002).install(file), 'memory-limit');
  equal([error.details['pages'], error.details['maxPages']], [8_003, 8_002], 'pages');
  const exact = opened(8_003);
  const { id } = await exact.install(file);
  equal(numberOf(await (await exact.open(id)).call('pages')), 8_003n, 'exactly as many');
  const manifest = await vowelManifest(context, { id: 'greedy' }, { memory: { maxPages: 20_000 } });
  const refused = await failsWith(openLibrary(context).library.install(manifest), 'memory-limit');
  equal(refused.details['pages'], 20_000, 'pages in a manifest');
});

spec('library: a manifest that asks for more memory than the default runs without it', async (context) => {
  const asked: ConsentRequest[] = [];
  const { library } = openLibrary(context, {
    consent: (request) => (asked.push(request), { allowed: true, rights: { 'memory:5000': 'deny' } }),
  });
  const { id } = await library.install(await vowelManifest(context, { id: 'vowels' }, { memory: { maxPages: 5_000 } }));
  equal(
    asked[0]?.rights.map(({ sentence }) => sentence),
    ['Use up to 313 MiB of memory'],
    'rights asked for',
  );
  equal((await (await library.open(id)).call('count_vowels', 'Hello')).json<{ count: number }>().count, 2);
});

spec('library: a plug-in within the default is asked about no memory', async (context) => {
  const { library, asked } = openLibrary(context, { consent: allowAll });
  await library.install(await vowelManifest(context, { id: 'vowels' }, { memory: { maxPages: 4_096 } }));
  equal(asked[0]?.rights, [], 'rights');
});

/** A manifest with `count` modules of one section each. */
function modulesOf(count: number, section: readonly number[]): File {
  const module = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section);
  const data = btoa(String.fromCharCode(...module));
  const wasm = Array.from({ length: count }, (_, at) => ({ data, name: at === count - 1 ? 'main' : `part${at}` }));
  return fileOf(JSON.stringify({ wasm, plugin: { id: 'parts', name: 'Parts' } }), 'parts.json');
}

/** One memory of 3,000 pages; one table without a maximum. */
const memory = [5, 4, 1, 0, 0xb8, 0x17];
const table = [4, 4, 1, 0x70, 0, 0];

spec(
  'library: the user is asked for the memory of all modules together, and the plug-in then loads',
  async (context) => {
    const { library, asked } = openLibrary(context);
    const { id } = await library.install(modulesOf(2, memory));
    equal(
      asked[0]?.rights.map((right) => right.key),
      ['memory:6000'],
      'rights asked for',
    );
    const { modules } = await (await library.open(id)).inspect();
    equal(
      modules.map(({ memories }) => memories[0]?.maximum),
      [3_000, 3_000],
      'maxima',
    );
  },
);

spec('library: modules that exceed a limit together are refused before the user is asked', async (context) => {
  const { library, asked } = openLibrary(context, { limits: { memory: { maxTableEntries: 10 } } });
  const { details } = await failsWith(library.install(modulesOf(6, memory)), 'memory-limit');
  equal([details['pages'], details['maxPages']], [18_000, 16_384], 'pages');
  const error = await failsWith(library.install(modulesOf(5, table)), 'table-limit');
  equal(error.where, 'wasm[4] with the modules loaded before it', 'where');
  await library.install(modulesOf(4, table));
  equal(asked.length, 1, 'times that the user was asked');
});
