// A small HTTP server for tests and for `npm start`: static files, routes that tests add, optional headers for cross-origin
// isolation, and routes that simulate network failures (trouble-routes.mjs).
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */
/** @typedef {{ site: Site, url: URL, match: RegExpMatchArray }} RouteContext */
/** @typedef {(request: Request, response: Response, context: RouteContext) => void | Promise<void>} RouteHandler */

/**
 * @typedef {object} ServeOptions
 * @property {Record<string, string>} roots URL prefix to folder: `{ '/': 'build/specs', '/plugins/': 'public/plugins' }`.
 * @property {boolean} [isolated] Whether to send COOP and COEP, so that the page is cross-origin isolated. Default: false.
 * @property {number} [port] Default: any free port.
 * @property {string} [host] Default: 127.0.0.1.
 * @property {Record<string, string>} [headers] Sent with every file.
 */

const contentTypes = new Map([
  ['.css', 'text/css; charset=utf-8'],
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.json', 'application/json'],
  ['.map', 'application/json'],
  ['.png', 'image/png'],
  ['.svg', 'image/svg+xml'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.wasm', 'application/wasm'],
  ['.webmanifest', 'application/manifest+json'],
]);

export const isolationHeaders = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** The folders that every test page can fetch from, in addition to `/`. */
export const testRoots = {
  '/fixtures/': fileURLToPath(new URL('../fixtures/build/', import.meta.url)),
  '/wasi/': fileURLToPath(new URL('../specs/wasi/built/', import.meta.url)),
  '/plugins/': fileURLToPath(new URL('../../public/plugins/', import.meta.url)),
  '/kernels/': fileURLToPath(new URL('../perf/bench/meter/', import.meta.url)),
  '/dist/': fileURLToPath(new URL('../../dist/', import.meta.url)),
};

/** One server. It counts requests, and can be stopped and started again on the same port. */
export class Site {
  /** Requests so far, by path without the query. @type {Map<string, number>} */
  requests = new Map();
  /** Answers under way: they are not at their end, and the connection is there. By path and query. @type {Map<string, number>} */
  answering = new Map();
  /** Names of the cuttable paths that are cut now; see trouble-routes.mjs. @type {Set<string>} */
  cut = new Set();
  /** The port; it stays the same after `stop()` and `start()`. */
  port = 0;

  /** @type {import('node:http').Server | undefined} */
  #server;
  /** @type {{ pattern: RegExp, handler: RouteHandler }[]} */
  #routes = [];
  #options;
  #roots;

  /** @param {ServeOptions} options */
  constructor(options) {
    this.#options = options;
    this.port = options.port ?? 0;
    // The longest prefix first, so that `/plugins/` wins over `/`.
    this.#roots = Object.entries(options.roots)
      .map(([prefix, folder]) => ({ prefix, folder: resolve(folder) }))
      .toSorted((a, b) => b.prefix.length - a.prefix.length);
  }

  /** The origin. */
  get origin() {
    return `http://${this.#options.host ?? '127.0.0.1'}:${this.port}`;
  }

  /**
   * Adds a route. Routes take precedence over files, and later routes over earlier ones.
   * @param {RegExp} pattern
   * @param {RouteHandler} handler
   */
  route(pattern, handler) {
    this.#routes.unshift({ pattern, handler });
  }

  /** Starts listening; after `stop()`, on the same port. */
  async start() {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch((/** @type {unknown} */ error) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    });
    this.#server = server;
    /** @type {Promise<void>} */
    const listening = new Promise((done, fail) => {
      server.once('error', fail);
      server.listen(this.port, this.#options.host ?? '127.0.0.1', () => done());
    });
    await listening;
    const address = server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
  }

  /** Closes every connection and stops listening until `start()`. */
  async stop() {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    /** @type {Promise<void>} */
    const closed = new Promise((done) => {
      server.close(() => done());
    });
    server.closeAllConnections();
    await closed;
  }

  /**
   * Sends a file with the content type of its name.
   * @param {Response} response
   * @param {string} file
   * @param {Record<string, string>} [headers]
   */
  sendFile(response, file, headers = {}) {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) return this.sendText(response, 404, 'Not found');
    response.writeHead(200, {
      'content-type': contentTypes.get(extname(file)) ?? 'application/octet-stream',
      'content-length': stat.size,
      'cache-control': 'no-store',
      ...this.fileHeaders(),
      ...headers,
    });
    createReadStream(file).pipe(response);
  }

  /**
   * @param {Response} response
   * @param {number} status
   * @param {string} text
   * @param {Record<string, string>} [headers]
   */
  sendText(response, status, text, headers = {}) {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...this.fileHeaders(), ...headers });
    response.end(text);
  }

  /** Returns the headers of every response. @returns {Record<string, string>} */
  fileHeaders() {
    return {
      ...(this.#options.isolated === true ? isolationHeaders : {}),
      'cross-origin-resource-policy': 'cross-origin',
      ...this.#options.headers,
    };
  }

  /**
   * Returns the file for a path, if it is inside one of the folders.
   * @param {string} pathname
   * @returns {string | undefined}
   */
  fileAt(pathname) {
    const root = this.#roots.find(({ prefix }) => pathname.startsWith(prefix));
    if (root === undefined) return undefined;
    const inside = decodeURIComponent(pathname.slice(root.prefix.length));
    const file = join(root.folder, inside.endsWith('/') || inside === '' ? `${inside}index.html` : inside);
    return file.startsWith(root.folder + sep) ? file : undefined;
  }

  /**
   * @param {Request} request
   * @param {Response} response
   */
  async #answer(request, response) {
    const url = new URL(request.url ?? '/', this.origin);
    this.requests.set(url.pathname, (this.requests.get(url.pathname) ?? 0) + 1);
    const path = url.pathname + url.search;
    const count = (/** @type {number} */ by) => this.answering.set(path, (this.answering.get(path) ?? 0) + by);
    count(1);
    response.on('close', () => count(-1));
    for (const { pattern, handler } of this.#routes) {
      const match = url.pathname.match(pattern);
      if (match !== null) return handler(request, response, { site: this, url, match });
    }
    const file = this.fileAt(url.pathname);
    if (file === undefined) return this.sendText(response, 404, 'Not found');
    return this.sendFile(response, file);
  }
}

/**
 * Starts a server on a free port of this machine.
 * @param {ServeOptions} options
 * @returns {Promise<Site>}
 */
export async function serve(options) {
  const site = new Site(options);
  await site.start();
  return site;
}
