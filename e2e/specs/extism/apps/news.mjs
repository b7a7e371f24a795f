// An app for the Extism JS SDK: asks a server, links two modules, and counts vowels, after the examples of its README.
import { newPlugin } from '@extism/extism';

/** @param {string} path */
const address = (path) => new URL(path, location.origin).href;

export async function run() {
  const http = await newPlugin(address('/fixtures/http_request.wasm'), { allowedHosts: ['127.0.0.1'] });
  const body = await http.call('request', JSON.stringify({ url: address('/plugins/index.json'), method: 'GET' }));
  const refused = await http
    .call('request', JSON.stringify({ url: 'https://example.com/' }))
    .catch((/** @type {Error} */ error) => error.message);
  const linked = await newPlugin({
    wasm: [
      { name: 'dep', url: address('/fixtures/link_dep.wasm') },
      { name: 'main', url: address('/fixtures/link_main_function.wasm') },
    ],
  });
  const answer = (await linked.call('let_dep_answer'))?.text();
  const vowels = await newPlugin(address('/plugins/count_vowels.wasm'), { config: { vowels: 'aeiouAEIOU' } });
  const counted = (await vowels.call('count_vowels', 'Hello, World!'))?.json();
  await Promise.all([http, linked, vowels].map((plugin) => plugin.close()));
  return { bytes: body?.text().length, refused, answer, counted };
}
