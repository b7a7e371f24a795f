/** HTTP requests of plug-ins: made by the page, to allowed hosts alone. */
import type { Plugin, PluginOptions, RequestEvent } from 'tenon';
import { check, contains, equal, failsWith } from '../assert.js';
import { numberOf } from '../fixtures.js';
import { eachWay, type WaitingContext } from '../waiting.js';

function open({ openWaitingHost, url }: WaitingContext, options: PluginOptions = {}): Promise<Plugin> {
  const source = url('/fixtures/http_request.wasm');
  return openWaitingHost().createPlugin(source, { cache: 'off', allowedHosts: [location.hostname], ...options });
}

function request(url: string, more: object = {}): string {
  return JSON.stringify({ url, ...more });
}

eachWay(
  'a plug-in reads what an allowed host answers: body, status and, if the app wants, headers',
  async (context) => {
    const plugin = await open(context, { allowHttpResponseHeaders: true });
    const index = request(context.url('/plugins/index.json'));
    const expected = await (await fetch('/plugins/index.json')).text();
    equal((await plugin.call('request', index)).text(), expected, 'body');
    equal(numberOf(await plugin.call('status')), 200n, 'status of the last call');
    equal(numberOf(await plugin.call('request_then_status', request(context.url('/absent')))), 404n, 'status');
    const headers = (await plugin.call('request_then_headers', index)).json<Record<string, string>>();
    equal(headers['content-type'], 'application/json', 'a header');
    const silent = await open(context);
    equal((await silent.call('request_then_headers', index)).byteLength, 0, 'headers unless the app wants them');
  },
);

eachWay('a megabyte comes back whole', async (context) => {
  const plugin = await open(context);
  const source = context.url('/dist/worker.js');
  const expected = new Uint8Array(await (await fetch(source)).arrayBuffer());
  equal((await plugin.call('request', request(source))).byteLength, expected.length, 'bytes');
});

eachWay('a host that is not allowed is refused with its name, seen by the app, and never asked', async (context) => {
  const events: RequestEvent[] = [];
  const plugin = await open(context, { allowedHosts: ['api.example.com'], onRequest: (event) => events.push(event) });
  const error = await failsWith(plugin.call('request', request(context.url('/plugins/'))), 'host-not-allowed');
  contains(error.message, location.hostname, 'message');
  equal(events.length, 1, 'events');
  equal(events[0]?.status, null, 'status');
  contains(events[0]?.reason ?? '', location.hostname, 'reason');
  await failsWith(plugin.call('request', 'no JSON'), 'guest-trap');
});

eachWay('a plug-in that no host is allowed to runs, and its requests are refused', async (context) => {
  const plugin = await open(context, { allowedHosts: null });
  await failsWith(plugin.call('request', request('https://example.com/')), 'host-not-allowed');
  equal(numberOf(await plugin.call('status')), 0n, 'status before any answer');
});

eachWay('the deadline covers an answer that never ends, and the instance stays', async (context) => {
  const plugin = await open(context);
  const since = performance.now();
  await failsWith(plugin.call('request', request(context.url('/hang')), { timeoutMs: 200 }), 'timeout');
  check(performance.now() - since < 5_000, 'it took too long');
  equal(plugin.generation, 1, 'generation');
  equal(numberOf(await plugin.call('request_then_status', request(context.url('/plugins/index.json')))), 200n, 'next');
});

eachWay('both handles of a request are freed', async (context) => {
  const plugin = await open(context);
  const sum = numberOf(await plugin.call('frees_handles', request(context.url('/status/204'))));
  equal(sum, 0n, 'lengths of the handles afterwards');
});
