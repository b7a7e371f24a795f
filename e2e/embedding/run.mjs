// Runs an app that embeds the packed package, in each tool chain: `node e2e/embedding/run.mjs "no bundler" --engine firefox`.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { serve, testRoots } from '../server/serve.mjs';
import { engineLaunchOptions } from '../setup/browsers.mjs';
import { pack } from '../setup/pack.mjs';
import { say, startProcess, waitFor } from '../setup/processes.mjs';
import { assetsPath, buildApp, makeApp, toolIn } from './app.mjs';
import { toolChains } from './tool-chains.mjs';

/** @typedef {import('./tool-chains.mjs').ToolChain} ToolChain */
/** @typedef {import('./page/uses.mjs').Outcome} Outcome */
/** @typedef {'chromium' | 'firefox'} Engine */
/** @typedef {{ chain: string, outcomes: readonly Outcome[] }} Row */

/** An app on a server. */
/** @typedef {{ url: string, stop: () => Promise<void> }} ServedApp */

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}

/**
 * Starts the tool's own server, which asks `files` for plug-ins.
 * @param {string} folder
 * @param {readonly string[]} develop
 * @param {import('../server/serve.mjs').Site} files
 * @returns {Promise<ServedApp>}
 */
async function serveForDevelopment(folder, [tool = '', ...words], files) {
  const port = await freePort();
  const places = ['--host', '127.0.0.1', '--port', String(port)];
  const environment = { TENON_TEST_FILES: files.origin };
  const server = startProcess(toolIn(folder, tool), [...words, folder, ...places], environment);
  const url = `http://127.0.0.1:${port}/`;
  const answered = () =>
    fetch(url).then(
      ({ ok }) => (ok ? true : undefined),
      () => undefined,
    );
  await waitFor(`the server: ${server.said()}`, answered, 60_000);
  return { url, stop: () => server.stop() };
}

/**
 * @param {ToolChain} chain
 * @param {string} tarball
 * @returns {Promise<ServedApp>}
 */
async function serveApp(chain, tarball) {
  const folder = await makeApp(chain, tarball);
  const served = await buildApp(chain, folder);
  // The package's files are those of the app.
  const { '/dist/': _built, ...roots } = testRoots;
  const site = await serve({ roots: { ...roots, '/': served } });
  const query = chain.assets === true ? `?assets=${encodeURIComponent(assetsPath)}` : '';
  if (chain.develop === undefined) return { url: `${site.origin}/index.html${query}`, stop: () => site.stop() };
  const { url, stop } = await serveForDevelopment(folder, chain.develop, site);
  return { url, stop: () => Promise.all([stop(), site.stop()]).then(() => {}) };
}

/**
 * Opens the app and performs its uses.
 * @param {import('playwright').Browser} browser
 * @param {string} url
 * @returns {Promise<readonly Outcome[]>}
 */
async function useApp(browser, url) {
  const page = await browser.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  try {
    await page.goto(url);
    await page
      .waitForFunction(() => 'performUses' in window, undefined, { timeout: 60_000 })
      .catch((error) => {
        throw new Error(`The app did not start: ${[...errors, String(error)].join('; ')}`);
      });
    const outcomes = await page.evaluate(() => window.performUses(null));
    return [...outcomes, ...errors.map((message) => ({ use: 'uncaught error', ok: false, message }))];
  } finally {
    await page.close();
  }
}

/**
 * @param {ToolChain} chain
 * @param {string} tarball
 * @param {import('playwright').Browser} browser
 */
async function runApp(chain, tarball, browser) {
  const { url, stop } = await serveApp(chain, tarball);
  try {
    return await useApp(browser, url);
  } finally {
    await stop();
  }
}

/**
 * Runs the apps in one engine.
 * @param {readonly ToolChain[]} chains
 * @param {Engine} engine
 * @returns {Promise<Row[]>}
 */
export async function runToolChains(chains, engine) {
  const tarball = await pack('embedding-pack');
  if (tarball === undefined) throw new Error('Cannot pack the package');
  const playwright = await import('playwright');
  const browser = await playwright[engine].launch(engineLaunchOptions(engine));
  /** @type {Row[]} */
  const rows = [];
  try {
    for (const chain of chains) {
      const outcomes = await runApp(chain, tarball, browser).catch((/** @type {unknown} */ error) => [
        { use: 'start', ok: false, message: String(error) },
      ]);
      rows.push({ chain: chain.name, outcomes });
    }
  } finally {
    await browser.close();
  }
  return rows;
}

/** The tool chains of an engine: all in Chromium. @param {Engine} engine */
export function chainsOf(engine) {
  return toolChains.filter(({ firefox = false }) => engine === 'chromium' || firefox);
}

/** What failed, a line each. @param {readonly Row[]} rows */
export function faultsOf(rows) {
  return rows.flatMap(({ chain, outcomes }) =>
    outcomes
      .filter(({ ok }) => !ok)
      .map(({ use, code = '', message = '', fix = '' }) => `${chain}, ${use}: ${code} ${message} ${fix}`.trim()),
  );
}

/** One line for each tool chain, one column for each use. @param {readonly Row[]} rows */
export function tableOf(rows) {
  const uses = Array.from(new Set(rows.flatMap(({ outcomes }) => outcomes.map(({ use }) => use))));
  const width = Math.max(...rows.map(({ chain }) => chain.length));
  const cell = (/** @type {Row} */ row, /** @type {string} */ use) => {
    const found = row.outcomes.find((one) => one.use === use);
    return (found === undefined ? '' : found.ok ? 'yes' : 'NO').padEnd(use.length);
  };
  return [
    [''.padEnd(width), ...uses].join(' | '),
    ...rows.map((row) => [row.chain.padEnd(width), ...uses.map((use) => cell(row, use))].join(' | ')),
  ];
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'string' }, engine: { type: 'string', default: 'chromium' } },
  });
  const engine = values.engine === 'firefox' ? 'firefox' : 'chromium';
  const unknown = positionals.filter((wish) => !toolChains.some(({ name }) => name === wish));
  if (unknown.length > 0) throw new Error(`Unknown tool chain: ${unknown.join(', ')}`);
  const chains =
    positionals.length === 0 ? chainsOf(engine) : toolChains.filter(({ name }) => positionals.includes(name));
  const start = performance.now();
  const rows = await runToolChains(chains, engine);
  for (const line of [...tableOf(rows), ...faultsOf(rows)]) say(line);
  if (values.json !== undefined) {
    const ms = Math.round((performance.now() - start) / rows.length);
    const results = rows.map((row) => {
      const faults = faultsOf([row]);
      const name = `The packed package with ${row.chain}, in ${engine}`;
      return faults.length === 0 ? { name, ok: true, ms } : { name, ok: false, ms, error: faults.join('\n') };
    });
    writeFileSync(values.json, JSON.stringify(results));
  }
  process.exitCode = faultsOf(rows).length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
