import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Addresses, type NetworkCase, networkCases } from '../../../e2e/security/network/cases.js';
import { type Outcome, type Recorded, runCase } from '../../../e2e/security/network/run-cases.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { HttpReply } from '../../contract/http.js';
import type { HttpSettings, RequestEvent } from '../base/http-settings.js';
import { performRequest, withCompiledHosts } from './http.js';

/** The path prefix of a test network that only this page uses. */
const network = `/network/${crypto.randomUUID()}`;

async function ask<Answer>(path: string): Promise<Answer> {
  return (await fetch(`${network}/${path}`)).json() as Promise<Answer>;
}
const take = (): Promise<readonly Recorded[]> => ask('take');

let addresses: Addresses;
let events: RequestEvent[] = [];
beforeAll(async () => {
  addresses = await ask('addresses');
});
afterEach(() => {
  events = [];
});

function settings(changes: Partial<HttpSettings> = {}): HttpSettings {
  return {
    plugin: 'test.wasm',
    allowedHosts: [addresses.listed],
    requestedHosts: null,
    matchHost: null,
    maxResponseBytes: 1_048_576,
    followRedirects: false,
    fetch: null,
    onRequest: (event) => events.push(event),
    ...changes,
  };
}

/** Performs a request with a deadline, as for a call. */
async function request(
  written: unknown,
  changes: Partial<HttpSettings> = {},
  { body = null, timeoutMs = 10_000 }: { readonly body?: Uint8Array | null; readonly timeoutMs?: number } = {},
): Promise<HttpReply> {
  const controller = new AbortController();
  const late = new PluginError('timeout', { message: `stopped after ${timeoutMs} ms` });
  const timer = setTimeout(() => controller.abort(late), timeoutMs);
  try {
    const text = typeof written === 'string' ? written : JSON.stringify(written);
    return await performRequest(text, body, settings(changes), controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function failure(work: Promise<unknown>): Promise<PluginError> {
  try {
    await work;
  } catch (error) {
    if (isPluginError(error)) return error;
    throw error;
  }
  throw new Error('Expected a rejection, but the promise resolved');
}

async function perform(one: NetworkCase): Promise<Outcome> {
  const { hosts, maxBytes, followRedirects, timeoutMs } = one;
  const body = one.body === undefined ? null : new TextEncoder().encode(one.body);
  const changes = { allowedHosts: hosts, maxResponseBytes: maxBytes, followRedirects };
  try {
    const reply = await request(one.request, changes, { body, timeoutMs });
    return {
      status: reply.status,
      bytes: reply.body.length,
      text: new TextDecoder().decode(reply.body.subarray(0, 10_000)),
    };
  } catch (error) {
    if (!isPluginError(error)) throw error;
    return { code: error.code, message: [error.message, error.expected, error.fix].join(' | ') };
  }
}

describe('on a network of real servers', () => {
  test('every case has the expected outcome, and only the listed server is reached', async () => {
    document.cookie = 'network-test=1; path=/';
    const cases = networkCases(addresses, location.origin);
    expect(cases.length).toBeGreaterThan(200);
    const faults: string[] = [];
    for (const one of cases) {
      const { fault } = await runCase(one, { listed: addresses.listed, perform, take });
      if (fault !== null) faults.push(`${one.name}: ${fault}`);
      const [event, ...more] = events.splice(0);
      const failed = event?.reason !== null;
      if (more.length > 0 || failed !== 'code' in one.expected)
        faults.push(`${one.name}: reported as ${JSON.stringify([event, ...more])}`);
    }
    expect(document.cookie).not.toContain('planted');
    document.cookie = 'network-test=; max-age=0; path=/';
    expect(faults).toEqual([]);
  }, 300_000);
});

describe('the event for onRequest', () => {
  test('describes a response', async () => {
    const reply = await request({ url: `http://${addresses.listed}/text?key=1`, method: 'post' });
    const [event] = events;
    expect(event).toEqual({
      plugin: 'test.wasm',
      method: 'POST',
      url: `http://${addresses.listed}/text?key=1`,
      status: 200,
      bytes: reply.body.length,
      ms: event?.ms,
      reason: null,
    });
    expect(event?.ms).toBeGreaterThanOrEqual(0);
  });

  test('holds the reason of a refused request, and no password', async () => {
    const error = await failure(request({ url: `http://user:secret@${addresses.other}/text` }));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      method: 'GET',
      url: `http://${addresses.other}/text`,
      status: null,
      bytes: 0,
      reason: error.message,
    });
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  test('holds status, bytes and reason of a response that was not read to its end', async () => {
    await failure(request({ url: `http://${addresses.listed}/endless` }));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ status: 200, reason: expect.stringContaining('maxHttpResponseBytes') as string });
    expect(events[0]?.bytes).toBeGreaterThan(1_048_576);
  });

  test('has no method and URL if the request is not JSON', async () => {
    await failure(request('no JSON'));
    expect(events).toMatchObject([
      { method: '', url: '', status: null, reason: expect.stringContaining('JSON') as string },
    ]);
  });

  test('does not fail the request when its listener throws', async () => {
    const reported = new Promise<unknown>((resolve) => {
      addEventListener(
        'error',
        (event) => {
          event.preventDefault();
          event.stopImmediatePropagation();
          resolve(event.error);
        },
        { once: true, capture: true },
      );
    });
    const wrong = new PluginError('bug', { message: 'the listener threw' });
    const onRequest = (): never => {
      throw wrong;
    };
    expect((await request({ url: `http://${addresses.listed}/text` }, { onRequest })).status).toBe(200);
    expect(await reported).toBe(wrong);
  });
});

describe('errors', () => {
  test('name the host, the allowed hosts and the fix if a host is not allowed', async () => {
    const error = await failure(
      request({ url: `http://${addresses.other}/text` }, { allowedHosts: ['a.example', '*.b.example'] }),
    );
    expect(error.toJSON()).toEqual({
      name: 'PluginError',
      code: 'host-not-allowed',
      message: `HTTP request to "${addresses.other}" is not allowed: no entry of allowedHosts covers "${addresses.other}"`,
      where: `http://${addresses.other}/text`,
      expected: 'a host that allowedHosts covers: a.example, *.b.example',
      actual: addresses.other,
      fix: `If test.wasm may access this host, add "${addresses.other}" to allowedHosts.`,
      details: { host: addresses.other, url: `http://${addresses.other}/text` },
    });
  });

  test('name the limit if a body exceeds it', async () => {
    const error = await failure(request({ url: `http://${addresses.listed}/size/2000` }, { maxResponseBytes: 10 }));
    expect(error.toJSON()).toMatchObject({
      code: 'http-too-large',
      message: `HTTP request: response of "${addresses.listed}" is larger than maxHttpResponseBytes: expected at most 10 bytes, found a Content-Length of 2000 bytes`,
      where: addresses.listed,
      details: { maxBytes: 10 },
    });
  });

  test('hold the reason of the browser and a fix if there is no response', async () => {
    const error = await failure(request({ url: `http://${addresses.listed}/redirect/302?to=/text` }));
    expect(error.code).toBe('http-failed');
    expect(error.message).toContain(`HTTP request to "${addresses.listed}" failed: `);
    expect(error.fix).toContain('followRedirects');
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test('are traps if a field of the request has the wrong type', async () => {
    const error = await failure(request({ url: 1 }));
    expect(error.toJSON()).toMatchObject({
      code: 'guest-trap',
      message: 'HTTP request: url: expected a string, found a number',
      where: 'http_request url',
    });
  });
});

test('a header or body that is dropped from a request causes a warning', async () => {
  const body = new Uint8Array([1]);
  const written = { url: `http://${addresses.listed}/text`, headers: { Connection: 'close', 'X-One': '1' } };
  expect((await request(written, {}, { body })).warnings).toEqual([
    'Header "connection" was dropped: pages cannot set it',
    'Browsers send no body with GET: the body was dropped',
  ]);
  expect((await request({ ...written, headers: {} }, {}, { body: new Uint8Array(0) })).warnings).toEqual([]);
});

test('response headers have lower-case names and contain no cookies', async () => {
  const { headers } = await request({ url: `http://${addresses.listed}/headers` });
  const map = new Map(headers);
  expect([map.get('x-one'), map.get('x-two'), map.has('set-cookie')]).toEqual(['a', 'b, c', false]);
});

describe('ending early', () => {
  const stillOpen = async (): Promise<readonly string[]> => ask('open');
  async function untilClosed(path: string): Promise<void> {
    const until = performance.now() + 5_000;
    while ((await stillOpen()).includes(path)) {
      expect(performance.now(), `the connection of ${path} is open still`).toBeLessThan(until);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  test.each(['/endless?size', '/gzip-endless?size'])(
    'a body over the limit closes its connection: %s',
    async (path) => {
      expect((await failure(request({ url: `http://${addresses.listed}${path}` }))).code).toBe('http-too-large');
      await untilClosed(path);
    },
  );

  test.each(['/hang?time', '/half?time', '/drip/20?time'])('a deadline closes the connection: %s', async (path) => {
    const start = performance.now();
    const error = await failure(request({ url: `http://${addresses.listed}${path}` }, {}, { timeoutMs: 200 }));
    expect(error.code).toBe('timeout');
    expect(performance.now() - start).toBeLessThan(2_000);
    await untilClosed(path);
  });

  test('an abort by the app rejects with `aborted`, whatever its reason is', async () => {
    const work = performRequest(
      JSON.stringify({ url: `http://${addresses.listed}/hang?app` }),
      null,
      settings(),
      AbortSignal.timeout(100),
    );
    const error = await failure(work);
    expect([error.code, (error.cause as Error).name]).toEqual(['aborted', 'TimeoutError']);
    await untilClosed('/hang?app');
  });

  test('nothing is sent when the signal is aborted already', async () => {
    await take();
    const text = JSON.stringify({ url: `http://${addresses.listed}/text` });
    expect((await failure(performRequest(text, null, settings(), AbortSignal.abort()))).code).toBe('aborted');
    expect(await take()).toEqual([]);
  });
});

describe("the app's own fetch", () => {
  const url = 'https://api.example.com/a';
  const own = (fetch: unknown): Partial<HttpSettings> => ({
    allowedHosts: ['api.example.com'],
    fetch: fetch as typeof globalThis.fetch,
  });

  test("is called instead of the page's, with the same credentials, referrer, cache and redirect options", async () => {
    const asked: unknown[] = [];
    const fetch = (input: string, { signal, ...options }: RequestInit): Promise<Response> => {
      asked.push(input, options);
      expect(signal).toBeInstanceOf(AbortSignal);
      return Promise.resolve(new Response('from the app', { headers: { 'set-cookie': 'a=1', 'x-b': '2' } }));
    };
    const reply = await request(
      { url: 'HTTPS://API.example.com:443/a', method: 'post', headers: { a: 'b' } },
      own(fetch),
      {
        body: new Uint8Array([1, 2]),
      },
    );
    expect(new TextDecoder().decode(reply.body)).toBe('from the app');
    expect(new Map(reply.headers).get('x-b')).toBe('2');
    expect(new Map(reply.headers).has('set-cookie')).toBe(false);
    expect(asked).toEqual([
      url,
      {
        method: 'POST',
        headers: [['a', 'b']],
        body: new Uint8Array([1, 2]),
        redirect: 'error',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
      },
    ]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new TypeError('wrong');
      },
    ],
    ['returns nothing', () => undefined],
    ['returns an object', () => ({ status: 200, body: null })],
    ['returns Response.error()', () => Response.error()],
    [
      'returns a body of text',
      () =>
        new Response(
          new ReadableStream({
            start: (body) => {
              body.enqueue('text');
              body.close();
            },
          }),
        ),
    ],
    [
      'returns a body that fails',
      () => new Response(new ReadableStream({ start: (body) => body.error(new TypeError('wrong')) })),
    ],
    [
      'returns a Response that it reads itself',
      () => {
        const response = new Response('a');
        response.body?.getReader();
        return response;
      },
    ],
  ])('fails with a typed error when it %s', async (_what, fetch) => {
    expect(
      (
        await failure(
          request(
            { url },
            own(async () => fetch()),
          ),
        )
      ).code,
    ).toBe('http-failed');
    expect(events).toHaveLength(1);
  });

  test('is not awaited after an abort that it ignores', async () => {
    const error = await failure(
      request(
        { url },
        own(() => new Promise(() => {})),
        { timeoutMs: 50 },
      ),
    );
    expect(error.code).toBe('timeout');
  });
});

test('requests use the host patterns that were compiled once, and do not compile the list again', async () => {
  const fetch = (): Promise<Response> => Promise.resolve(new Response('answer'));
  const compiled = withCompiledHosts(settings({ allowedHosts: ['*.example.com'], fetch }));
  const { signal } = new AbortController();
  const withoutList = { ...compiled, allowedHosts: [] };
  const { status } = await performRequest('{"url":"https://api.example.com/"}', null, withoutList, signal);
  expect(status).toBe(200);
  const refusal = performRequest('{"url":"https://example.org/"}', null, withoutList, signal);
  expect((await failure(refusal)).code).toBe('host-not-allowed');
});
