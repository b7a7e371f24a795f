// Serves the specs' page with plug-ins, fixtures and the routes that simulate network failures.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serve, testRoots } from './serve.mjs';
import { addTroubleRoutes } from './trouble-routes.mjs';

/**
 * The pages that specs run on: without special headers; cross-origin isolated; and insecure, over HTTP at an address that browsers
 * do not trust as they trust localhost. The URL of the page says which one it is.
 */
export const specPages = /** @type {const} */ (['plain', 'isolated', 'insecure']);

/** @typedef {(typeof specPages)[number]} SpecPage */

/**
 * The pages of an engine: the insecure one in Chromium alone, because it differs from the plain one in the same way everywhere, unless
 * the run is one in full (`npm run soak -- specs`).
 * @param {string} engine
 */
export function specPagesOf(engine) {
  return specPages.filter(
    (page) => page !== 'insecure' || engine === 'chromium' || process.env['TENON_EVERYTHING'] !== undefined,
  );
}

/** 127.0.0.1 as an IPv6 address: no engine treats it as a secure context. */
export const untrustedHost = '[::ffff:127.0.0.1]';

/**
 * @param {SpecPage} page
 * @returns {Promise<{ site: import('./serve.mjs').Site, url: string, close: () => Promise<void> }>}
 */
export async function serveSpecs(page) {
  const specs = fileURLToPath(new URL('../../build/specs/', import.meta.url));
  const site = await serve({ roots: { '/': specs, ...testRoots }, isolated: page === 'isolated' });
  addTroubleRoutes(site);
  site.route(/^\/host-module\.mjs$/u, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/javascript' });
    response.end(readFileSync(new URL('../fixtures/host-module.mjs', import.meta.url)));
  });
  // At the root, so that it controls the specs' page and the workers of /dist/.
  site.route(/^\/long-polled-service-worker\.js$/u, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/javascript' });
    response.end("importScripts('/long-polled/service-worker.js');");
  });
  const origin = page === 'insecure' ? `http://${untrustedHost}:${site.port}` : site.origin;
  const query = new URLSearchParams({ page });
  const filter = process.env['TENON_FILTER'];
  if (filter !== undefined) query.set('filter', filter);
  if (process.env['TENON_EVERYTHING'] !== undefined) query.set('everything', '');
  if (process.env['TENON_TRACE'] !== undefined) query.set('trace', '');
  return { site, url: `${origin}/?${query}`, close: () => site.stop() };
}
