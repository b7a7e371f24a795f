// The network of the network cases: servers of this machine under several addresses, each of which records every request. Plug-ins may
// reach only one of them.
//
//   listed  127.0.0.1:<port>    the server that cases name in allowedHosts
//   other   127.0.0.1:<port2>   the same host, another port
//   alias   127.0.0.2:<port>    another host, the same port
//   six     [::1]:<port>        IPv6; `localhost` may also resolve to it
//
// All servers have the same paths, readable from any origin:
//   /text  /echo  /status/<code>  /headers
//   /size/<bytes>  /chunked/<bytes>  /gzip/<decoded bytes>  /endless  /gzip-endless  /drip/<ms>  /hang  /half  /reset
//   /length/<announced>/<sent>
//   /redirect/<code>?to=<url>  /hops/<count>?to=<url>
import { createServer } from 'node:http';
import { createGzip } from 'node:zlib';
import { Readable } from 'node:stream';

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */
/** @typedef {import('node:http').Server} Server */

/**
 * A request that reached a server.
 * @typedef {object} Recorded
 * @property {string} server The address of the server, as `host:port`.
 * @property {string} host The Host header.
 * @property {string} method
 * @property {string} url
 */

/** @typedef {{ listed: string, other: string, alias: string, six: string, port: number, port2: number }} Addresses */

const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': '*',
  'access-control-allow-headers': '*, authorization',
  'access-control-expose-headers': '*',
  'cross-origin-resource-policy': 'cross-origin',
};

/** @param {Request} request */
async function bodyOf(request) {
  /** @type {Buffer[]} */
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** @param {number} total Bytes; Infinity for no end. */
function* zeros(total) {
  const piece = Buffer.alloc(65_536);
  for (let left = total; left > 0; left -= piece.length) yield left < piece.length ? piece.subarray(0, left) : piece;
}

/**
 * @param {Response} response
 * @param {Record<string, string | number | string[]>} [headers]
 */
function start(response, headers = {}) {
  response.writeHead(200, { 'content-type': 'application/octet-stream', ...cors, ...headers });
}

/** @type {readonly (readonly [pattern: RegExp, answer: (request: Request, response: Response, match: RegExpMatchArray, url: URL) => void | Promise<void>])[]} */
const routes = [
  [/^\/text$/u, (_request, response) => void response.writeHead(200, cors).end('hello from the listed server')],
  [
    /^\/echo$/u,
    async (request, response) => {
      const body = (await bodyOf(request)).toString('latin1');
      const { method, headers, rawHeaders } = request;
      response.writeHead(200, { 'content-type': 'application/json', ...cors });
      response.end(JSON.stringify({ method, headers, rawHeaders, body }));
    },
  ],
  [
    /^\/status\/(\d{3})$/u,
    (_request, response, [, code]) =>
      void response.writeHead(Number(code), cors).end(code === '204' ? undefined : `status ${code}`),
  ],
  [
    /^\/headers$/u,
    (_request, response) => {
      start(response, { 'x-one': 'a', 'x-two': ['b', 'c'], 'set-cookie': 'planted=1; path=/' });
      response.end('ok');
    },
  ],
  [
    /^\/size\/(\d+)$/u,
    (_request, response, [, bytes]) => {
      start(response, { 'content-length': Number(bytes) });
      Readable.from(zeros(Number(bytes))).pipe(response);
    },
  ],
  [
    /^\/chunked\/(\d+)$/u,
    (_request, response, [, bytes]) => {
      start(response);
      Readable.from(zeros(Number(bytes))).pipe(response);
    },
  ],
  [
    /^\/gzip\/(\d+)$/u,
    (_request, response, [, bytes]) => {
      start(response, { 'content-encoding': 'gzip' });
      Readable.from(zeros(Number(bytes)))
        .pipe(createGzip())
        .pipe(response);
    },
  ],
  [
    /^\/endless$/u,
    (_request, response) => {
      start(response);
      stream(Readable.from(zeros(Infinity)), response);
    },
  ],
  [
    /^\/gzip-endless$/u,
    (_request, response) => {
      start(response, { 'content-encoding': 'gzip' });
      stream(Readable.from(zeros(Infinity)).pipe(createGzip()), response);
    },
  ],
  [
    /^\/drip\/(\d+)$/u,
    (_request, response, [, ms]) => {
      start(response);
      const timer = setInterval(() => response.write('.'), Number(ms));
      response.on('close', () => clearInterval(timer));
    },
  ],
  [/^\/hang$/u, () => undefined],
  [
    /^\/half$/u,
    (_request, response) => {
      start(response, { 'content-length': 100 });
      response.write('fifty bytes at most');
    },
  ],
  [/^\/reset$/u, (request) => void request.socket.destroy()],
  [
    /^\/length\/(\d+)\/(\d+)$/u,
    (request, _response, [, announced, sent]) => {
      const head = Object.entries({ ...cors, 'content-length': announced, connection: 'close' });
      request.socket.write(`HTTP/1.1 200 OK\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
      request.socket.end('x'.repeat(Number(sent)));
    },
  ],
  [
    /^\/redirect\/(\d{3})$/u,
    (_request, response, [, code], url) =>
      void response.writeHead(Number(code), { ...cors, location: url.searchParams.get('to') ?? '/text' }).end(),
  ],
  [
    /^\/hops\/(\d+)$/u,
    (_request, response, [, count], url) => {
      const to = url.searchParams.get('to') ?? '/text';
      const next = Number(count) === 0 ? to : `/hops/${Number(count) - 1}?to=${encodeURIComponent(to)}`;
      response.writeHead(302, { ...cors, location: next }).end();
    },
  ],
];

/**
 * Pipes until the client closes the connection.
 * @param {import('node:stream').Readable} source
 * @param {Response} response
 */
function stream(source, response) {
  source.pipe(response);
  response.on('close', () => source.destroy());
}

/**
 * @param {Request} request
 * @param {Response} response
 */
async function answer(request, response) {
  const url = new URL(request.url ?? '/', 'http://here');
  if (request.method === 'OPTIONS') return void response.writeHead(204, cors).end();
  for (const [pattern, handle] of routes) {
    const match = url.pathname.match(pattern);
    if (match !== null) return handle(request, response, match, url);
  }
  response.writeHead(404, cors).end('no such path');
}

/**
 * @param {Server} server
 * @param {string} host
 * @param {number} port
 * @returns {Promise<number>}
 */
function listen(server, host, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}

/** The paths of unfinished responses. */
class Answering {
  /** @type {Map<Response, string>} */
  #paths = new Map();

  /**
   * @param {Request} request
   * @param {Response} response
   */
  begin({ url = '' }, response) {
    this.#paths.set(response, url);
    response.once('close', () => this.#paths.delete(response)); // It ended, or the client closed the connection.
  }

  get paths() {
    return Array.from(this.#paths.values());
  }
}

/** Starts all of them; they do not keep the process alive. */
export async function startNetwork() {
  /** @type {Recorded[]} */
  let recorded = [];
  const answering = new Answering();
  /** @type {Server[]} */
  const servers = [];
  const open = async (/** @type {string} */ host, /** @type {number} */ port) => {
    const server = createServer((request, response) => {
      const { method = '', url = '', headers } = request;
      recorded.push({ server: `${host}:${actual}`, host: headers.host ?? '', method, url });
      answering.begin(request, response);
      answer(request, response).catch(() => response.destroy());
    });
    const actual = await listen(server, host, port);
    server.unref();
    servers.push(server);
    return actual;
  };
  const port = await open('127.0.0.1', 0);
  const port2 = await open('127.0.0.1', 0);
  for (const at of [port, port2]) {
    await open('127.0.0.2', at);
    await open('::1', at);
  }
  /** @type {Addresses} */
  const addresses = {
    listed: `127.0.0.1:${port}`,
    other: `127.0.0.1:${port2}`,
    alias: `127.0.0.2:${port}`,
    six: `[::1]:${port}`,
    port,
    port2,
  };
  return {
    addresses,
    /** Returns the requests since the last call. */
    take() {
      const taken = recorded;
      recorded = [];
      return taken;
    },
    answering,
    stop() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
