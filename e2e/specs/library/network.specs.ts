/** What installing and updating request: never a local address that only the plug-in's author names. */
import 'tenon/elements';
import type { InstallSource } from 'tenon/library';
import { contains, equal, failsWith } from '../assert.js';
import { spec } from '../harness.js';
import { elsewhere, KeptPath, logIn, RecordedModule, vowels } from '../loading/load-kit.js';
import { fileOf, openLibrary, vowelManifest, zipOf } from './library-kit.js';

const anonymous = { method: 'GET', cookie: null, key: null };

function manifestWith(url: string, more: object = {}): string {
  return JSON.stringify({ wasm: [{ url, ...more }], plugin: { id: 'v', version: '1.0.0' } });
}

spec('library: an uploaded manifest or bundle reaches neither the own server nor a local address', async (context) => {
  logIn(context);
  const { library } = openLibrary(context);
  const module = new RecordedModule(context);
  const { pathname } = new URL(module.url);
  const upper = module.url.replace('http://', 'HTTP://').replace('localhost', 'LOCALHOST');
  for (const url of [module.url, pathname, pathname.slice(1), upper, elsewhere(module.url)]) {
    const text = manifestWith(url);
    await failsWith(library.install(fileOf(text, 'manifest.json')), 'host-not-allowed');
    await failsWith(library.install(fileOf(text, `${location.origin}/manifest.json`)), 'host-not-allowed');
    await failsWith(library.install(new TextEncoder().encode(text)), 'host-not-allowed');
  }
  for (const url of [module.url, elsewhere(module.url)]) {
    const bundle = zipOf([['manifest.json', manifestWith(url)]]);
    await failsWith(library.install(fileOf(bundle, 'a.zip')), 'host-not-allowed');
  }
  for (const host of [
    '127.0.0.2',
    '127.1:9',
    '0x7f000001',
    '[::1]',
    '10.0.0.1',
    'router',
    'nas.home',
    'a.svc',
    'a.corp.',
  ]) {
    const error = await failsWith(
      library.install(fileOf(manifestWith(`http://${host}/a`), 'm.json')),
      'host-not-allowed',
    );
    contains(error.fix ?? '', 'installHosts');
  }
  equal(await module.requests(), [], 'requests');
  equal(await library.list(), [], 'installed');
});

spec(
  'library: an app can name the hosts that installing may reach; they get a plain GET without cookies',
  async (context) => {
    logIn(context);
    const { library } = openLibrary(context, { installHosts: [location.host] });
    const module = new RecordedModule(context);
    await library.install(fileOf(manifestWith(module.url), 'manifest.json'));
    equal(await module.requests(), [anonymous], 'requests');
    for (const more of [{ method: 'POST' }, { headers: { 'x-key': 'k' } }]) {
      const error = await failsWith(
        library.install(fileOf(manifestWith(module.url, more), 'manifest.json')),
        'invalid-manifest',
      );
      equal(error.issues[0]?.path, `wasm[0].${Object.keys(more)[0]}`, 'path');
    }
    equal((await module.requests()).length, 1, 'requests after refusals');
  },
);

spec(
  "library: an address of the app's own origin, and those of the same origin in it, are requested without cookies",
  async (context) => {
    logIn(context);
    const { library } = openLibrary(context);
    const module = new RecordedModule(context);
    await library.install(module.url);
    const manifest = await KeptPath.make(context, manifestWith(new URL(module.url).pathname));
    await library.install(manifest.url);
    equal(await module.requests(), [anonymous, anonymous], 'requests');
    await failsWith(library.install(elsewhere(module.url)), 'host-not-allowed');
    const leading = await KeptPath.make(context, manifestWith(elsewhere(module.url)));
    await failsWith(library.install(leading.url), 'host-not-allowed');
    equal((await module.requests()).length, 2, 'requests after refusals');
  },
);

spec('library: no redirect is followed while a plug-in is installed', async (context) => {
  const { library } = openLibrary(context, { installHosts: ['*', location.host] });
  const module = new RecordedModule(context);
  for (const url of [module.url, elsewhere(module.url)]) {
    const redirect = context.url(`/redirect-to?url=${encodeURIComponent(url)}`);
    const error = await failsWith(library.install(redirect), 'fetch-failed');
    contains(error.fix ?? '', 'Redirects are not followed');
    await failsWith(library.install(fileOf(manifestWith(redirect), 'manifest.json')), 'fetch-failed');
  }
  equal(await module.requests(), [], 'requests');
});

spec('library: an update address reaches a local server only where the plug-in came from', async (context) => {
  const { library } = openLibrary(context);
  const module = new RecordedModule(context);
  const document = async (url: string): Promise<string> =>
    (await KeptPath.make(context, JSON.stringify({ version: '2.0.0', url, sha256: '0'.repeat(64) }))).url;
  const withUpdates = async (updateUrl: string): Promise<string> =>
    (await vowelManifest(context, { id: 'v', version: '1.0.0', updateUrl })).text();
  const update = async (source: InstallSource): Promise<unknown> => {
    await library.install(source);
    const { available, failed } = await library.checkUpdates();
    const [first] = failed;
    return first === undefined ? available[0]?.url : (first.error as { readonly code: unknown }).code;
  };
  const atHome = await withUpdates(await document(module.url));
  equal(await update(fileOf(atHome, 'manifest.json')), 'host-not-allowed', 'from a file');
  await failsWith(library.update('v'), 'host-not-allowed');
  await library.remove('v');
  equal(await update((await KeptPath.make(context, atHome)).url), module.url, 'from the same server');
  await failsWith(library.update('v'), 'hash-mismatch');
  equal((await module.requests()).length, 1, 'requests of the update');
  await library.remove('v');
  const away = await withUpdates(await document(elsewhere(module.url)));
  equal(
    await update((await KeptPath.make(context, away)).url),
    elsewhere(module.url),
    'another server in the document',
  );
  await failsWith(library.update('v'), 'host-not-allowed');
  equal((await module.requests()).length, 1, 'requests of the other update');
});

spec('library: an update server that never responds does not hold up the results of others', async (context) => {
  const { library } = openLibrary(context, { installHosts: [location.host] });
  const document = await KeptPath.make(
    context,
    JSON.stringify({ version: '2.0.0', url: 'http://[', sha256: '0'.repeat(64) }),
  );
  const newer = await KeptPath.make(
    context,
    JSON.stringify({ version: '2.0.0', url: '/v.wasm', sha256: '0'.repeat(64) }),
  );
  const addresses = { slow: context.url(`/never-ends${vowels}`), bad: document.url, good: newer.url };
  for (const [id, updateUrl] of Object.entries(addresses)) {
    await library.install(await vowelManifest(context, { id, version: '1.0.0', updateUrl }));
  }
  const { available, failed } = await library.checkUpdates();
  equal(
    available.map(({ id }) => id),
    ['good'],
  );
  equal(
    failed.map(({ id, error }) => [id, (error as { readonly code: unknown }).code]),
    [
      ['bad', 'invalid-argument'],
      ['slow', 'fetch-failed'],
    ],
  );
  contains((await failsWith(library.update('bad'), 'invalid-argument')).message, 'http://[');
});

spec('library: a manifest at a blob: address reaches neither the own server nor another file', async (context) => {
  const { library } = openLibrary(context);
  const module = new RecordedModule(context);
  const install = async (url: string): Promise<unknown> => {
    const blob = URL.createObjectURL(new Blob([manifestWith(url)]));
    context.defer(() => URL.revokeObjectURL(blob));
    return library.install(blob);
  };
  await failsWith(install(module.url), 'host-not-allowed');
  await failsWith(install('a.wasm'), 'invalid-argument');
  await failsWith(library.install(fileOf(manifestWith('http://['), 'manifest.json')), 'invalid-argument');
  equal(await module.requests(), [], 'requests');
});

spec('library: a manifest dropped into <plugin-upload> reaches no local address, and says why', async (context) => {
  const { library } = openLibrary(context);
  const module = new RecordedModule(context);
  const upload = document.createElement('plugin-upload');
  context.defer(() => upload.remove());
  document.body.append(upload);
  upload.library = library;
  await upload.install(fileOf(manifestWith(module.url), 'manifest.json'));
  contains(upload.shadowRoot?.querySelector('[role=alert]')?.textContent ?? '', 'not allowed');
  equal(await module.requests(), [], 'requests');
  await upload.install(vowels);
  equal((await library.list()).length, 1, 'installed from an address of the page');
});
