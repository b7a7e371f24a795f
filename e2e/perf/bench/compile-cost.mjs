// `node e2e/perf/bench/compile-cost.mjs` measures how the time of compilation and of the first call grows with pairs of dimensions of one
// function, in Chromium and Firefox, with their default tiers and with the optimizing compiler alone. `--engine` selects one engine.
// The sizes are small, so that most modules take less than a few seconds; 8 s end a measurement. The gate has no cost budget yet: these
// figures are for choosing one.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { chromium, firefox } from 'playwright';
import { format } from 'prettier';
import {
  body,
  exportRun,
  moduleOf,
  oneFunction,
  runModule,
  section,
  times,
  u32,
} from '../../security/hostile/module-bytes.mjs';
import { launchOptions } from '../../setup/browsers.mjs';

/** @typedef {import('../../security/hostile/module-bytes.mjs').Part} Part */
/** @typedef {{ pair: string, sizes: readonly [number, number], make: (a: number, b: number) => Uint8Array<ArrayBuffer> }} Pair */

const i32 = 0x7f;
/** Groups of one kind of local. @param {number} count */
const locals = (count) => [1, u32(count), i32];
/** Loads from address 0 are values that no compiler knows. @param {Part} code @param {Part} [declared] */
const withMemory = (code, declared = 0) =>
  moduleOf(
    section(1, 1, 0x60, 0, 0),
    oneFunction,
    section(5, 1, 0, 1),
    exportRun,
    section(10, 1, body(code, declared)),
  );
const load = [0x41, 0, 0x28, 2, 0];
const branch = [...load, 0x0d, 0];
/** @param {number} depth */
const nest = (depth) => [times(depth, [0x02, 0x40]), times(depth, 0x0b)];
/** @param {number} height @param {Part} code */
const onStack = (height, code) => [times(height, load), code, times(height, 0x1a)];
/** @param {number} count */
const targets = (count) => [...load, 0x0e, u32(count), times(count, 0), 0];

/** @type {readonly Pair[]} */
const pairs = [
  { pair: 'locals x nested blocks', sizes: [4_000, 2_000], make: (a, b) => runModule(nest(b), locals(a)) },
  {
    pair: 'locals x nested blocks with a branch each',
    sizes: [4_000, 2_000],
    make: (a, b) => withMemory([times(b, [0x02, 0x40, ...branch]), times(b, 0x0b)], locals(a)),
  },
  {
    pair: 'locals x blocks in sequence with a branch each',
    sizes: [4_000, 2_000],
    make: (a, b) => withMemory(times(b, [0x02, 0x40, ...branch, 0x0b]), locals(a)),
  },
  {
    pair: 'locals x loops in sequence',
    sizes: [4_000, 2_000],
    make: (a, b) => withMemory(times(b, [0x03, 0x40, 0x0b]), locals(a)),
  },
  {
    pair: 'locals x ifs in sequence',
    sizes: [4_000, 2_000],
    make: (a, b) => withMemory(times(b, [...load, 0x04, 0x40, 0x0b]), locals(a)),
  },
  {
    pair: 'locals x branches to one block',
    sizes: [4_000, 2_000],
    make: (a, b) => withMemory([0x02, 0x40, times(b, branch), 0x0b], locals(a)),
  },
  {
    pair: 'locals x entries of one br_table',
    sizes: [4_000, 2_000],
    make: (a, b) => withMemory([0x02, 0x40, targets(b), 0x0b], locals(a)),
  },
  {
    pair: 'locals x calls',
    sizes: [4_000, 2_000],
    make: (a, b) =>
      moduleOf(
        section(1, 1, 0x60, 0, 0),
        section(3, 2, 0, 0),
        exportRun,
        section(10, 2, body(times(b, [0x10, 1]), locals(a)), body([])),
      ),
  },
  {
    pair: 'locals x constants of five bytes',
    sizes: [4_000, 2_000],
    make: (a, b) => withMemory(times(b, [0x41, 0xff, 0xff, 0xff, 0xff, 0x07, 0x1a]), locals(a)),
  },
  {
    pair: 'stack x nested blocks',
    sizes: [2_000, 1_000],
    make: (a, b) => withMemory(onStack(a, nest(b))),
  },
  {
    pair: 'stack x blocks in sequence with a branch each',
    sizes: [2_000, 1_000],
    make: (a, b) => withMemory(onStack(a, times(b, [0x02, 0x40, ...branch, 0x0b]))),
  },
  {
    pair: 'stack x branches to one block',
    sizes: [2_000, 1_000],
    make: (a, b) => withMemory(onStack(a, [0x02, 0x40, times(b, branch), 0x0b])),
  },
  {
    pair: 'nesting x entries of one br_table',
    sizes: [2_000, 2_000],
    make: (a, b) => {
      const all = Array.from({ length: b }, (_, index) => u32(index % a));
      return withMemory([times(a, [0x02, 0x40]), ...load, 0x0e, u32(b), all, 0, times(a, 0x0b)]);
    },
  },
];

const tiers = [
  { engine: 'chromium', tier: 'default', options: {} },
  { engine: 'chromium', tier: 'optimizing', options: { args: ['--js-flags=--no-liftoff'] } },
  { engine: 'firefox', tier: 'default', options: {} },
  {
    engine: 'firefox',
    tier: 'optimizing',
    options: { firefoxUserPrefs: { 'javascript.options.wasm_baselinejit': false } },
  },
];

/**
 * Runs in the page: compiles a module in a worker, calls it once, and returns the milliseconds.
 * @param {string} url
 * @returns {Promise<{ ms: number, failed: string | null }>}
 */
async function measure(url) {
  const source = `onmessage = async ({ data }) => {
    const bytes = await (await fetch(data)).arrayBuffer();
    const startedAt = performance.now();
    let failed = null;
    try {
      const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(bytes));
      exports.run();
    } catch (error) { failed = String(error).slice(0, 200); }
    postMessage({ ms: performance.now() - startedAt, failed });
  };`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
  const result = await new Promise((resolve) => {
    const limit = setTimeout(resolve, 8_000, { ms: 8_000, failed: 'more than 8 s' });
    worker.addEventListener('message', ({ data }) => {
      clearTimeout(limit);
      resolve(data);
    });
    worker.postMessage(new URL(url, location.href).href);
  });
  worker.terminate();
  return result;
}

/**
 * Each pair is measured at (a, b), (2a, b), (a, 2b) and (2a, 2b). In a sum of terms in a, b and their product, what the last one has beyond
 * the others is the product alone.
 * @param {readonly number[]} ms
 * @param {readonly [number, number]} sizes
 */
function fit([base = 0, moreA = 0, moreB = 0, both = 0], [a, b]) {
  const product = both - moreA - moreB + base;
  return { nsPerProduct: Math.round((product * 1e6 * 100) / (a * b)) / 100 };
}

const { values } = parseArgs({ options: { engine: { type: 'string' }, rounds: { type: 'string', default: '3' } } });
/** @type {Map<string, Uint8Array<ArrayBuffer>>} */
const files = new Map();
const server = createServer((request, response) => {
  const bytes = files.get(request.url ?? '');
  response.setHeader('content-type', bytes ? 'application/wasm' : 'text/html');
  response.end(bytes ?? '<!doctype html>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

/** @type {{ engine: string, tier: string, pair: string, a: number, b: number, ms: number[], nsPerProduct: number | null, failed?: string }[]} */
const rows = [];
for (const { engine, tier, options } of tiers) {
  if (values.engine !== undefined && values.engine !== engine) continue;
  const type = engine === 'firefox' ? firefox : chromium;
  const launch = launchOptions(/** @type {'chromium' | 'firefox'} */ (engine));
  const browser = await type.launch({ ...launch, ...options, args: [...(launch.args ?? []), ...(options.args ?? [])] });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  for (const { pair, sizes, make } of pairs) {
    const [a, b] = sizes;
    const ms = [];
    let failed = null;
    for (const [x, y] of /** @type {const} */ ([
      [a, b],
      [2 * a, b],
      [a, 2 * b],
      [2 * a, 2 * b],
    ])) {
      files.set('/module', make(x, y));
      let least = Infinity;
      for (let round = 0; round < Number(values.rounds); round += 1) {
        const result = await page.evaluate(measure, '/module');
        failed ??= result.failed;
        least = Math.min(least, result.ms);
        if (result.ms > 2_000) break;
      }
      ms.push(Math.round(least * 10) / 10);
      if (least > 4_000) break;
    }
    const row = {
      engine,
      tier,
      pair,
      a,
      b,
      ms,
      nsPerProduct: ms.length < 4 ? null : fit(ms, sizes).nsPerProduct,
      ...(failed === null ? {} : { failed }),
    };
    rows.push(row);
    console.log(
      `${engine} ${tier}`.padEnd(22),
      pair.padEnd(50),
      ms.join(' / '),
      `ms, ${row.nsPerProduct} ns`,
      failed ?? '',
    );
  }
  await browser.close();
}
server.close();
const file = new URL('../results/compile-cost.json', import.meta.url);
/** @type {Record<string, unknown>} */
const known = (() => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
})();
const measured = new Set(rows.map(({ engine }) => engine));
const kept = /** @type {typeof rows} */ (known['pairs'] ?? []).filter(({ engine }) => !measured.has(engine));
writeFileSync(
  file,
  await format(JSON.stringify({ ...known, pairs: [...kept, ...rows] }), { parser: 'json', printWidth: 120 }),
);
