/** The calling sequences of older PDKs, on `tenon` and on `tenon/extism`; most of them in a plug-in that has filled more than the first page. */
import { equal } from '../assert.js';
import { openDropIn, openFixture } from '../fixtures.js';
import { spec } from '../harness.js';
import { withBody } from '../http/request-input.js';
import { eachWay, skipWithoutWaiting } from '../waiting.js';

const config = { greeting: 'Howdy' };
const options = { config, allowedHosts: [location.hostname], runInWorker: true };

const withoutHttp = [
  ['haskell_config', 'Howdy, John', 'a key that is freed again after config_get (older Haskell)'],
  ['zig_config', 'Howdy', 'a value that is freed before it is read (Zig)'],
  ['virgil_vars', ', John', 'a key and a value that are freed again after var_set (Virgil)'],
] as const;

const withHttp = [
  ['virgil_http', 'a request and a body that are freed again after http_request (Virgil)'],
  ['rust_http', 'a response that is freed before it is read (older Rust)'],
] as const;

/** A request that the server answers with itself, as JSON. */
function request(url: string): Uint8Array<ArrayBuffer> {
  return withBody(JSON.stringify({ url, method: 'POST' }), 'the body of the request');
}

function checkEcho(text: string | undefined): void {
  const echoed = JSON.parse(text ?? '') as { method: string; body: string };
  equal([echoed.method, echoed.body], ['POST', 'the body of the request'], 'what the server received');
}

for (const [name, expected, title] of withoutHttp) {
  spec(`older PDKs, library: ${title}`, async (context) => {
    const plugin = await openFixture(context, 'field_older_pdks', { config });
    for (const turn of ['first', 'second']) equal((await plugin.call(name)).text(), expected, `${turn} call`);
  });

  spec(`older PDKs, drop-in: ${title}`, async (context) => {
    const plugin = await openDropIn(context, 'field_older_pdks', options);
    for (const turn of ['first', 'second']) equal((await plugin.call(name))?.text(), expected, `${turn} call`);
  });
}

for (const [name, title] of withHttp) {
  eachWay(`older PDKs, library: ${title}`, async (context) => {
    const plugin = await context.openWaitingHost().createPlugin(context.url('/fixtures/field_older_pdks.wasm'), {
      cache: 'off',
      allowedHosts: [location.host],
    });
    checkEcho((await plugin.call(name, request(context.url('/echo')))).text());
  });

  spec(`older PDKs, drop-in: ${title}`, async (context) => {
    await skipWithoutWaiting(context);
    const plugin = await openDropIn(context, 'field_older_pdks', options);
    checkEcho((await plugin.call(name, request(context.url('/echo'))))?.text());
  });
}

eachWay('the handle 0 as the body of an HTTP request is the empty body', async (context) => {
  const plugin = await context.openWaitingHost().createPlugin(context.url('/fixtures/field_older_pdks.wasm'), {
    cache: 'off',
    allowedHosts: [location.host],
  });
  const input = withBody(JSON.stringify({ url: context.url('/echo'), method: 'POST' }), 'not sent');
  const echoed = JSON.parse((await plugin.call('null_body', input)).text()) as { method: string; body: string };
  equal([echoed.method, echoed.body], ['POST', ''], 'what the server received');
});
