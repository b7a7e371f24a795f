import { check, contains, equal, failsWith } from '../assert.js';
import { spec } from '../harness.js';
import { fileOf, keptKeys, networkManifest, openLibrary, pngOf, vowelManifest, zipOf } from './library-kit.js';
import { bytesOf, vowels } from '../loading/load-kit.js';

spec('library: a bare module is installed, listed, opened and called', async (context) => {
  const { library, asked } = openLibrary(context);
  const bytes = await bytesOf(context, vowels);
  const plugin = await library.install(fileOf(bytes, 'count_vowels.wasm'));
  equal([plugin.id, plugin.name, plugin.version, plugin.isEnabled], ['count_vowels', 'count_vowels', null, true]);
  check(plugin.functions.includes('count_vowels'), 'its functions are known');
  equal(plugin.sizeBytes, bytes.length, 'its size');
  equal(asked.length, 1, 'times the user was asked');
  equal(
    (await library.list()).map(({ id }) => id),
    ['count_vowels'],
  );
  const open = await library.open('count_vowels');
  equal((await open.call('count_vowels', 'Hello')).json<{ count: number }>().count, 2);
});

spec('library: a library finds what an earlier library of the same name installed', async (context) => {
  const first = openLibrary(context);
  await first.library.install(context.url(vowels));
  await first.library.close();
  const { library } = openLibrary(context, {}, first.name);
  const open = await library.open('count_vowels');
  equal((await open.call('count_vowels', 'again')).json<{ count: number }>().count, 3);
});

spec('library: nothing runs before the user has allowed it', async (context) => {
  const { library } = openLibrary(context, { consent: () => ({ allowed: false }) });
  // Its start section would never end.
  const loop = context.url('/fixtures/loop_in_start_section.wasm');
  await failsWith(library.install(loop), 'consent-denied');
  equal(await library.list(), []);
});

spec('library: a manifest brings its name, version and rights; the user decides each right', async (context) => {
  const { library, asked } = openLibrary(context, {
    consent: () => ({ allowed: true, rights: { 'host:api.example.com': 'always', 'host:other.example.com': 'deny' } }),
  });
  const plugin = {
    id: 'org.example.vowels',
    name: 'Vowels',
    version: '1.2.0',
    permissions: [{ host: 'api.example.com', reason: 'looks words up' }, { capability: 'clipboard' }],
  };
  const allowedHosts = ['api.example.com', 'other.example.com'];
  const installed = await library.install(await networkManifest(context, plugin, { allowedHosts }));
  equal([installed.id, installed.name, installed.version], ['org.example.vowels', 'Vowels', '1.2.0']);
  equal(
    asked[0]?.rights.map(({ key, reason }) => [key, reason]),
    [
      ['host:api.example.com', 'looks words up'],
      ['capability:clipboard', null],
      ['host:other.example.com', null],
    ],
  );
  equal(
    installed.rights.map(({ decision }) => decision),
    ['always', 'ask', 'deny'],
  );
});

spec('library: a bundle brings its manifest, module, readme and icon', async (context) => {
  const { library } = openLibrary(context);
  const manifest = JSON.stringify({
    wasm: [{ url: './vowels.wasm' }],
    plugin: { id: 'v', name: 'Vowels', version: '1' },
  });
  const bundle = zipOf([
    ['manifest.json', manifest],
    ['vowels.wasm', await bytesOf(context, vowels)],
    ['README.md', '# Vowels'],
    ['icon.png', await pngOf(7, 9)],
  ]);
  const plugin = await library.install(fileOf(bundle, 'vowels.zip'));
  equal([plugin.id, plugin.readme, plugin.hasIcon], ['v', '# Vowels', true]);
  const icon = await library.icon('v');
  equal(icon?.type, 'image/png');
  const shown = new Image();
  shown.src = URL.createObjectURL(icon ?? new Blob());
  await shown.decode();
  URL.revokeObjectURL(shown.src);
  equal([shown.naturalWidth, shown.naturalHeight], [7, 9], 'the size of the icon');
  const open = await library.open('v');
  equal((await open.call('count_vowels', 'zip')).json<{ count: number }>().count, 1);
});

spec('library: a bundle without a manifest is shown as the source of its module', async (context) => {
  const { library } = openLibrary(context);
  const bundle = zipOf([['trusted.example/plugin.wasm', await bytesOf(context, vowels)]]);
  const { id, source } = await library.install(fileOf(bundle, 'a.zip'));
  equal([id, source], ['plugin', 'a.zip/trusted.example/plugin.wasm']);
});

spec('library: an icon that is not a small PNG is refused with a sentence', async (context) => {
  const { library } = openLibrary(context);
  const wasm = await bytesOf(context, vowels);
  const install = (name: string, icon: Uint8Array | string): Promise<unknown> =>
    library.install(
      fileOf(
        zipOf([
          ['a.wasm', wasm],
          [name, icon],
        ]),
        'icons.zip',
      ),
    );
  const nested = `<svg xmlns="http://www.w3.org/2000/svg">${'<use href="#a"/>'.repeat(60)}</svg>`;
  const svg = await failsWith(install('icon.svg', nested), 'bundle-format');
  equal(svg.message, 'The icon icon.svg of icons.zip is refused: expected icon.png, found another format');
  const large = await failsWith(install('icon.png', await pngOf(1_025, 1)), 'bundle-format');
  contains(large.message, 'expected at most 1024 x 1024 pixels, found 1025 x 1');
  await failsWith(install('icon.png', nested), 'bundle-format');
  await failsWith(install('icon.png', new Uint8Array(262_145)), 'bundle-format');
  // Start of image, then the header of a progressive JPEG.
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xc2, 0, 11, 8, 0x0f, 0xff, 0x0f, 0xff, 1, 1, 0x11, 0);
  for (const name of ['icon.jpg', 'icon.png']) {
    const { message } = await failsWith(install(name, jpeg), 'bundle-format');
    contains(message, 'found another format');
  }
  equal(await library.list(), []);
});

spec('library: a hostile name, description or list of hosts is refused at once', async (context) => {
  const { library } = openLibrary(context);
  const hostile = {
    'plugin.name': { plugin: { name: `a${'-'.repeat(100_000)}a` } },
    'plugin.description': { plugin: { description: 'x'.repeat(30_000_000) } },
    allowedHosts: { allowedHosts: Array.from({ length: 10_000 }, () => `*${'\u00e9.'.repeat(140)}a`) },
  };
  for (const [path, fields] of Object.entries(hostile)) {
    const file = fileOf(JSON.stringify({ wasm: [{ url: 'a.wasm' }], ...fields }), 'plugin.json');
    let longest = Infinity;
    // On a loaded machine any thread may be held up for seconds, but not each time.
    for (let attempt = 0; attempt < 3 && longest >= 2_000; attempt += 1) {
      const stall = longestStall();
      const error = await failsWith(library.install(file), 'invalid-manifest');
      longest = stall();
      equal(error.issues[0]?.path, path);
    }
    check(longest < 2_000, `${path}: the page was not held up (${Math.round(longest)} ms)`);
  }
});

spec('library: config and manifest text that the page would keep are refused above their limits', async (context) => {
  const { library } = openLibrary(context);
  const config = { a: 'x'.repeat(200_000), b: 'x'.repeat(62_143) };
  const tooMuch = {
    config: await vowelManifest(context, {}, { config }),
    'text besides its modules': await vowelManifest(context, {}, { 'x-notes': 'x'.repeat(1_048_576) }),
  };
  for (const [what, file] of Object.entries(tooMuch)) {
    contains((await failsWith(library.install(file), 'invalid-manifest')).message, `too much ${what}`);
  }
  await library.install(await vowelManifest(context, {}, { config: { ...config, b: 'x'.repeat(62_142) } }));
});

/** Starts to measure how long the page's thread is busy in one go, in milliseconds. */
function longestStall(): () => number {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  return () => {
    clearInterval(timer);
    return Math.max(longest, performance.now() - last);
  };
}

spec('library: an exported plug-in can be installed again', async (context) => {
  const { library } = openLibrary(context);
  const plugin = { id: 'v', name: 'Vowels', version: '1.0.0' };
  const before = await library.install(await vowelManifest(context, plugin));
  const file = await library.export('v');
  equal([file.name, file.type], ['v-1.0.0.zip', 'application/zip']);
  await library.remove('v');
  const after = await library.install(file);
  equal([after.id, after.sha256], ['v', before.sha256], 'the same version');
});

spec('library: progress names each step, in order', async (context) => {
  const { library } = openLibrary(context);
  const steps: string[] = [];
  const bundle = zipOf([['count_vowels.wasm', await bytesOf(context, vowels)]]);
  await library.install(fileOf(bundle, 'vowels.zip'), {
    onProgress: ({ step }) => {
      if (steps.at(-1) !== step) steps.push(step);
    },
  });
  equal(steps, ['reading', 'unpacking', 'checking', 'asking', 'saving']);
});

spec('library: an installation given up at any step leaves nothing', async (context) => {
  const { library, name } = openLibrary(context);
  const bundle = fileOf(zipOf([['count_vowels.wasm', await bytesOf(context, vowels)]]), 'vowels.zip');
  for (const at of ['reading', 'unpacking', 'checking', 'asking', 'saving']) {
    const controller = new AbortController();
    const install = library.install(bundle, {
      signal: controller.signal,
      onProgress: ({ step }) => {
        if (step === at) controller.abort();
      },
    });
    await failsWith(install, 'aborted');
    equal(await library.list(), [], `plug-ins after giving up while ${at}`);
    equal(await keptKeys(name, 'files'), [], `files after giving up while ${at}`);
  }
});

spec('library: giving up while the user is asked ends the asking', async (context) => {
  const controller = new AbortController();
  let aborted = false;
  const { library } = openLibrary(context, {
    consent: ({ signal }) => {
      signal.addEventListener('abort', () => (aborted = true));
      controller.abort();
      return new Promise(() => {});
    },
  });
  await failsWith(library.install(context.url(vowels), { signal: controller.signal }), 'aborted');
  check(aborted, 'the signal of the consent request is aborted');
});

spec('library: removing takes the record, the files and the vars', async (context) => {
  const { library, name } = openLibrary(context);
  await library.install(context.url(vowels));
  equal((await keptKeys(name, 'files')).length, 1, 'files');
  await library.remove('count_vowels');
  equal(await library.list(), []);
  for (const what of ['records', 'files', 'vars'] as const) equal(await keptKeys(name, what), [], what);
  await failsWith(library.open('count_vowels'), 'not-installed');
});

spec('library: a file that two plug-ins share stays until both are removed', async (context) => {
  const { library, name } = openLibrary(context);
  await library.install(await vowelManifest(context, { id: 'a' }));
  await library.install(await vowelManifest(context, { id: 'b' }));
  equal((await keptKeys(name, 'files')).length, 1, 'files of both');
  await library.remove('a');
  equal((await keptKeys(name, 'files')).length, 1, 'files of one');
  await (await library.open('b')).call('count_vowels', 'still here');
  await library.remove('b');
  equal(await keptKeys(name, 'files'), []);
});

spec('library: a plug-in that is turned off does not run, and says why', async (context) => {
  const { library } = openLibrary(context);
  await library.install(context.url(vowels));
  const open = await library.open('count_vowels');
  await open.call('count_vowels', 'on');
  await library.disable('count_vowels', 'it failed three times');
  const error = await failsWith(open.call('count_vowels', 'off'), 'plugin-disabled');
  contains(error.message, 'it failed three times');
  equal((await library.get('count_vowels'))?.disabledReason, 'it failed three times');
  await library.enable('count_vowels');
  await open.call('count_vowels', 'on again');
});

spec('library: an installed plug-in has at most 4,096 pages, 10 s a call and no hosts', async (context) => {
  const { library } = openLibrary(context);
  await library.install(context.url('/fixtures/memory_growth.wasm'));
  const inspection = await (await library.open('memory_growth')).inspect();
  equal(inspection.modules[0]?.memories[0]?.maximum, 4_096);
});

spec('library: plug-ins keep the order that their user chose', async (context) => {
  const { library } = openLibrary(context);
  for (const id of ['a', 'b', 'c']) await library.install(await vowelManifest(context, { id }));
  await library.reorder(['c', 'a']);
  equal(
    (await library.list()).map(({ id }) => id),
    ['c', 'a', 'b'],
  );
});
