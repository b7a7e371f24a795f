// The conformance cases on a page of their own, in a browser that someone else opened.
import { fileURLToPath } from 'node:url';
import { serve, testRoots } from '../../server/serve.mjs';
import { addTroubleRoutes } from '../../server/trouble-routes.mjs';

const peerFolder = fileURLToPath(new URL('../../../node_modules/@extism/extism/dist/browser/', import.meta.url));

/** @param {boolean} isolated The page on which the SDK has its worker mode. */
export async function serveComparison(isolated) {
  const page = fileURLToPath(new URL('page/', import.meta.url));
  const site = await serve({
    roots: {
      '/': page,
      '/apps/': fileURLToPath(new URL('apps/', import.meta.url)),
      '/peer/': peerFolder,
      ...testRoots,
    },
    isolated,
  });
  addTroubleRoutes(site);
  site.route(/^\/app\/(peer|drop-in)\/(\w+)$/u, (_request, response, { match: [, whose, name] }) => {
    const sdk = whose === 'peer' ? '/peer/mod.js' : '/dist/extism.js';
    const map = JSON.stringify({ imports: { '@extism/extism': sdk } });
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<!doctype html><script type="importmap">${map}</script><link rel="icon" href="data:," />
      <script type="module">import { run } from '/apps/${name}.mjs'; window.app = run();</script>`);
  });
  return site;
}

/**
 * @param {import('playwright').Page} page At the served page.
 * @returns {Promise<import('./page/main.mjs').Row[]>}
 */
export async function compare(page) {
  await page.waitForFunction(() => 'compare' in globalThis);
  return page.evaluate(() => window.compare());
}

/** @param {string} title @param {readonly import('./page/main.mjs').Row[]} rows */
export function printRows(title, rows) {
  const count = (/** @type {string} */ verdict) => rows.filter((row) => row.verdict === verdict).length;
  const lines = rows
    .filter(({ verdict }) => verdict !== 'same')
    .map(({ name, verdict, reason, peer, dropIn }) =>
      [
        `    ${verdict}: ${name}${reason === undefined ? '' : ` (${reason})`}`,
        `      SDK      ${peer.slice(0, 160)}`,
        `      drop-in  ${dropIn.slice(0, 160)}`,
      ].join('\n'),
    );
  const sum = `  ${title}: ${rows.length} cases; same ${count('same')}, better ${count('better')}, worse ${count('worse')}`;
  process.stdout.write(`${[sum, ...lines].join('\n')}\n`);
}
