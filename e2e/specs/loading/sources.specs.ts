/** What a plug-in can be made from, and how its form is detected. */
import type { PluginSource } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { openHost, sharedHost } from '../fixtures.js';
import { spec, type SpecContext } from '../harness.js';
import { bytesOf, countsVowels, KeptPath, ownModule, vowels } from './load-kit.js';

type MakeSource = (context: SpecContext) => PluginSource | Promise<PluginSource>;

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join(''));
}

const sources: Readonly<Record<string, MakeSource>> = {
  'an absolute URL as text': ({ url }) => url(vowels),
  'a URL relative to the page': () => vowels.slice(1),
  'a URL object': ({ url }) => new URL(url(vowels)),
  'a Blob without a type': async (context) => new Blob([await bytesOf(context, vowels)]),
  'a Blob of type text/html': async (context) => new Blob([await bytesOf(context, vowels)], { type: 'text/html' }),
  'a File': async (context) => new File([await bytesOf(context, vowels)], 'dropped.wasm'),
  'an ArrayBuffer': async (context) => (await bytesOf(context, vowels)).buffer,
  'a view in the middle of a larger buffer': async (context) => {
    const bytes = await bytesOf(context, vowels);
    const larger = new Uint8Array(bytes.length + 200).fill(0xff);
    larger.set(bytes, 100);
    return larger.subarray(100, 100 + bytes.length);
  },
  'a DataView': async (context) => new DataView((await bytesOf(context, vowels)).buffer),
  'a WebAssembly.Module of the app': async (context) => WebAssembly.compile(await bytesOf(context, vowels)),
  'a manifest object': ({ url }) => ({ wasm: [{ url: url(vowels) }], config: { vowels: 'aeiouAEIOU' } }),
  'a manifest object with bytes in it': async (context) => ({ wasm: [{ data: await bytesOf(context, vowels) }] }),
  'manifest JSON text': ({ url }) =>
    `\n {"wasm": [{"url": "${url(vowels)}"}], "timeout_ms": 5000, "memory": {"max_pages": 100}}`,
  'manifest JSON text with base64 in it': async (context) =>
    JSON.stringify({ wasm: [{ data: base64(await bytesOf(context, vowels)) }] }),
  'bytes that hold a manifest': ({ url }) => new TextEncoder().encode(`{"wasm": [{"url": "${url(vowels)}"}]}`),
  'a Blob that holds a manifest': ({ url }) => new Blob([`  {"wasm": [{"url": "${url(vowels)}"}]}`]),
  'a File that holds a manifest after a byte order mark': ({ url }) =>
    new File([`\u{feff}{"wasm": [{"url": "${url(vowels)}"}]}`], 'manifest.json'),
  'a URL that holds a manifest': async (context) =>
    (await KeptPath.make(context, `{"wasm": [{"url": "${context.url(vowels)}"}]}`)).url,
};

for (const [form, make] of Object.entries(sources)) {
  spec(`a plug-in loads from ${form}`, async (context) => {
    const plugin = await sharedHost(context).createPlugin(await make(context));
    await countsVowels(plugin);
  });
}

const responses: Readonly<Record<string, (context: SpecContext) => Response | Promise<Response>>> = {
  'a Response': ({ url }) => fetch(url(vowels)),
  'a Response made from bytes': async (context) => new Response(await bytesOf(context, vowels)),
  'a Response that holds a manifest': ({ url }) => new Response(`{"wasm": [{"url": "${url(vowels)}"}]}`),
  'a Response of one byte a chunk': async (context) => new Response(bytewise(await bytesOf(context, vowels))),
};

for (const [form, make] of Object.entries(responses)) {
  spec(`a plug-in loads from ${form}, and from a promise of it`, async (context) => {
    const host = sharedHost(context);
    await countsVowels(await host.createPlugin(await make(context)));
    await countsVowels(await host.createPlugin(Promise.resolve(make(context))));
  });
}

/** The header and the first sections in chunks of one byte, and then the rest. */
function bytewise(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const end = at < 256 ? at + 1 : bytes.length;
      controller.enqueue(bytes.slice(at, end));
      at = end;
      if (at === bytes.length) controller.close();
    },
  });
}

spec('a module that host.compile gave runs under the same limits, and is known to be gated', async (context) => {
  const host = sharedHost(context);
  const module = await host.compile(context.url(vowels), { memory: { maxPages: 100 } });
  const plugin = await host.createPlugin(module, { memory: { maxPages: 100 } });
  await countsVowels(plugin);
  const [inspected] = (await plugin.inspect()).modules;
  equal(inspected?.gated, true, 'gated');
  const error = await failsWith(host.createPlugin(module, { memory: { maxPages: 50 } }), 'cannot-limit-module');
  contains(error.fix ?? '', 'host.compile', 'fix');
});

spec('a module that the app compiled is refused where it would have to be limited', async (context) => {
  const module = await WebAssembly.compile(await bytesOf(context, vowels));
  const host = sharedHost(context);
  await failsWith(host.createPlugin(module, { memory: { maxPages: 10 } }), 'cannot-limit-module');
  const plugin = await host.createPlugin(module);
  equal((await plugin.inspect()).modules[0]?.gated, false, 'gated');
});

spec('a module loads with any content type and with none', async (context) => {
  const host = sharedHost(context);
  for (const type of ['text~html', 'application~json', 'application~wasm; charset=utf-8', 'image~png']) {
    const path = `/type/${encodeURIComponent(type)}${vowels}`;
    await countsVowels(await host.createPlugin(context.url(path), { cache: 'off' }));
  }
  const untyped = await KeptPath.make(context, await bytesOf(context, vowels));
  await countsVowels(await host.createPlugin(untyped.url));
});

spec('a module and a manifest are distinguished even when their bytes arrive one at a time', async (context) => {
  const host = sharedHost(context);
  const module = await KeptPath.make(context, await bytesOf(context, vowels));
  const manifest = await KeptPath.make(context, ` \n\t{"wasm": [{"url": "${context.url(vowels)}"}]}`);
  await countsVowels(await host.createPlugin(`${module.url}?bytewise`));
  await countsVowels(await host.createPlugin(`${manifest.url}?bytewise`));
});

spec("a relative URL in a manifest is relative to the manifest's own, else to the page", async (context) => {
  const host = sharedHost(context);
  const module = await KeptPath.make(context, await bytesOf(context, vowels));
  const name = new URL(module.url).pathname.split('/').at(-1) ?? '';
  const manifest = await KeptPath.make(context, `{"wasm": [{"url": "${name}"}]}`);
  await countsVowels(await host.createPlugin(manifest.url));
  await countsVowels(await host.createPlugin(fetch(manifest.url)));
  equal(await module.requests(), 2, 'requests');
  await countsVowels(await host.createPlugin(new Blob([`{"wasm": [{"url": "plugins/count_vowels.wasm"}]}`])));
  await countsVowels(await host.createPlugin({ wasm: [{ url: 'plugins/count_vowels.wasm' }] }));
});

spec('changing the source bytes after createPlugin does not change the plug-in', async (context) => {
  const bytes = await bytesOf(context, vowels);
  const creating = sharedHost(context).createPlugin(bytes);
  bytes.fill(0);
  await countsVowels(await creating);
});

spec("a host's own fetch is asked for every module and manifest, with method and headers", async (context) => {
  const asked: string[] = [];
  const hostFetch: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    asked.push(`${init?.method} ${String(input)} ${headers.get('x-key') ?? '-'}`);
    return fetch(input, init);
  };
  const host = openHost(context, { fetch: hostFetch });
  const manifest = await KeptPath.make(context, `{"wasm": [{"url": "/plugins/count_vowels.wasm"}]}`);
  await countsVowels(await host.createPlugin(manifest.url));
  const headers = { 'x-key': 'secret' };
  await countsVowels(await host.createPlugin({ wasm: [{ url: vowels, method: 'GET', headers }] }));
  equal(asked, [`GET ${manifest.url} -`, `GET ${context.url(vowels)} -`, `GET ${context.url(vowels)} secret`], 'asked');
  const broken = openHost(context, { fetch: () => Promise.reject(new TypeError('no wires')) });
  contains(
    (await failsWith(broken.createPlugin(context.url(vowels), { cache: 'off' }), 'fetch-failed')).message,
    'no wires',
  );
  const odd = openHost(context, { fetch: () => Promise.resolve('text' as unknown as Response) });
  contains(
    (await failsWith(odd.createPlugin(context.url('/plugins/echo.wasm')), 'invalid-argument')).message,
    'Response',
  );
});

spec('progress reports phases in order, growing byte counts, and the total if the server sends it', async (context) => {
  const phases: string[] = [];
  let last = 0;
  const host = sharedHost(context);
  const module = await ownModule(context, 300_000);
  const path = await KeptPath.make(context, module);
  const plugin = await host.createPlugin(path.url, {
    onProgress: ({ source, phase, bytes, totalBytes }) => {
      equal([source, totalBytes], [path.url, module.length], 'source and total');
      check(bytes >= last, `${bytes} bytes after ${last}`);
      last = bytes;
      if (phases.at(-1) !== phase) phases.push(phase);
    },
  });
  await countsVowels(plugin);
  equal([phases, last], [['reading', 'compiling'], module.length], 'phases, and bytes at the end');
  const totals = new Set<number | null>();
  const stream = new Response(new Blob([module]).stream());
  await host.createPlugin(stream, {
    onProgress: ({ phase, totalBytes }) => {
      if (phase === 'reading') totals.add(totalBytes);
    },
    memory: { maxPages: 99 },
  });
  equal([...totals], [null], 'total of a Response without a length');
});
