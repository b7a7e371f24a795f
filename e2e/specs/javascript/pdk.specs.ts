/** The interface of the Extism JS PDK, in plug-ins that its types check too: see `src/javascript/js-pdk.test.ts`. */
import { createPlugin, hostFunction, type Plugin, type PluginOptions } from 'tenon';
import { compileJavaScript } from 'tenon/javascript';
import { check, contains, equal, failsWith } from '../assert.js';
import { spec, type SpecContext } from '../harness.js';
import { eachWay } from '../waiting.js';

const sources = import.meta.glob<string>('../../fixtures/js-pdk/*/*', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** Metering the engine takes seconds. Specs of metering are in `source.specs.ts`. */
const unmetered = { metering: false, loadTimeoutMs: 60_000 } as const;

/** Compiles the files of a fixture to one module. */
async function moduleOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const files = Object.entries(sources).flatMap(([path, text]): [string, string][] => {
    const [, folder, file = ''] = /([^/]+)\/([^/]+)$/u.exec(path) ?? [];
    return folder === name ? [[file, text]] : [];
  });
  return (await compileJavaScript(Object.fromEntries(files))).bytes;
}

async function open({ defer }: SpecContext, name: string, options: PluginOptions = {}): Promise<Plugin> {
  const plugin = await createPlugin(await moduleOf(name), { ...unmetered, ...options });
  defer(() => plugin.close());
  return plugin;
}

spec('JS PDK: Host, Config, Var, Memory, console and the platform, in a plug-in of several files', async (context) => {
  const lines: string[] = [];
  const plugin = await open(context, 'everything', {
    config: { key: 'value' },
    logLevel: 'trace',
    onLog: ({ level, message }) => void lines.push(`${level} ${message}`),
  });
  const json = async (name: string, input = ''): Promise<unknown> => (await plugin.call(name, input)).json();
  equal(await json('host', 'hé'), ['hé', [104, 195, 169], 'aMOp', [104, 195, 169]]);
  equal(Array.from((await plugin.call('bytes')).bytes()), [0, 255, 7]);
  equal(await json('config'), ['value', null]);
  equal(await json('vars'), ['héllo', [1, 2], null, null]);
  const numbers = [4_000_000_000, '9223372036854775808', 1.5, 0.1];
  equal(await json('blocks'), [6, 'héllo', 'héllo', [104], [3, 4], { a: [1] }, ...numbers]);
  const href = 'https://example.com/a/b?x=1&z=%C3%A4#y';
  equal(await json('platform'), [href, 'one=1', 'ö', false, '1970-01-01T00:00:00.000Z']);
  await plugin.call('logs');
  equal(lines, ['info log 1 {"a":true}', 'info info', 'warn warn', 'error error', 'debug debug']);
});

spec('JS PDK: exports in CommonJS return codes, throw and catch', async (context) => {
  const vowels = await open(context, 'vowels');
  equal((await vowels.call('count_vowels', 'Hello')).json(), { count: 2, total: 2, vowels: 'aeiouAEIOU' });
  equal((await vowels.call('count_vowels', 'again')).json<{ total: number }>().total, 5);
  const errors = await open(context, 'errors');
  equal((await errors.call('catches')).text(), 'caught: Error: a message for the host');
  const thrown = await failsWith(errors.call('throws'), 'guest-error');
  check(/^Error: a message for the host\n\s+at throws \(main\.js:2/u.test(thrown.message), thrown.message);
  contains((await failsWith(errors.call('later'), 'guest-error')).message, 'TypeError: later');
  await errors.call('code', 'ok');
  contains((await failsWith(errors.call('code', 'no'), 'guest-exit')).message, 'non-zero exit code: -1');
});

eachWay(
  'JS PDK: a plug-in calls the host functions that its interface declares',
  async (context) => {
    const upper = hostFunction({ params: ['text'], result: 'text', handler: (text) => text.toUpperCase() });
    const add = hostFunction({ params: ['i32', 'f64'], result: 'f64', handler: (one, other) => one + other });
    const functions = { 'extism:host/user': { upper, add } };
    const plugin = await context
      .openWaitingHost()
      .createPlugin(await moduleOf('host-functions'), { ...unmetered, functions });
    equal((await plugin.call('greet')).json(), ['HELLO', { HELLO: 'WORLD' }, 2.5]);
  },
  { onEveryPage: false },
);

const fetching = `export async function get() {
  const response = await fetch(Host.inputString(), { method: 'POST', headers: { 'x-word': 'yes' }, body: 'sent' });
  const { method, body, headers } = await response.json();
  const type = response.headers.get('Content-Type');
  Host.outputString(JSON.stringify([response.status, response.ok, type, method, body, headers['x-word']]));
}`;

eachWay(
  'JS PDK: Http.request and fetch reach the hosts that are allowed, and no others',
  async (context) => {
    const host = context.openWaitingHost();
    const options = { ...unmetered, allowedHosts: [location.host], allowHttpResponseHeaders: true };
    const url = context.url('/echo');
    const plugin = await host.createPlugin(await moduleOf('requests'), options);
    const send = (input: unknown): Promise<unknown> =>
      plugin.call('request', JSON.stringify(input)).then((output) => output.json());
    const { status, text } = Object(await send({ url, body: 'Grüße' })) as { status: number; text: string };
    const { method, body, headers } = JSON.parse(text) as { [key: string]: unknown; headers: Record<string, string> };
    equal([status, method, body, headers['x-word'], headers['x-number']], [200, 'POST', 'Grüße', 'yes', '7']);
    await failsWith(send({ url: 'https://elsewhere.example/' }), 'host-not-allowed');
    equal(Object(await send({ url })).status, 200, 'a request after a refused one');
    const other = await host.createPlugin(new File([fetching], 'fetching.js'), options);
    const received = (await other.call('get', url)).json();
    equal(received, [200, true, 'application/json', 'POST', 'sent', 'yes']);
    await failsWith(other.call('get', 'https://elsewhere.example/'), 'host-not-allowed');
  },
  { onEveryPage: false },
);
