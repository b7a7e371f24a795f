// How long plug-ins with many imports and exports take from creation to the first result, in real browsers.
//
//   node e2e/perf/bench/linking.mjs                                    measures dist/ and writes results/linking.json
//   node e2e/perf/bench/linking.mjs --dist folder --label 'before'    measures another build, kept beside it under that label
//   node e2e/perf/bench/linking.mjs --engines chromium --sizes 1000
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, firefox } from 'playwright';
import { format } from 'prettier';
import { serve, testRoots } from '../../server/serve.mjs';
import { launchOptions } from '../../setup/browsers.mjs';
import { root, say } from '../../setup/processes.mjs';
import { readResults, resultsFile } from './results.mjs';
import { writeScoreboard } from './scoreboard.mjs';

/**
 * @typedef {object} LinkingFigures Milliseconds, the median of the rounds.
 * @property {number} size Imports and exports of each of the two modules.
 * @property {number} floorMs Compiling and instantiating both modules in the page, with nothing else.
 * @property {number} createMs From bytes to a plug-in.
 * @property {number} firstCallMs
 * @property {number} lookupMs 1,000 calls of `functionExists`.
 */

const rounds = 5;
/** A build in which linking takes this long is measured once. */
const slowMs = 3_000;

/**
 * Runs in the page. `main` imports `size` functions of `dep`, and exports as many as `dep`.
 * @param {number} size
 */
async function measure(size) {
  const { createPlugin } = await import(/* @vite-ignore */ `${location.origin}/dist/index.js`);
  const encoder = new TextEncoder();
  const leb = (/** @type {number} */ value) => {
    const out = [];
    for (; value > 127; value >>>= 7) out.push((value & 127) | 128);
    return [...out, value];
  };
  const text = (/** @type {string} */ value) => [...leb(value.length), ...encoder.encode(value)];
  const section = (/** @type {number} */ id, /** @type {number[][]} */ entries) => {
    const body = [...leb(entries.length), ...entries.flat()];
    return [id, ...leb(body.length), ...body];
  };
  const names = Array.from({ length: size }, (_one, index) => `function_${index}`);
  /** @param {number[][]} imports */
  const moduleOf = (imports) => {
    const first = imports.length;
    return Uint8Array.from([
      0,
      0x61,
      0x73,
      0x6d,
      1,
      0,
      0,
      0,
      ...section(1, [[0x60, 0, 0]]),
      ...(first === 0 ? [] : section(2, imports)),
      ...section(
        3,
        names.map(() => [0]),
      ),
      ...section(
        7,
        names.map((name, index) => [...text(name), 0, ...leb(first + index)]),
      ),
      ...section(
        10,
        names.map(() => [2, 0, 0x0b]),
      ),
    ]);
  };
  const dep = moduleOf([]);
  const main = moduleOf(names.map((name) => [...text('dep'), ...text(name), 0, 0]));
  const manifest = {
    wasm: [
      { name: 'dep', data: dep },
      { name: 'main', data: main },
    ],
  };
  const floorAt = performance.now();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(dep));
  if (new WebAssembly.Instance(new WebAssembly.Module(main), { dep: exports }).exports[names[0] ?? ''] === undefined)
    throw new Error('no function');
  const floorMs = performance.now() - floorAt;
  // The first plug-in of a page also loads the library's lazy chunks.
  const small = await createPlugin('/fixtures/link_dep.wasm');
  await small.close();
  const startedAt = performance.now();
  const plugin = await createPlugin(manifest, { loadTimeoutMs: 120_000 });
  const createdAt = performance.now();
  await plugin.call(names.at(-1));
  const calledAt = performance.now();
  let found = 0;
  for (let turn = 0; turn < 1_000; turn += 1) found += Number(plugin.functionExists(names[turn % size]));
  const lookedUpAt = performance.now();
  await plugin.close();
  if (found !== 1_000) throw new Error('functions are missing');
  const [createMs, firstCallMs, lookupMs] = [createdAt - startedAt, calledAt - createdAt, lookedUpAt - calledAt];
  return { size, floorMs, createMs, firstCallMs, lookupMs };
}

/** @param {number[]} values */
const median = (values) => Number((values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0).toFixed(1));

/**
 * @param {import('playwright').Browser} browser
 * @param {string} origin
 * @param {number} size
 * @returns {Promise<LinkingFigures>}
 */
async function measureSize(browser, origin, size) {
  /** @type {LinkingFigures[]} */
  const all = [];
  while (all.length < rounds) {
    const page = await browser.newPage();
    await page.goto(`${origin}/kernels/`);
    all.push(await page.evaluate(measure, size));
    await page.close();
    if ((all[0]?.createMs ?? 0) > slowMs) break;
  }
  const figures = {
    size,
    floorMs: median(all.map(({ floorMs }) => floorMs)),
    createMs: median(all.map(({ createMs }) => createMs)),
    firstCallMs: median(all.map(({ firstCallMs }) => firstCallMs)),
    lookupMs: median(all.map(({ lookupMs }) => lookupMs)),
  };
  const { floorMs, createMs, firstCallMs, lookupMs } = figures;
  say(
    `  ${size} x ${size}: floor ${floorMs}, creation ${createMs}, first call ${firstCallMs}, 1,000 look-ups ${lookupMs} ms`,
  );
  return figures;
}

const { values } = parseArgs({
  options: {
    engines: { type: 'string', default: 'chromium,firefox' },
    sizes: { type: 'string', default: '1000,2000,5000' },
    dist: { type: 'string', default: 'dist' },
    label: { type: 'string', default: 'now' },
  },
});
const site = await serve({ roots: { ...testRoots, '/dist/': resolve(root, values.dist) }, isolated: true });
const results = readResults('linking');
try {
  say(`Load before it began: ${(loadavg()[0] ?? 0).toFixed(1)}`);
  for (const [engine, type] of Object.entries({ chromium, firefox })) {
    if (!values.engines.includes(engine)) continue;
    const browser = await type.launch(launchOptions(/** @type {'chromium' | 'firefox'} */ (engine)));
    try {
      say(`${engine} ${browser.version()}, ${values.label}`);
      const sizes = [];
      for (const size of values.sizes.split(',')) sizes.push(await measureSize(browser, site.origin, Number(size)));
      const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
      const run = {
        date: new Date().toISOString(),
        ...(values.label === 'now' ? { commit } : {}),
        version: browser.version(),
        sizes,
      };
      results[engine] = { ...results[engine], [values.label]: run };
    } finally {
      await browser.close();
    }
  }
} finally {
  await site.stop();
}
writeFileSync(resultsFile('linking'), await format(JSON.stringify(results), { parser: 'json', printWidth: 120 }));
await writeScoreboard();
