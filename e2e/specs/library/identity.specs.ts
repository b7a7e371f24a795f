/** Whose plug-in it is: a stranger's with the id of an installed one gets nothing of it. */
import type { ConsentAnswer, ConsentRequest, Library } from 'tenon/library';
import { contains, equal, failsWith } from '../assert.js';
import { type SpecContext, spec } from '../harness.js';
import { KeptPath } from '../loading/load-kit.js';
import { allowAll, networkManifest, openLibrary, overwrite, vowelManifest } from './library-kit.js';
import { publisher, signedBundle } from './signed-bundle.js';

const id = 'org.example.theme';
const host = 'api.example.com';
const settings = {
  properties: { token: { type: 'string', writeOnly: true }, vowels: { type: 'string', default: 'aeiou' } },
};

function theme(context: SpecContext, version: string, more: Readonly<Record<string, unknown>> = {}): Promise<File> {
  return networkManifest(context, { id, name: 'Theme', version, settings, ...more }, { allowedHosts: [host] });
}

/** Returns the sum of all vowels that a plug-in has counted, which it keeps in its vars. */
async function totalAfter(library: Library, plugin: string): Promise<number> {
  return (await (await library.open(plugin)).call('count_vowels', 'aeiou')).json<{ total: number }>().total;
}

/** Installs the theme with a granted host, a secret, a setting and a stored var. */
async function useTheme(context: SpecContext, library: Library): Promise<void> {
  await library.install(await theme(context, '2.0.0'));
  await library.configure(id, { token: 's3cret', vowels: 'aeiouy' });
  equal(await totalAfter(library, id), 5);
}

async function stateOf(library: Library, plugin: string): Promise<unknown> {
  const { name, rights, settings: values } = (await library.get(plugin)) ?? { name: '', rights: [], settings: [] };
  return [name, rights.map(({ decision }) => decision), values.map(({ value, isSet }) => (isSet ? value : 'unset'))];
}

const yes = { allowed: true, rights: {} } as const;
/** Answers the first request with every right, and later ones as given. */
function then(answer: ConsentAnswer): (request: ConsentRequest) => ConsentAnswer {
  let count = 0;
  return (request) => ((count += 1) === 1 ? allowAll(request) : answer);
}

spec(
  "library: a stranger's file with the id of an installed plug-in is another plug-in, with nothing of it",
  async (context) => {
    const { library, asked } = openLibrary(context, { consent: then(yes) });
    await useTheme(context, library);
    const stranger = await library.install(await theme(context, '2.0.1', { name: 'Thief' }));
    equal([stranger.id, stranger.declaredId], [`${id}-2`, id]);
    const { kind, replaces, rights } = asked[1] ?? {};
    equal([kind, rights?.map(({ key }) => key)], ['install', [`host:${host}`]]);
    equal(replaces, { id, name: 'Theme', version: '2.0.0', from: 'plugin.json', isNewer: false });
    equal(await stateOf(library, id), ['Theme', ['always'], [null, 'aeiouy']], 'the installed one');
    equal(await stateOf(library, stranger.id), ['Thief', ['ask'], ['unset', 'unset']], 'the stranger');
    equal([await totalAfter(library, stranger.id), await totalAfter(library, id)], [5, 10], 'vars');
  },
);

spec(
  'library: a file that replaces a plug-in gets its settings and vars, and neither rights nor secrets',
  async (context) => {
    const { library, asked } = openLibrary(context, { consent: then({ ...yes, replace: true }) });
    await useTheme(context, library);
    const next = await library.install(await theme(context, '1.0.0', { name: 'Theme B' }));
    equal([next.id, next.previous, asked[1]?.replaces?.isNewer], [id, null, true]);
    equal(await stateOf(library, id), ['Theme B', ['ask'], ['unset', 'aeiouy']]);
    equal([await totalAfter(library, id), (await library.list()).length], [10, 1]);
  },
);

spec('library: the same file again is not installed twice', async (context) => {
  const { library, asked } = openLibrary(context);
  await library.install(await theme(context, '1.0.0'));
  equal([(await library.install(await theme(context, '1.0.0'))).id, asked.length], [id, 1]);
});

spec('library: an address updates what was installed from it, and no other plug-in', async (context) => {
  const { library, asked } = openLibrary(context);
  const own = await KeptPath.make(context, await theme(context, '1.0.0'));
  await library.install(own.url);
  await own.put(await theme(context, '1.1.0'));
  equal((await library.install(`${own.url}?v=2#a`)).id, id);
  equal([asked[1]?.kind, asked[1]?.rights, asked[1]?.installedVersion], ['update', [], '1.0.0']);
  const other = await KeptPath.make(context, await theme(context, '1.2.0'));
  equal((await library.install(other.url)).id, `${id}-2`);
  equal([asked[2]?.kind, asked[2]?.replaces, asked[2]?.rights.length], ['install', null, 1]);
  await other.put(await theme(context, '1.3.0'));
  equal((await library.install(other.url)).id, `${id}-2`, 'each address keeps its own plug-in');
});

spec('library: a signed plug-in is updated by its publisher alone', async (context) => {
  const { library, asked } = openLibrary(context, {
    consent: (request) => ({ ...allowAll(request), replace: true }),
  });
  const [first, second] = [await publisher(context), await publisher(context)];
  await library.install(await signedBundle(context, '1', first));
  equal((await library.install(await signedBundle(context, '2', first))).id, 'v');
  equal((await library.install(await signedBundle(context, '3', second))).id, 'v-2', 'another key');
  equal((await library.install(await signedBundle(context, '4', null))).id, 'v-3', 'no signature');
  equal([asked[2]?.replaces, asked[3]?.replaces], [null, null], 'offers to replace');
  equal((await library.install(await signedBundle(context, '5', second))).id, 'v-2', 'the other key again');
  equal((await library.get('v'))?.version, '2');
});

spec('library: an older version is installed only if the user says so', async (context) => {
  let answer: ConsentAnswer = yes;
  const { library, asked } = openLibrary(context, { consent: () => answer });
  await library.install(await theme(context, '2.0.0'));
  const error = await failsWith(library.update(id, await theme(context, '2.0.0-rc.1')), 'consent-denied');
  contains(error.message, '2.0.0-rc.1 is older than the installed 2.0.0');
  equal([asked[1]?.isDowngrade, (await library.get(id))?.version], [true, '2.0.0']);
  answer = { ...yes, downgrade: true };
  equal((await library.update(id, await theme(context, '2.0.0-rc.1'))).version, '2.0.0-rc.1');
});

spec('library: a signed plug-in keeps the newest version as its floor, also after a rollback', async (context) => {
  const { library, asked } = openLibrary(context);
  const keys = await publisher(context);
  await library.install(await signedBundle(context, '1.0.0', keys));
  await library.update('v', await signedBundle(context, '3.0.0', keys));
  await library.rollback('v');
  await failsWith(library.update('v', await signedBundle(context, '2.0.0', keys)), 'consent-denied');
  equal(asked.at(-1)?.isDowngrade, true);
  equal((await library.update('v', await signedBundle(context, '3.0.0', keys))).version, '3.0.0');
});

spec('library: an update document that leads to an older version is refused', async (context) => {
  const { library } = openLibrary(context, { installHosts: [location.host] });
  const old = await theme(context, '1.0.0');
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await old.arrayBuffer()));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const bytes = await KeptPath.make(context, old);
  const document = await KeptPath.make(context, JSON.stringify({ version: '9.0.0', url: bytes.url, sha256 }));
  await library.install(await theme(context, '2.0.0', { updateUrl: document.url }));
  await failsWith(library.update(id), 'consent-denied');
  equal((await library.get(id))?.version, '2.0.0');
});

spec('library: an update with another name is asked for with both names', async (context) => {
  const { library, asked } = openLibrary(context);
  await library.install(await theme(context, '1.0.0'));
  await library.update(id, await theme(context, '1.1.0', { name: 'Other' }));
  equal([asked[1]?.kind, asked[1]?.installedName, asked[1]?.name], ['update', 'Theme', 'Other']);
});

spec('library: update addresses and those in update documents are https', async (context) => {
  const { library } = openLibrary(context);
  const insecure = 'http://updates.example.com/theme.json';
  const leading = { version: '2.0.0', url: insecure, sha256: '0'.repeat(64) };
  const document = await KeptPath.make(context, JSON.stringify(leading));
  for (const updateUrl of [insecure, document.url]) {
    const source = await KeptPath.make(context, await theme(context, '1.0.0', { updateUrl }));
    const plugin = await library.install(source.url);
    const error = await failsWith(library.update(plugin.id), 'host-not-allowed');
    contains(error.message, `${insecure} is not used for updates`);
    await library.remove(plugin.id);
  }
});

spec(
  'library: a record of format 2 is identified by the address or the key that it was stored with',
  async (context) => {
    const first = openLibrary(context);
    const own = await KeptPath.make(context, await theme(context, '1.0.0'));
    await first.library.install(`${own.url}?v=1`);
    await first.library.install(await vowelManifest(context, { id: 'file', version: '1.0.0' }));
    for (const key of [id, 'file']) {
      await overwrite(first.name, 'records', key, (old) => {
        const {
          declaredId: _id,
          addresses: _addresses,
          versionFloor: _floor,
          ...rest
        } = old as Record<string, unknown>;
        return { ...rest, schema: 2 };
      });
    }
    const { library, asked } = openLibrary(context, {}, first.name);
    equal(
      (await library.list()).map(({ declaredId }) => declaredId),
      [id, 'file'],
    );
    await own.put(await theme(context, '1.1.0'));
    equal((await library.install(own.url)).id, id);
    await library.install(await vowelManifest(context, { id: 'file', version: '2.0.0' }));
    equal([asked[0]?.kind, asked[1]?.kind, asked[1]?.replaces?.id], ['update', 'install', 'file']);
  },
);
