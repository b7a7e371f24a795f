/** What the app sees and decides of its plug-ins' HTTP requests. The table of hosts, redirects, headers and bodies is in e2e/security/network. */
import { features, type HostOptions, type LogRecord, type Plugin, type PluginOptions, type RequestEvent } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { numberOf, openHost, sharedHost } from '../fixtures.js';
import { spec } from '../harness.js';
import { eachWay, type WaitingContext } from '../waiting.js';
import { withBody } from './request-input.js';

interface Asked {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const ask = (asked: Asked): string => JSON.stringify(asked);

/** A plug-in that sends what it is given, and may ask this page's own server. */
function open(
  { openWaitingHost, url }: WaitingContext,
  options: PluginOptions = {},
  hostOptions: HostOptions = {},
): Promise<Plugin> {
  const settings = { allowedHosts: [location.host], cache: 'off', ...options } as const;
  return openWaitingHost(hostOptions).createPlugin(url('/fixtures/http_request.wasm'), settings);
}

eachWay('a plug-in sends a body, and with GET is warned that it cannot', async (context) => {
  const records: LogRecord[] = [];
  const plugin = await open(context, { onLog: (record) => records.push(record) });
  const url = context.url('/echo');
  const posted = await plugin.call('request_with_body', withBody(ask({ url, method: 'post' }), 'Grüße'));
  contains(posted.text(), '"POST"', 'method');
  check(records.length === 0, 'a POST was warned of');
  equal(numberOf(await plugin.call('status')), 200n);
  await plugin.call('request_with_body', withBody(ask({ url }), 'left out'));
  equal(
    records.map(({ level }) => level),
    ['warn'],
    'lines',
  );
  contains(records[0]?.message ?? '', 'GET', 'line');
});

eachWay('without allowedHosts a plug-in reaches nothing, its own page least of all', async (context) => {
  const plugin = await open(context, { allowedHosts: [] });
  const error = await failsWith(plugin.call('request', ask({ url: context.url('/echo') })), 'host-not-allowed');
  contains(error.message, 'allowedHosts is empty', 'message');
  const wide = await open(context, { allowedHosts: ['*'] });
  await failsWith(wide.call('request', ask({ url: context.url('/echo') })), 'host-not-allowed');
});

eachWay('every request is reported to the app, whether it was allowed or not', async (context) => {
  const events: RequestEvent[] = [];
  const plugin = await open(context, { name: 'asker', onRequest: (event) => events.push(event) });
  const url = context.url('/echo');
  const { byteLength } = await plugin.call('request', ask({ url }));
  await plugin.call('request', ask({ url: 'https://elsewhere.example/', method: 'put' })).catch(() => {});
  equal(
    events.map(({ ms, reason, ...rest }) => ({ ...rest, timed: ms >= 0, refused: reason !== null })),
    [
      { plugin: 'asker', method: 'GET', url, status: 200, bytes: byteLength, timed: true, refused: false },
      {
        plugin: 'asker',
        method: 'PUT',
        url: 'https://elsewhere.example/',
        status: null,
        bytes: 0,
        timed: true,
        refused: true,
      },
    ],
  );
});

eachWay('aborting a call aborts its request', async (context) => {
  const events: RequestEvent[] = [];
  const plugin = await open(context, { onRequest: (event) => events.push(event) });
  const controller = new AbortController();
  const call = plugin.call('request', ask({ url: context.url('/hang') }), { signal: controller.signal });
  setTimeout(() => controller.abort(), 200);
  await failsWith(call, 'aborted');
  while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  equal(events[0]?.status, null, 'status');
});

eachWay('an answer larger than allowed fails its call', async (context) => {
  const size = (await (await fetch(context.url('/plugins/count_vowels.wasm'))).arrayBuffer()).byteLength;
  const request = ask({ url: context.url('/plugins/count_vowels.wasm') });
  const exact = await open(context, { memory: { maxHttpResponseBytes: size } });
  equal((await exact.call('request', request)).byteLength, size, 'bytes at the limit');
  const plugin = await open(context, { memory: { maxHttpResponseBytes: size - 1 } });
  const error = await failsWith(plugin.call('request', request), 'http-too-large');
  contains(error.message, `at most ${size - 1} bytes`, 'message');
});

eachWay('requests run through the fetch of the host, where it has one', async (context) => {
  const asked: string[] = [];
  const own: typeof fetch = (input, options) => {
    const url = input instanceof Request ? input.url : String(input);
    if (!url.startsWith('https://api.example.com/')) return fetch(input, options);
    asked.push(`${options?.method} ${url} ${options?.credentials} ${options?.redirect}`);
    return Promise.resolve(new Response('from the app'));
  };
  const plugin = await open(context, { allowedHosts: ['api.example.com'] }, { fetch: own });
  const output = await plugin.call('request', ask({ url: 'https://API.example.com:443/a', method: 'delete' }));
  equal(output.text(), 'from the app');
  equal(asked, ['DELETE https://api.example.com/a omit error']);
});

eachWay('what is no request traps, and the plug-in goes on', async (context) => {
  const plugin = await open(context);
  for (const text of ['no JSON', '[]', '{}', '{"url":7}', '{"url":"/relative"}']) {
    contains((await failsWith(plugin.call('request', text), 'guest-trap')).message, 'HTTP request', text);
  }
  equal(numberOf(await plugin.call('request_then_status', ask({ url: context.url('/echo') }))), 200n, 'the next call');
});

spec('HTTP options of the wrong type are refused', async (context) => {
  const create = (options: unknown): Promise<unknown> =>
    sharedHost(context).createPlugin(context.url('/fixtures/empty.wasm'), options as PluginOptions);
  for (const options of [{ followRedirects: 'yes' }, { allowHttpResponseHeaders: 1 }, { onRequest: {} }]) {
    const error = await failsWith(create(options), 'invalid-argument');
    equal(error.where, Object.keys(options)[0], 'where');
  }
});

spec(
  'where nothing lets a plug-in wait, one that may use HTTP is refused by the name of its import, another runs',
  async (context) => {
    if (features().waiting.length > 0) context.skip('plug-ins can wait here');
    const host = openHost(context);
    const source = context.url('/fixtures/http_request.wasm');
    const error = await failsWith(host.createPlugin(source, { allowedHosts: [location.host] }), 'cannot-wait');
    contains(error.message, '"extism:host/env" "http_request"', 'message');
    contains(error.fix ?? '', 'tenon/service-worker', 'fix');
    const plugin = await host.createPlugin(source);
    equal(numberOf(await plugin.call('status')), 0n, 'status before any request');
    await failsWith(plugin.call('request', ask({ url: context.url('/echo') })), 'host-not-allowed');
  },
  { onEveryPage: true },
);
