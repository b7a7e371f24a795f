// Routes that simulate network failures. `<path>` is a path of the same server.
//
//   /status/404                   a response with that status
//   /type/<type>/<path>           the file with another content type, `/` in it written as `~`: /type/text~html/plugins/a.wasm
//   /sealed/<path>                the file, with the policy for workers that forbids imports
//   /truncated/<path>             the first half of the file as a complete response
//   /broken/<path>                half of the file, then the connection breaks; Content-Length is that of the whole file
//   /never-ends/<path>            half of the file; the response never ends
//   /slow/<ms>/<path>             the file, after a delay
//   /dribble/<ms>/<path>          the file in ten pieces with this delay between them
//   /hang                         never answers
//   /redirect/<path>              302 to the path;  /redirect-to?url=<absolute>: 302 to any URL
//   /etag/<path>                  the file with an ETag; 304 when it matches
//   /cors/<path>                  the file, readable from any origin; other responses are not
//   /cuttable/<name>/<path>       the file; refused after POST /control/cut/<name> until POST /control/mend/<name>
//   /kept/<name>                  the body of the last PUT; can be cut like the former; ?bytewise: the first chunks have one byte
//   /sha256?path=<path>           the hash of that file, or of the body of the last PUT, in hexadecimal
//   /counts?path=<path>           the number of requests of that path, as JSON
//   /answering?path=<path>        the number of unfinished responses of that path and query, as JSON
//   /recorded/<name>/<path>       the file for any method; /recorded?name=<name>: the requests as JSON: method, cookie, x-key
//   /echo                         the request as JSON: method, headers, body
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('./serve.mjs').Site} Site */
/** @typedef {import('node:http').ServerResponse} Response */

/**
 * @param {Site} site
 * @param {string} path
 * @returns {Buffer | undefined}
 */
function read(site, path) {
  const file = site.fileAt(`/${path}`);
  try {
    return file === undefined ? undefined : readFileSync(file);
  } catch {
    return undefined;
  }
}

/** @param {import('node:http').IncomingMessage} request */
async function bodyOf(request) {
  /** @type {Buffer[]} */
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * @param {Site} site
 * @param {Response} response
 * @param {string} path
 * @param {Record<string, string>} [headers]
 */
function sendPath(site, response, path, headers = {}) {
  const file = site.fileAt(`/${path}`);
  if (file === undefined) return site.sendText(response, 404, 'Not found');
  return site.sendFile(response, file, headers);
}

/**
 * Starts a response whose Content-Length covers `bytes` and sends the first half of them.
 * @param {Site} site
 * @param {Response} response
 * @param {Buffer} bytes
 */
function sendHalf(site, response, bytes) {
  response.writeHead(200, {
    'content-type': 'application/wasm',
    'content-length': bytes.length,
    ...site.fileHeaders(),
  });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)));
}

/** @param {Site} site */
function addBadAnswers(site) {
  site.route(/^\/status\/(\d{3})/u, (_request, response, { match }) => {
    site.sendText(response, Number(match[1]), `Status ${match[1]}, as asked`);
  });
  site.route(/^\/type\/([^/]*)\/(.+)/u, (_request, response, { match: [, type = '', path = ''] }) => {
    sendPath(site, response, path, { 'content-type': decodeURIComponent(type).replaceAll('~', '/') });
  });
  site.route(/^\/sealed\/(.+)/u, (_request, response, { match: [, path = ''] }) => {
    const policy = "default-src 'none'; script-src 'wasm-unsafe-eval'";
    sendPath(site, response, path, { 'content-security-policy': policy });
  });
  site.route(/^\/truncated\/(.+)/u, (_request, response, { match: [, path = ''] }) => {
    const bytes = read(site, path);
    if (bytes === undefined) return site.sendText(response, 404, 'Not found');
    response.writeHead(200, { 'content-type': 'application/wasm', ...site.fileHeaders() });
    response.end(bytes.subarray(0, Math.floor(bytes.length / 2)));
  });
  site.route(/^\/broken\/(.+)/u, async (_request, response, { match: [, path = ''] }) => {
    const bytes = read(site, path);
    if (bytes === undefined) return site.sendText(response, 404, 'Not found');
    sendHalf(site, response, bytes);
    await sleep(50);
    response.destroy();
  });
  site.route(/^\/redirect\/(.+)/u, (_request, response, { match, url }) => {
    response.writeHead(302, { location: `/${match[1]}${url.search}`, ...site.fileHeaders() }).end();
  });
  site.route(/^\/redirect-to$/u, (_request, response, { url }) => {
    response.writeHead(302, { location: url.searchParams.get('url') ?? '/', ...site.fileHeaders() }).end();
  });
}

/** @param {Site} site */
function addSlowAnswers(site) {
  site.route(/^\/never-ends\/(.+)/u, (_request, response, { match: [, path = ''] }) => {
    const bytes = read(site, path);
    if (bytes === undefined) return site.sendText(response, 404, 'Not found');
    sendHalf(site, response, bytes);
  });
  site.route(/^\/slow\/(\d+)\/(.+)/u, async (_request, response, { match: [, ms, path = ''] }) => {
    await sleep(Number(ms));
    sendPath(site, response, path);
  });
  site.route(/^\/dribble\/(\d+)\/(.+)/u, async (_request, response, { match: [, ms, path = ''] }) => {
    const bytes = read(site, path);
    if (bytes === undefined) return site.sendText(response, 404, 'Not found');
    const headers = { 'content-type': 'application/wasm', 'content-length': bytes.length, ...site.fileHeaders() };
    response.writeHead(200, headers);
    const step = Math.ceil(bytes.length / 10);
    for (let at = 0; at < bytes.length && !response.destroyed; at += step) {
      response.write(bytes.subarray(at, at + step));
      await sleep(Number(ms));
    }
    response.end();
  });
  site.route(/^\/hang$/u, () => undefined);
}

/** @param {Site} site */
function addStatefulAnswers(site) {
  site.route(/^\/etag\/(.+)/u, (request, response, { match: [, path = ''] }) => {
    const bytes = read(site, path);
    if (bytes === undefined) return site.sendText(response, 404, 'Not found');
    const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`;
    if (request.headers['if-none-match'] !== etag) return sendPath(site, response, path, { etag });
    response.writeHead(304, { etag, ...site.fileHeaders() }).end();
  });
  site.route(/^\/cors\/(.+)/u, (_request, response, { match: [, path = ''] }) => {
    sendPath(site, response, path, { 'access-control-allow-origin': '*' });
  });
  site.route(/^\/cuttable\/([^/]+)\/(.+)/u, (_request, response, { match: [, name = '', path = ''] }) => {
    if (site.cut.has(name)) response.destroy();
    else sendPath(site, response, path);
  });
  /** @type {Map<string, Buffer>} */
  const kept = new Map();
  site.route(/^\/kept\/([^/]+)$/u, async (request, response, { match: [, name = ''], url }) => {
    if (request.method === 'PUT') {
      kept.set(name, await bodyOf(request));
      return site.sendText(response, 200, `kept ${name}`);
    }
    if (site.cut.has(name)) return void response.destroy();
    const bytes = kept.get(name);
    if (bytes === undefined) return site.sendText(response, 404, 'Not found');
    response.writeHead(200, { 'cache-control': 'no-store', 'content-length': bytes.length, ...site.fileHeaders() });
    const bytewise = url.searchParams.has('bytewise') ? Math.min(bytes.length, 64) : 0;
    for (let at = 0; at < bytewise; at += 1) {
      response.write(bytes.subarray(at, at + 1));
      await sleep(2);
    }
    response.end(bytes.subarray(bytewise));
  });
  site.route(/^\/sha256$/u, (_request, response, { url }) => {
    const path = url.searchParams.get('path') ?? '';
    const bytes = kept.get(path.replace('/kept/', '')) ?? read(site, path.slice(1));
    if (bytes === undefined) return site.sendText(response, 404, 'Not found');
    site.sendText(response, 200, createHash('sha256').update(bytes).digest('hex'));
  });
  site.route(/^\/control\/(cut|mend)\/([^/]+)$/u, (_request, response, { match: [, action, name = ''] }) => {
    if (action === 'cut') site.cut.add(name);
    else site.cut.delete(name);
    site.sendText(response, 200, `${action} ${name}`);
  });
  site.route(/^\/counts$/u, (_request, response, { url }) => {
    const count = site.requests.get(url.searchParams.get('path') ?? '') ?? 0;
    site.sendText(response, 200, JSON.stringify(count), { 'content-type': 'application/json' });
  });
  site.route(/^\/answering$/u, (_request, response, { url }) => {
    const count = site.answering.get(url.searchParams.get('path') ?? '') ?? 0;
    site.sendText(response, 200, JSON.stringify(count), { 'content-type': 'application/json' });
  });
  /** @type {Map<string, object[]>} */
  const recorded = new Map();
  site.route(/^\/recorded\/([^/]+)\/(.+)/u, (request, response, { match: [, name = '', path = ''] }) => {
    const { method, headers } = request;
    const entry = { method, cookie: headers.cookie ?? null, key: headers['x-key'] ?? null };
    recorded.set(name, [...(recorded.get(name) ?? []), entry]);
    sendPath(site, response, path);
  });
  site.route(/^\/recorded$/u, (_request, response, { url }) => {
    const entries = recorded.get(url.searchParams.get('name') ?? '') ?? [];
    site.sendText(response, 200, JSON.stringify(entries), { 'content-type': 'application/json' });
  });
  site.route(/^\/echo$/u, async (request, response) => {
    const body = (await bodyOf(request)).toString('utf8');
    const text = JSON.stringify({ method: request.method, headers: request.headers, body });
    site.sendText(response, 200, text, { 'content-type': 'application/json' });
  });
}

/**
 * Adds every route listed above.
 * @param {Site} site
 */
export function addTroubleRoutes(site) {
  addBadAnswers(site);
  addSlowAnswers(site);
  addStatefulAnswers(site);
}
