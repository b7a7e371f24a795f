// Opens the benchmark's page in a browser.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { serve, testRoots } from '../../server/serve.mjs';
import { launchOptions } from '../../setup/browsers.mjs';

const outDir = fileURLToPath(new URL('../../../build/bench/', import.meta.url));

/** Bundles the page, with the built package as an app would bundle it, and with the Extism JS SDK. */
export async function buildPage() {
  await build({
    configFile: false,
    logLevel: 'warn',
    root: fileURLToPath(new URL('page/', import.meta.url)),
    publicDir: false,
    build: { target: 'es2022', outDir, emptyOutDir: true, chunkSizeWarningLimit: 1_000 },
  });
}

/** @returns {Promise<import('../../server/serve.mjs').Site>} */
export function servePage() {
  return serve({ roots: { '/': outDir, ...testRoots }, isolated: true });
}

/**
 * @typedef {object} OpenBrowser
 * @property {string} version
 * @property {() => Promise<import('playwright').Page>} openPage Opens it in a new profile and process.
 * @property {() => Promise<void>} close
 */

/**
 * @param {'chromium' | 'firefox'} engine
 * @param {string} origin
 * @returns {Promise<OpenBrowser>}
 */
export async function openBrowser(engine, origin) {
  const playwright = await import('playwright');
  const browser = await playwright[engine].launch(launchOptions(engine));
  const openPage = async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${origin}/`);
    await page.waitForFunction(() => 'bench' in globalThis);
    if (!(await page.evaluate(() => globalThis.window.bench.isolated)))
      throw new Error('The benchmark: expected a cross-origin isolated page, found one that is not isolated');
    return page;
  };
  return { version: browser.version(), openPage, close: () => browser.close() };
}

/** @param {string} name An npm package. */
export function versionOf(name) {
  const require = createRequire(import.meta.url);
  /** @type {{ version: string }} */
  const { version } = require(`../../../node_modules/${name}/package.json`);
  return version;
}
