import type { ConsentAnswer, ConsentRequest } from 'tenon/library';
import { check, contains, equal, failsWith } from '../assert.js';
import { type SpecContext, spec } from '../harness.js';
import { fileOf, networkManifest, openLibrary, pluginManifest, vowelManifest } from './library-kit.js';
import { KeptPath, ownModule, vowels } from '../loading/load-kit.js';

function version(context: SpecContext, number: string, hosts: readonly string[] = []): Promise<File> {
  const plugin = { id: 'v', name: 'Vowels', version: number };
  return hosts.length === 0
    ? vowelManifest(context, plugin)
    : networkManifest(context, plugin, { allowedHosts: hosts });
}

spec('library: an update asks for what is new only', async (context) => {
  const { library, asked } = openLibrary(context);
  await library.install(await version(context, '1.0.0', ['a.example.com']));
  await library.update('v', await version(context, '1.1.0', ['a.example.com']));
  equal(asked.length, 1, 'times asked when nothing is new');
  await library.update('v', await version(context, '1.2.0', ['b.example.com', 'a.example.com']));
  const [, request] = asked;
  equal(
    [request?.kind, request?.installedVersion, request?.version, request?.rights.map(({ key }) => key)],
    ['update', '1.1.0', '1.2.0', ['host:b.example.com']],
  );
  equal((await library.get('v'))?.previous?.version, '1.1.0');
});

spec('library: an update that was not allowed changes nothing', async (context) => {
  let answer: ConsentAnswer = { allowed: true, rights: {} };
  const { library } = openLibrary(context, { consent: () => answer });
  await library.install(await version(context, '1.0.0'));
  answer = { allowed: false };
  await failsWith(library.update('v', await version(context, '2.0.0', ['*'])), 'consent-denied');
  const plugin = await library.get('v');
  equal([plugin?.version, plugin?.previous], ['1.0.0', null]);
});

spec('library: an update says which rights are not asked for any more', async (context) => {
  const { library, asked } = openLibrary(context);
  await library.install(await version(context, '1.0.0', ['a.example.com']));
  await library.update('v', await version(context, '2.0.0', ['b.example.com']));
  equal(
    asked[1]?.droppedRights.map(({ key }) => key),
    ['host:a.example.com'],
  );
});

spec('library: rolling back restores the previous version and its permissions', async (context) => {
  const { library } = openLibrary(context);
  await library.install(await version(context, '1.0.0', ['a.example.com']));
  await library.update('v', await version(context, '2.0.0'));
  const plugin = await library.rollback('v');
  equal(
    [plugin.version, plugin.rights.map(({ key, decision }) => [key, decision])],
    ['1.0.0', [['host:a.example.com', 'always']]],
  );
  await (await library.open('v')).call('count_vowels', 'back');
  equal((await library.rollback('v')).version, '2.0.0', 'and forward again');
});

spec('library: a plug-in without a previous version cannot be rolled back', async (context) => {
  const { library } = openLibrary(context);
  await library.install(await version(context, '1.0.0'));
  await failsWith(library.rollback('v'), 'no-previous-version');
});

spec('library: an update of another plug-in is refused', async (context) => {
  const { library } = openLibrary(context);
  await library.install(await version(context, '1.0.0'));
  await failsWith(library.update('v', await vowelManifest(context, { id: 'w', version: '2' })), 'id-mismatch');
});

spec('library: an open plug-in runs the new version from the next call on', async (context) => {
  const { library } = openLibrary(context);
  await library.install(await version(context, '1.0.0'));
  const open = await library.open('v');
  await open.call('count_vowels', 'old');
  const next = await ownModule(context);
  await library.update('v', fileOf(next, 'vowels.wasm'));
  equal((await open.inspect()).modules[0]?.sizeBytes, next.length, 'bytes of what runs');
});

spec('library: a running plug-in is stopped when a right is taken back', async (context) => {
  const { library } = openLibrary(context);
  const more = { allowedHosts: ['a.example.com'] };
  await library.install(await networkManifest(context, { id: 'sink' }, more, '/plugins/kitchen_sink.wasm'));
  const open = await library.open('sink');
  await open.call('upper_case', 'ready');
  const running = open.call('loop_forever');
  const failed = failsWith(running, 'grant-revoked');
  await library.decide('sink', 'host:a.example.com', 'deny');
  await failed;
  equal((await open.call('upper_case', 'again')).text(), 'AGAIN');
});

spec('library: a right allowed once, or for this page, is not kept', async (context) => {
  const once = (request: ConsentRequest): ConsentAnswer => ({
    allowed: true,
    rights: Object.fromEntries(request.rights.map(({ key }, at) => [key, at === 0 ? 'once' : 'page'])),
  });
  const first = openLibrary(context, { consent: once });
  await first.library.install(await version(context, '1.0.0', ['a.example.com', 'b.example.com']));
  const decisions = async ({ library }: typeof first): Promise<unknown> =>
    (await library.get('v'))?.rights.map(({ decision }) => decision);
  equal(await decisions(first), ['once', 'page']);
  equal(await decisions(openLibrary(context, {}, first.name)), ['ask', 'ask']);
});

spec('library: a denial can be taken back', async (context) => {
  const { library } = openLibrary(context, {
    consent: () => ({ allowed: true, rights: { 'host:a.example.com': 'deny' } }),
  });
  await library.install(await version(context, '1.0.0', ['a.example.com']));
  equal((await library.get('v'))?.rights[0]?.decision, 'deny');
  equal((await library.decide('v', 'host:a.example.com', 'always')).rights[0]?.decision, 'always');
  equal((await library.decide('v', 'host:a.example.com', 'ask')).rights[0]?.decision, 'ask');
});

spec('library: settings become config; wrong ones are refused', async (context) => {
  const { library } = openLibrary(context);
  const settings = {
    properties: {
      vowels: { type: 'string', default: 'aeiou', maxLength: 10, title: 'Letters that count' },
      token: { type: 'string', writeOnly: true },
    },
  };
  await library.install(await vowelManifest(context, { id: 'v', settings }));
  const open = await library.open('v');
  const count = async (): Promise<number> => (await open.call('count_vowels', 'xyz e')).json<{ count: number }>().count;
  equal(await count(), 1, 'with the default');
  await library.configure('v', { vowels: 'xyz' });
  equal(await count(), 3, 'with what the user set');
  const error = await failsWith(library.configure('v', { vowels: 'longer than ten', nothing: 1 }), 'setting-invalid');
  equal(
    error.issues.map(({ path }) => path),
    ['vowels', 'nothing'],
  );
  const plugin = await library.configure('v', { token: 's3cret-t0ken', vowels: null });
  equal(await count(), 1, 'after taking it back');
  equal(
    plugin.settings.map(({ key, value, isSet }) => [key, value, isSet]),
    [
      ['vowels', null, false],
      ['token', null, true],
    ],
  );
  const exported = new TextDecoder().decode(await (await library.export('v')).arrayBuffer());
  check(!exported.includes('s3cret'), 'a secret is not exported');
});

spec('library: secrets are left out of log lines', async (context) => {
  const { library } = openLibrary(context);
  const settings = { properties: { token: { type: 'string', format: 'password' } } };
  await library.install(await pluginManifest(context, '/plugins/kitchen_sink.wasm', { id: 'sink', settings }));
  await library.configure('sink', { token: 'hunter2-hunter2' });
  const lines: string[] = [];
  library.addEventListener('log', (event) => {
    lines.push((event as CustomEvent<{ line: { message: string } }>).detail.line.message);
  });
  await (await library.open('sink')).call('log_all', 'my token is hunter2-hunter2');
  check(lines.length > 0, 'lines come');
  const all = lines.join('\n');
  contains(all, 'my token is \u2022\u2022\u2022\u2022');
  check(!all.includes('hunter2'), `no line shows the secret: ${all}`);
});

spec('library: updates are found at the address the manifest names, and their bytes are pinned', async (context) => {
  const { library } = openLibrary(context, { installHosts: [location.host] });
  const next = await (await version(context, '1.1.0')).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', next));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const bytes = await KeptPath.make(context, next);
  const document = await KeptPath.make(context, JSON.stringify({ version: '1.1.0', url: bytes.url, sha256 }));
  await library.install(await vowelManifest(context, { id: 'v', version: '1.0.0', updateUrl: document.url }));
  const { available, failed } = await library.checkUpdates();
  equal([available, failed], [[{ id: 'v', version: '1.1.0', url: bytes.url, sha256 }], []]);
  await failsWith(
    library.update('v', { id: 'v', version: '1.1.0', url: bytes.url, sha256: '0'.repeat(64) }),
    'hash-mismatch',
  );
  equal((await library.update('v')).version, '1.1.0');
  await failsWith(library.update('v'), 'no-update');
});

spec('library: another library of the same name sees changes at once', async (context) => {
  const first = openLibrary(context);
  const { library } = openLibrary(context, {}, first.name);
  equal(await library.list(), []);
  const seen = new Promise<unknown>((resolve) => {
    library.addEventListener('change', (event) => resolve((event as CustomEvent<unknown>).detail), { once: true });
  });
  await first.library.install(context.url(vowels));
  equal(await seen, { id: 'count_vowels' });
  equal((await library.list()).length, 1);
});

spec('library: vars are kept with the plug-in, through updates and restarts, and go with it', async (context) => {
  const first = openLibrary(context);
  const total = async (library: typeof first.library): Promise<number> =>
    (await (await library.open('v')).call('count_vowels', 'aei')).json<{ total: number }>().total;
  await first.library.install(await version(context, '1.0.0'));
  equal([await total(first.library), await total(first.library)], [3, 6]);
  await first.library.update('v', fileOf(await ownModule(context), 'vowels.wasm'));
  equal(await total(first.library), 9, 'after an update');
  await first.library.close();
  const { library } = openLibrary(context, {}, first.name);
  equal(await total(library), 12, 'after a restart');
  await library.remove('v');
  await library.install(await version(context, '1.0.0'));
  equal(await total(library), 3, 'after removing and installing it again');
});
