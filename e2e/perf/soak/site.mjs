// Serves the page of the long-running tests and opens it in a new browser for each.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWebKit } from '../../run/webdriver.mjs';
import { serve, testRoots } from '../../server/serve.mjs';
import { launchOptions } from '../../setup/browsers.mjs';
import { root, waitFor } from '../../setup/processes.mjs';

/** @typedef {'chromium' | 'firefox'} Engine */
/** @typedef {import('./window.js').SoakPage} SoakPage */
/**
 * Calls a function of the page and waits for its result.
 * @typedef {<Name extends keyof SoakPage>(name: Name, ...words: Parameters<SoakPage[Name]>) => Promise<Awaited<ReturnType<SoakPage[Name]>>>} Ask
 */

/**
 * Returns the module with a unique custom section, so that no cache contains it.
 * @param {Uint8Array} module
 * @param {number} index
 * @param {number} sizeBytes Of the section.
 */
function otherModule(module, index, sizeBytes) {
  const content = Buffer.alloc(sizeBytes, index & 0xff);
  const name = `module ${index}`;
  content.writeUInt8(name.length, 0);
  content.write(name, 1);
  const size = [0x80, 0x80, 0x80, 0x80, 0].map((more, at) => more | ((sizeBytes >>> (7 * at)) & 0x7f));
  return Buffer.concat([module, Uint8Array.of(0, ...size), content]);
}

export async function serveSoak() {
  const page = fileURLToPath(new URL('page/', import.meta.url));
  const site = await serve({ roots: { '/': page, ...testRoots } });
  const module = readFileSync(join(root, 'public/plugins/count_vowels.wasm'));
  const modules = { down: false, served: 0 };
  site.route(/^\/modules\/(?<index>\d+)\.wasm$/u, (_request, response, { match }) => {
    if (modules.down) {
      response.destroy();
      return;
    }
    modules.served += 1;
    const index = Number(match.groups?.['index']);
    const bytes = otherModule(module, index, 20_000 + ((index * 7_919) % 200_000));
    response.writeHead(200, { 'content-type': 'application/wasm', 'content-length': bytes.length });
    response.end(bytes);
  });
  return { site, modules };
}

/**
 * @param {import('playwright').Page} page
 * @param {string} origin
 */
export async function goToSoak(page, origin) {
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => 'soak' in globalThis);
}

/**
 * @template Result
 * @param {Engine} engine
 * @param {(page: import('playwright').Page) => Promise<Result>} work
 * @returns {Promise<Result & { version: string }>}
 */
export async function onPage(engine, work) {
  const playwright = await import('playwright');
  const { site } = await serveSoak();
  const browser = await playwright[engine].launch(launchOptions(engine));
  try {
    const page = await browser.newPage();
    await goToSoak(page, site.origin);
    return { ...(await work(page)), version: browser.version() };
  } finally {
    await browser.close();
    await site.stop();
  }
}

/**
 * @param {(name: string, words: unknown[]) => Promise<unknown>} send
 * @returns {Ask}
 */
function askingBy(send) {
  return /** @type {Ask} */ ((name, ...words) => send(name, words));
}

const webkitTimeoutMs = 300_000;

/**
 * Opens the page of the long-running tests in WebKit, which Playwright cannot drive here.
 * @template Result
 * @param {(ask: Ask) => Promise<Result>} work
 */
async function onWebKit(work) {
  const { site } = await serveSoak();
  const webkit = await openWebKit();
  const ask = askingBy(async (name, words) => {
    // WebDriver limits the time of scripts.
    await webkit.execute(
      `window.answer = undefined;
       window.soak[arguments[0]](...arguments[1]).then((value) => (window.answer = { value }), (error) => (window.answer = { error: String(error) }));`,
      [name, words],
    );
    const poll = async () => (await webkit.execute('return window.answer ?? null')) ?? undefined;
    const { value, error } = /** @type {{ value?: unknown, error?: string }} */ (
      await waitFor(`"${name}" to end`, poll, webkitTimeoutMs)
    );
    if (error !== undefined) throw new Error(error);
    return value;
  });
  try {
    await webkit.goto(`${site.origin}/`);
    const ready = async () => (await webkit.execute('return "soak" in window')) === true || undefined;
    await waitFor('the page to load', ready, 60_000);
    return await work(ask);
  } finally {
    await webkit.close();
    await site.stop();
  }
}

/**
 * Opens the page of the long-running tests in any engine.
 * @template {object} Result
 * @param {Engine | 'webkit'} engine
 * @param {(ask: Ask) => Promise<Result>} work
 * @returns {Promise<Result & { version?: string }>}
 */
export function onAnyPage(engine, work) {
  if (engine === 'webkit') return onWebKit(work);
  return onPage(engine, (page) =>
    work(
      askingBy((name, words) =>
        page.evaluate(
          ([name, words]) => /** @type {Record<string, any>} */ (/** @type {unknown} */ (window.soak))[name](...words),
          /** @type {const} */ ([name, words]),
        ),
      ),
    ),
  );
}
