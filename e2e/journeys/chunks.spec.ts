// Each file that the library loads on demand, missing or blocked: the app sees a typed error that names the file, and the next use works.
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import type { Outcome } from '../embedding/page/uses.mjs';
import { serve, type Site, testRoots } from '../server/serve.mjs';
import { untrustedHost } from '../server/spec-site.mjs';
import { entriesOf } from '../setup/entries.mjs';
import { lazyChunksOf, readGraph } from '../setup/lazy-chunks.mjs';

/** `npm run soak -- journeys`. */
const everything = process.env['TENON_EVERYTHING'] !== undefined;

const troubles = ['404', 'page', 'blocked'] as const;
type Trouble = (typeof troubles)[number];

const pageFiles = entriesOf('page').map(({ file }) => file);
const graph = readGraph(fileURLToPath(new URL('../../dist/', import.meta.url)));
const ofPage = Array.from(lazyChunksOf(pageFiles, graph).keys());
const ofWorkers = entriesOf('worker-script', 'lazy-chunk').map(({ file }) => file);
const files = [...ofPage, ...ofWorkers].toSorted();

/** The files without which nothing fails: they only add to an error, or serve while the network is down. */
const optional = new Set(['explanations.js', 'script-fallback.js']);

/** The files that are in trouble, each with what happens to it. */
type Spoilt = Map<string, Trouble>;
type Perform = (names: readonly string[] | null) => Promise<Outcome[]>;

const importMap = JSON.stringify({
  imports: { tenon: '/dist/index.js', 'tenon/library': '/dist/library.js', 'tenon/extism': '/dist/extism.js' },
});
const html = `<!doctype html><script type="importmap">${importMap}</script><script type="module" src="/page/chunks.mjs"></script>`;

async function serveChunks(spoilt: Spoilt): Promise<Site> {
  const folder = fileURLToPath(new URL('../embedding/page/', import.meta.url));
  const site = await serve({ roots: { '/page/': folder, ...testRoots } });
  site.route(/^\/chunks\.html$/u, (_request, response) =>
    site.sendText(response, 200, html, { 'content-type': 'text/html' }),
  );
  site.route(/^\/dist\/(.+\.js)$/u, (_request, response, { url, match: [, file = ''] }) => {
    const trouble = spoilt.get(file);
    if (trouble === undefined) return site.sendFile(response, site.fileAt(url.pathname) ?? '');
    if (trouble === 'blocked') return void response.destroy();
    if (trouble === '404') return site.sendText(response, 404, 'Not found');
    return site.sendText(response, 200, '<!doctype html><title>App</title>', { 'content-type': 'text/html' });
  });
  return site;
}

/** Opens the page with these files in trouble. `test` performs the uses with these names; null: all. */
async function withChunks(
  page: Page,
  spoilt: Spoilt,
  test: (perform: Perform, site: Site) => Promise<void>,
): Promise<void> {
  const uncaught: string[] = [];
  page.on('pageerror', (error) => uncaught.push(String(error)));
  const site = await serveChunks(spoilt);
  try {
    // Only an insecure page hashes in JavaScript.
    const origin = spoilt.has('hash.js') ? `http://${untrustedHost}:${site.port}` : site.origin;
    await page.goto(`${origin}/chunks.html`);
    await page.waitForFunction(() => 'performUses' in window);
    await test((names) => page.evaluate((wanted) => window.performUses(wanted), names), site);
    // What Firefox itself reports of a file with another content type is no error of a script.
    expect(uncaught.filter((error) => !error.includes('disallowed MIME type'))).toEqual([]);
  } finally {
    await site.stop();
  }
}

/** Returns the file that the error of a use names, after checking that the error says that a file did not load. */
function namedFile({ use, name, code, message = '', where = '' }: Outcome): string {
  const kind = ['asset-failed', 'worker-start'].includes(code ?? '') ? 'file' : code;
  expect({ use, name, kind, message }).toEqual({ use, name: 'PluginError', kind: 'file', message });
  return /[a-z-]+\.js\b/u.exec(`${where} ${message}`)?.[0] ?? '';
}

/** The uses and files of a short run: one file of the first plug-in, of later uses, of the library, and of each kind of worker. */
const shortUses = ['plain call', 'options and inspect()', 'updates, export and removal'];
const shortFiles = ['plugin-factory.js', 'worker.js', 'loader.js', 'inspection.js', 'install.js', 'updates.js'];

test('the first use of a file that does not load fails with its name, and a later one works', async ({ page }) => {
  if (everything) test.setTimeout(180_000);
  // Hashing in JavaScript has a page of its own, below. No use here compiles JavaScript.
  const all = files.filter((file) => file !== 'hash.js' && !file.startsWith('javascript'));
  const inTrouble = everything ? all : all.filter((file) => shortFiles.includes(file));
  const spoilt: Spoilt = new Map(inTrouble.map((file, index) => [file, troubles[index % troubles.length] ?? '404']));
  await withChunks(page, spoilt, async (perform) => {
    const named = new Set<string>();
    let failed = (await perform(everything ? null : shortUses)).filter(({ ok }) => !ok);
    while (failed.length > 0) {
      for (const file of new Set(failed.map(namedFile))) {
        expect(spoilt.delete(file), `${file} was in trouble: ${JSON.stringify(failed)}`).toBe(true);
        named.add(file);
      }
      failed = (await perform(failed.map(({ use }) => use))).filter(({ ok }) => !ok);
    }
    const expected = everything ? all.filter((file) => !optional.has(file)) : shortFiles;
    expect(Array.from(named).toSorted()).toEqual(expected.toSorted());
  });
});

/** Hashing in JavaScript needs a page of its own. `npm run soak -- journeys` tries each file alone, in each kind of trouble. */
for (const file of everything ? files : ['hash.js']) {
  for (const trouble of everything ? troubles : (['404'] as const)) {
    test(`without ${file} (${trouble}) only its uses fail, until it loads`, async ({ page }) => {
      const spoilt: Spoilt = new Map([[file, trouble]]);
      await withChunks(page, spoilt, async (perform, site) => {
        const failed = (await perform(everything ? null : ['plain call'])).filter(({ ok }) => !ok);
        expect(site.requests.get(`/dist/${file}`) ?? 0, 'requests').toBeGreaterThan(0);
        expect(new Set(failed.map(namedFile))).toEqual(new Set(optional.has(file) ? [] : [file]));
        spoilt.clear();
        const names = failed.map(({ use }) => use);
        expect(await perform(names)).toEqual(names.map((name) => ({ use: name, ok: true })));
      });
    });
  }
}
