/** What a manifest that the app did not write can make the page do: its URLs, and the rights that it asks for. */
import type { Manifest, PluginSource } from 'tenon';
import { createPlugin as createDropIn } from 'tenon/extism';
import { check, contains, equal, failsWith } from '../assert.js';
import { openHost } from '../fixtures.js';
import { spec, type SpecContext } from '../harness.js';
import { eachWay } from '../waiting.js';
import { bytesOf, countsVowels, elsewhere, KeptPath, logIn, RecordedModule, vowels } from './load-kit.js';

const anonymous = { method: 'GET', cookie: null, key: null };

/** Everything that a manifest is parsed from. */
const foreignForms: Readonly<
  Record<string, (context: SpecContext, text: string) => PluginSource | Promise<PluginSource>>
> = {
  'JSON text': (_context, text) => text,
  bytes: (_context, text) => new TextEncoder().encode(text),
  'a Blob': (_context, text) => new Blob([text]),
  'an uploaded file': (_context, text) => new File([text], 'manifest.json'),
  'a Response': (_context, text) => new Response(text),
  'a URL': async (context, text) => (await KeptPath.make(context, text)).url,
};

spec(
  "a URL that the app's code names is requested with the user's cookies, and as its manifest says",
  async (context) => {
    const cookie = logIn(context);
    const [bare, listed] = [new RecordedModule(context), new RecordedModule(context)];
    const host = openHost(context);
    await countsVowels(await host.createPlugin(bare.url, { cache: 'off' }));
    equal(await bare.requests(), [{ method: 'GET', cookie, key: null }], 'a URL');
    const wasm = [{ url: listed.url, method: 'POST', headers: { 'x-key': 'k' } }];
    await countsVowels(await host.createPlugin({ wasm }, { cache: 'off' }));
    equal(await listed.requests(), [{ method: 'POST', cookie, key: 'k' }], 'a manifest object');
  },
);

for (const [form, make] of Object.entries(foreignForms)) {
  spec(`the URLs in a manifest from ${form} are requested without the user's cookies`, async (context) => {
    const cookie = logIn(context);
    const module = new RecordedModule(context);
    const text = JSON.stringify({ wasm: [{ url: module.url, method: 'get', headers: {} }] });
    const host = openHost(context);
    await countsVowels(await host.createPlugin(await make(context, text), { cache: 'off' }));
    equal(await module.requests(), [{ method: 'GET', cookie: null, key: null }], 'requests');
    await countsVowels(await host.createPlugin(await make(context, text), { cache: 'off', trust: 'app' }));
    equal((await module.requests())[1], { method: 'GET', cookie, key: null }, "with trust: 'app'");
  });

  spec(
    `a manifest from ${form} names neither a method nor headers: it is refused before any request`,
    async (context) => {
      logIn(context);
      const module = new RecordedModule(context);
      const host = openHost(context);
      for (const [field, item] of [
        ['method', { method: 'POST' }],
        ['headers', { headers: { 'x-key': 'secret' } }],
      ] as const) {
        const text = JSON.stringify({ wasm: [{ url: module.url, ...item }] });
        const source = await make(context, text);
        const error = await failsWith(host.createPlugin(source, { cache: 'off' }), 'invalid-manifest');
        equal(
          error.issues.map(({ path }) => path),
          [`wasm[0].${field}`],
          'path',
        );
        contains(error.fix ?? '', "trust: 'app'");
      }
      equal(await module.requests(), [], 'requests');
    },
  );
}

spec('the page sends no cookies either where it fetches for a worker', async (context) => {
  logIn(context);
  const asked: (RequestInit | undefined)[] = [];
  const host = openHost(context, {
    fetch: (input, init) => {
      asked.push(init);
      return fetch(input, init);
    },
  });
  const module = new RecordedModule(context);
  const manifest = await KeptPath.make(context, JSON.stringify({ wasm: [{ url: module.url }] }));
  await countsVowels(await host.createPlugin(manifest.url, { cache: 'off' }));
  equal(
    asked.map((init) => [init?.credentials, init?.redirect]),
    [
      ['same-origin', 'follow'],
      ['omit', 'error'],
    ],
    'requests of the page',
  );
  equal(await module.requests(), [anonymous], 'requests');
});

spec('a redirect that a foreign manifest leads to is not followed', async (context) => {
  const module = new RecordedModule(context);
  const url = context.url(`/redirect-to?url=${encodeURIComponent(module.url)}`);
  const text = JSON.stringify({ wasm: [{ url }] });
  const throughPage = openHost(context, { fetch: (input, init) => fetch(input, init) });
  for (const host of [openHost(context), throughPage]) {
    await failsWith(host.createPlugin(text, { cache: 'off' }), 'fetch-failed');
    equal(await module.requests(), [], 'requests');
  }
  await countsVowels(await openHost(context).createPlugin(text, { cache: 'off', trust: 'app' }));
  equal((await module.requests()).length, 1, "requests with trust: 'app'");
});

spec(
  'a foreign manifest makes the page request no local address but those of the page and its own',
  async (context) => {
    const host = openHost(context);
    const module = new RecordedModule(context);
    const local = elsewhere(module.url);
    const leading = await KeptPath.make(context, JSON.stringify({ wasm: [{ url: local }] }));
    for (const source of [leading.url, JSON.stringify({ wasm: [{ url: local }] })]) {
      const error = await failsWith(
        host.createPlugin(source, { cache: 'off', allowedHosts: ['*'] }),
        'host-not-allowed',
      );
      contains(error.fix ?? '', new URL(local).host);
    }
    for (const name of [
      '127.0.0.2',
      '127.1:9',
      '0x7f000001',
      '[::1]',
      '192.168.1.1',
      'router',
      'nas.lan',
      'a.internal.',
    ]) {
      const wasm = [{ url: `http://${name}/a.wasm` }];
      const error = await failsWith(host.createPlugin(JSON.stringify({ wasm })), 'host-not-allowed');
      equal(error.where, 'wasm[0]', 'where');
      await failsWith(host.createPlugin({ wasm }, { trust: 'foreign' }), 'host-not-allowed');
    }
    await rejects(createDropIn(leading.url), 'a manifest that the drop-in fetched');
    equal(await module.requests(), [], 'requests');
    const anywhere = await KeptPath.make(context, JSON.stringify({ wasm: [{ url: module.url }] }));
    await countsVowels(await host.createPlugin(anywhere.url, { cache: 'off' }));
    equal((await module.requests()).length, 1, 'requests to the own origin');
    // The server answers with no CORS headers, so the page may not read what it requested.
    const allowedHosts = [new URL(local).host];
    await failsWith(host.createPlugin(leading.url, { cache: 'off', allowedHosts }), 'fetch-failed');
    check((await module.requests()).length > 1, 'an option allows the request');
    const renamed = openHost(context, {
      fetch: (input, init) => fetch(String(input).replace(new URL(local).origin, location.origin), init),
    });
    const nearby = await KeptPath.make(context, JSON.stringify({ wasm: [{ url: new URL(module.url).pathname }] }));
    await countsVowels(await renamed.createPlugin(elsewhere(nearby.url), { cache: 'off' }));
  },
);

async function rejects(creating: Promise<unknown>, what: string): Promise<void> {
  let isRejected = false;
  await creating.catch(() => (isRejected = true));
  check(isRejected, `${what} is refused`);
}

spec('a large manifest is parsed off the page, within limits', async (context) => {
  const scripts: string[] = [];
  const host = openHost(context, {
    worker: (script) => {
      scripts.push(script);
      return new Worker(context.url(`/dist/${script}.js`), { type: 'module' });
    },
  });
  const readers = (): number => scripts.filter((script) => script === 'reader').length;
  const bytes = await bytesOf(context, vowels);
  const data = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  const text = (more: object): string => JSON.stringify({ wasm: [{ data }], config: { vowels: 'aeiou' }, ...more });
  await countsVowels(await host.createPlugin(text({})));
  equal(readers(), 0, 'readers for a small manifest');
  const large = text({ 'x-note': 'x'.repeat(65_536) });
  for (const source of [large, new Blob([large])]) await countsVowels(await host.createPlugin(source));
  equal(readers(), 2, 'readers for large ones');
  for (const [bad, fault] of [
    [text({ 'x-note': 'x'.repeat(16_777_216) }), 'characters besides the data of modules'],
    [`{"wasm":[${'{},'.repeat(30_000)}{}]}`, 'expected at most 20000 values, found at least 20001'],
    ['{"wasm":['.repeat(65_536), 'levels of nesting'],
  ] as const) {
    const error = await failsWith(host.createPlugin(new Blob([bad])), 'invalid-manifest');
    contains(error.issues[0]?.message ?? '', fault);
  }
  equal(readers(), 5, 'readers for all');
  const dropIn = await createDropIn(large);
  equal((await dropIn.call('count_vowels', 'Hello'))?.json().count, 2, 'vowels in the drop-in');
  await dropIn.close();
});

spec("a response to a request with the user's cookies is not kept for a foreign manifest", async (context) => {
  const cookie = logIn(context);
  const module = new RecordedModule(context);
  const host = openHost(context);
  await countsVowels(await host.createPlugin(module.url));
  await countsVowels(
    await openHost(context).createPlugin(JSON.stringify({ wasm: [{ url: module.url }] }), { cache: 'prefer' }),
  );
  equal(
    (await module.requests()).map((request) => request.cookie),
    [cookie, null],
    'cookies',
  );
});

spec('an object that the app got from elsewhere is foreign if the app says so', async (context) => {
  logIn(context);
  const module = new RecordedModule(context);
  const host = openHost(context);
  const manifest: Manifest = { wasm: [{ url: module.url }] };
  await countsVowels(await host.createPlugin(manifest, { cache: 'off', trust: 'foreign' }));
  equal(await module.requests(), [{ method: 'GET', cookie: null, key: null }], 'requests');
  const odd = host.createPlugin(manifest, { trust: 'mine' as 'app' });
  equal((await failsWith(odd, 'invalid-argument')).where, 'trust');
});

eachWay(
  'allowed_hosts of a foreign manifest is a request: the options grant, and both must cover a host',
  async (context) => {
    const host = context.openWaitingHost();
    const wasm = [{ url: context.url('/fixtures/http_request.wasm') }];
    const echo = JSON.stringify({ url: context.url('/echo') });
    const ask = async (allowed_hosts: readonly string[] | null | undefined, options: object): Promise<unknown> => {
      const text = JSON.stringify({ wasm, allowed_hosts });
      const plugin = await host.createPlugin(new Blob([text]), { cache: 'off', ...options });
      try {
        return (await plugin.call('request', echo)).byteLength > 0;
      } catch (error) {
        return (error as { code?: unknown }).code;
      } finally {
        await plugin.close();
      }
    };
    const [own, denied] = [[location.host], 'host-not-allowed'];
    equal(await ask(own, {}), denied, 'no option');
    equal(await ask(['*', ...own], { allowedHosts: null }), denied, 'an option of null');
    equal(await ask(own, { allowedHosts: own }), true, 'both');
    equal(await ask(['*'], { allowedHosts: own }), true, 'the manifest asks for more');
    equal(await ask([`${location.hostname}:1`], { allowedHosts: own }), denied, 'the manifest asks for another port');
    equal(await ask([], { allowedHosts: own }), denied, 'the manifest asks for nothing');
    equal(await ask(own, { allowedHosts: ['*'] }), denied, 'the option does not name the own host');
    equal(await ask(null, { allowedHosts: own }), true, 'the manifest has no list');
    equal(await ask(undefined, {}), denied, 'neither has a list');
    equal(await ask(own, { trust: 'app' }), true, "trust: 'app'");
  },
);

eachWay('allowed_hosts of a manifest object holds, unless the app says that it is foreign', async (context) => {
  const host = context.openWaitingHost();
  const manifest = { wasm: [{ url: context.url('/fixtures/http_request.wasm') }], allowed_hosts: [location.host] };
  const echo = JSON.stringify({ url: context.url('/echo') });
  await (await host.createPlugin(manifest, { cache: 'off' })).call('request', echo);
  const foreign = await host.createPlugin(manifest, { cache: 'off', trust: 'foreign' });
  const error = await failsWith(foreign.call('request', echo), 'host-not-allowed');
  contains(error.message, 'grants nothing');
});

spec(
  'allowed_paths of a foreign manifest is a request: a directory is there only if the options name it',
  async (context) => {
    const host = openHost(context);
    const wasm = [{ url: context.url('/wasi/tools.wasm') }];
    const allowed_paths = { '/srv/data': '/data', 'ro:/srv/shared': '/shared' };
    const text = JSON.stringify({ wasm, allowed_paths });
    const files = { '/srv/shared': { memory: { given: 'shared' } } };
    const plugin = await host.createPlugin(text, { cache: 'off', files });
    equal((await plugin.call('read_text', '/shared/given')).text(), 'shared');
    await failsWith(plugin.call('append', '/shared/given x'), 'guest-error');
    await failsWith(plugin.call('append', '/data/a x'), 'guest-error');
    const none = await host.createPlugin(text, { cache: 'off' });
    await failsWith(none.call('read_text', '/shared/given'), 'guest-error');
  },
);

spec('config of a foreign manifest is kept, and an option overrides its entry', async (context) => {
  const host = openHost(context);
  const data = btoa(Array.from(await bytesOf(context, vowels), (byte) => String.fromCharCode(byte)).join(''));
  const text = JSON.stringify({ wasm: [{ data }], config: { vowels: 'l' } });
  const count = async (options: object): Promise<number> =>
    (await (await host.createPlugin(text, options)).call('count_vowels', 'Hello')).json<{ count: number }>().count;
  equal(await count({}), 2, 'as the manifest says');
  equal(await count({ config: { vowels: 'H' } }), 1, 'as the option says');
});
