// The behaviour suite's page on a server of its own, with the plug-ins, the fixtures and the troubles beside it.
import { fileURLToPath } from 'node:url';
import { serve, testRoots } from './serve.mjs';
import { addTroubleRoutes } from './trouble-routes.mjs';

/** The pages the suite runs on; the page itself learns from its URL which one it is meant to be. */
export const suitePages = /** @type {const} */ (['plain', 'isolated']);

/** @typedef {(typeof suitePages)[number]} SuitePage */

/**
 * @param {SuitePage} page
 * @param {import('./serve.mjs').ServeOptions['host']} [host]
 * @returns {Promise<{ site: import('./serve.mjs').Site, url: string, close: () => Promise<void> }>}
 */
export async function serveSuite(page, host) {
  const suite = fileURLToPath(new URL('../../build/suite/', import.meta.url));
  const site = await serve({
    roots: { '/': suite, ...testRoots },
    isolated: page === 'isolated',
    ...(host === undefined ? {} : { host }),
  });
  addTroubleRoutes(site);
  const filter = process.env['TENON_FILTER'] ?? '';
  const query = new URLSearchParams({
    ...(page === 'isolated' ? { isolated: '' } : {}),
    ...(filter ? { filter } : {}),
  });
  return { site, url: `${site.origin}/?${query}`, close: () => site.stop() };
}
