/** Rights of plug-ins as they are built: a bare module gets what it needs when it needs it, and no right is more than it says. */
import type { ConsentRequest, Library } from 'tenon/library';
import { check, equal, failsWith } from '../assert.js';
import { spec, type SpecContext } from '../harness.js';
import { sharedHost } from '../fixtures.js';
import { bytesOf } from '../loading/load-kit.js';
import { skipWithoutWaiting } from '../waiting.js';
import { fileOf, openLibrary, pluginManifest, vowelManifest } from './library-kit.js';

const here = `host:${location.host}`;

async function bare(context: SpecContext, fixture: string): Promise<File> {
  return fileOf(await bytesOf(context, `/fixtures/${fixture}.wasm`), `${fixture}.wasm`);
}

/** Resolves when the plug-in's right has this decision. */
async function decided(library: Library, id: string, decision: string): Promise<void> {
  for (;;) {
    const changed = new Promise((resolve) => library.addEventListener('change', resolve, { once: true }));
    if ((await library.get(id))?.rights.some((right) => right.key === here && right.decision === decision)) return;
    await changed;
  }
}

spec('library: a module without a manifest is asked about each host that it requests', async (context) => {
  await skipWithoutWaiting(context);
  const { library, asked } = openLibrary(context, {
    consent: ({ kind, rights }) => ({
      allowed: true,
      rights: kind === 'run' ? Object.fromEntries(rights.map(({ key }) => [key, 'once'])) : {},
    }),
  });
  const { id, rights } = await library.install(await bare(context, 'http_request'));
  equal([asked[0]?.rights, asked[0]?.asksForHosts, rights], [[], true, []], 'when it is installed');
  const open = await library.open(id);
  const request = JSON.stringify({ url: context.url('/echo') });
  await failsWith(open.call('request', request), 'host-not-allowed');
  await decided(library, id, 'once');
  equal(
    asked.slice(1).map(({ kind, wanted, rights: wantedRights }) => [kind, wanted, wantedRights[0]?.key]),
    [['run', location.host, here]],
  );
  await open.call('status');
  await open.call('request', request);
  equal((await library.get(id))?.rights, [], 'after the one use');
  await failsWith(open.call('request', request), 'host-not-allowed');
  await library.decide(id, here, 'page');
  await open.call('request', request);
  await open.call('request', request);
  await library.decide(id, here, 'deny');
  await failsWith(open.call('request', request), 'host-not-allowed');
});

spec('library: a module without a manifest has the hosts and the config that the app sets', async (context) => {
  await skipWithoutWaiting(context);
  const { library } = openLibrary(context, {
    consent: () => ({ allowed: true, rights: {} }),
    options: () => ({ allowedHosts: [location.host], config: { vowels: 'xyz' } }),
  });
  const network = await library.install(await bare(context, 'http_request'));
  const request = JSON.stringify({ url: context.url('/echo') });
  const open = await library.open(network.id);
  await open.call('request', request);
  await library.decide(network.id, here, 'deny');
  await failsWith(open.call('request', request), 'host-not-allowed');
  const config = await library.install(await bare(context, 'config'));
  const get = async (key: string): Promise<string> => (await (await library.open(config.id)).call('get', key)).text();
  equal(await get('vowels'), 'xyz');
  const { settings, takesAnySettings } = await library.configure(config.id, { vowels: 'aeiou', key: 's3cret' });
  equal(
    [takesAnySettings, settings.map(({ key, value, isSet }) => [key, value, isSet])],
    [
      true,
      [
        ['vowels', null, true],
        ['key', null, true],
      ],
    ],
  );
  equal([await get('vowels'), await get('key')], ['aeiou', 's3cret'], 'with what the user set');
  await library.configure(config.id, { vowels: null });
  equal(await get('vowels'), 'xyz', 'after a reset');
});

spec('library: a manifest limits what the app and the user can add', async (context) => {
  const { library } = openLibrary(context, {
    host: sharedHost(context),
    options: () => ({ config: { vowels: 'xyz' } }),
  });
  await library.install(await vowelManifest(context, { id: 'v' }));
  await failsWith(library.configure('v', { vowels: 'xyz' }), 'setting-invalid');
  const open = await library.open('v');
  equal((await open.call('count_vowels', 'xyz e')).json<{ count: number }>().count, 1);
});

spec('library: a right that the code cannot use is shown as unused and not granted', async (context) => {
  const { library, asked } = openLibrary(context, {
    consent: () => ({ allowed: true, rights: { [here]: 'always', 'path:/data': 'always' } }),
  });
  const permissions = [{ host: location.host, reason: 'reads rates' }, { path: '/data' }];
  await library.install(await vowelManifest(context, { id: 'v', permissions }));
  const keys = ({ rights, unusedRights }: ConsentRequest): unknown =>
    [rights, unusedRights].map((list) => list.map(({ key }) => key));
  equal(asked.map(keys), [[[], [here, 'path:/data']]]);
  const installed = await library.get('v');
  equal(
    installed?.rights.map(({ key, isUnused, decision }) => [key, isUnused, decision]),
    [
      [here, true, 'ask'],
      ['path:/data', true, 'ask'],
    ],
  );
  // Version 2 can use the host, so it asks, although the manifest of version 1 named the host too.
  await library.update('v', await pluginManifest(context, '/fixtures/http_request.wasm', { id: 'v', permissions }));
  equal(asked.map(keys).slice(1), [[[here], ['path:/data']]], 'asked by the update');
});

spec('library: memory without a decision is asked for at the first call, and then given', async (context) => {
  const { library, asked } = openLibrary(context, {
    consent: ({ kind }) => ({ allowed: true, rights: kind === 'run' ? { 'memory:8003': 'always' } : {} }),
  });
  const { id } = await library.install(await bare(context, 'field_8003_pages'));
  const open = await library.open(id);
  const given = new Promise((resolve) => library.addEventListener('change', resolve, { once: true }));
  await failsWith(open.call('pages'), 'memory-limit');
  await given;
  equal(
    asked.slice(1).map(({ kind, wanted, rights }) => [kind, wanted, rights[0]?.key]),
    [['run', null, 'memory:8003']],
  );
  check((await open.call('pages')).byteLength > 0, 'it runs');
});
