// `node e2e/perf/bench/meter.mjs` measures what metering costs for kernels in C, AssemblyScript and Rust at both levels, how fast modules
// are rewritten, and the fuel of each kernel, which must be the same in both engines. Needs a build. Times do not fail the run.
//
// The kernels' binaries are committed, because npm does not provide their compilers. They are built in e2e/perf/bench/meter/:
//   clang --target=wasm32 -mbulk-memory -nostdlib -O2 -Wl,--no-entry -Wl,--strip-all -o c.wasm kernels.c
//   asc kernels.as.ts -O3 --exportStart _initialize --use abort= -o as.wasm
//   rustc --target wasm32-unknown-unknown -O -C codegen-units=1 -C panic=abort -C strip=symbols -C linker=wasm-ld
//     -C linker-flavor=wasm-ld --crate-type cdylib -o rust.wasm kernels.rs
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { chromium, firefox } from 'playwright';
import { format } from 'prettier';
import { serve, testRoots } from '../../server/serve.mjs';
import { launchOptions } from '../../setup/browsers.mjs';
import { root, say } from '../../setup/processes.mjs';
import { measureRewriting, sayRewriting } from './rewriting.mjs';
import { readResults, resultsFile } from './results.mjs';
import { writeScoreboard } from './scoreboard.mjs';

/**
 * @typedef {object} KernelResult
 * @property {string} name
 * @property {readonly number[]} ms The shortest time of one run: original, metered for interrupts, metered with fuel.
 * @property {number} fuel The fuel of its first run.
 * @property {boolean} same Whether all three returned the same result.
 */

const languages = ['c', 'as', 'rust'];
/** Only the shortest of many short runs is meaningful on a busy machine. */
const sliceMs = 4;

/**
 * Runs in the page: measures all kernels of one module in turn.
 * @param {{ language: string, rounds: number, sliceMs: number }} wanted
 * @returns {Promise<{ kernels: KernelResult[], sizes: number[], rewriteMs: number[] }>}
 */
async function measure({ language, rounds, sliceMs }) {
  const { rewrite } = /** @type {{ rewrite: (bytes: Uint8Array, level: string) => Uint8Array<ArrayBuffer>[] }} */ (
    await import(/* @vite-ignore */ `${location.origin}/dist/meter.js`)
  );
  const bytes = new Uint8Array(await (await fetch(`/kernels/${language}.wasm`)).arrayBuffer());
  const rewriteMs = ['interrupt', 'fuel'].map((level) => {
    let least = Infinity;
    for (let turn = 0; turn < 20; turn += 1) {
      const startedAt = performance.now();
      rewrite(bytes, level);
      least = Math.min(least, performance.now() - startedAt);
    }
    return least;
  });
  const versions = [[bytes], rewrite(bytes, 'interrupt'), rewrite(bytes, 'fuel')];
  let granted = 0;
  const ask = (/** @type {number} */ left) => {
    granted += 2_000_000 - left;
    return 2_000_000;
  };
  // (func (export "f") (param i32) (result i32) (call $imported (local.get 0)))
  const thunk = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 2, 7, 1, 1, 109, 1, 102, 0, 0, 3, 2, 1, 0, 7, 5,
  ];
  const rest = [1, 1, 102, 0, 1, 10, 8, 1, 6, 0, 32, 0, 16, 0, 11];
  const host = await WebAssembly.instantiate(Uint8Array.from([...thunk, ...rest]), { m: { f: ask } });
  const instances = await Promise.all(
    versions.map(async (chunks) => {
      const { instance } = await WebAssembly.instantiate(await new Blob(chunks).arrayBuffer(), {});
      const table = /** @type {WebAssembly.Table | undefined} */ (instance.exports['tenon:ask']);
      table?.set(0, host.instance.exports['f']);
      /** @type {(() => void) | undefined} */ (instance.exports['_initialize'])?.();
      return instance.exports;
    }),
  );
  const left = /** @type {(more: number) => number} */ (instances[2]?.['tenon:left']);
  const time = (/** @type {() => unknown} */ run) => {
    const startedAt = performance.now();
    let runs = 0;
    let tookMs = 0;
    for (; tookMs < sliceMs; runs += 1) {
      run();
      tookMs = performance.now() - startedAt;
    }
    return tookMs / runs;
  };
  const names = Object.keys(instances[0] ?? {}).filter((name) => name.startsWith(`${language}_`));
  const kernels = names.map((name) => {
    const runs = instances.map((exports) => /** @type {() => unknown} */ (exports[name]));
    const results = runs.slice(0, 2).map((run) => run());
    granted = 0;
    const before = left(0);
    results.push(runs[2]?.());
    const fuel = granted + before - left(0);
    return { name, runs, fuel, same: results.every((result) => result === results[0]), ms: runs.map(() => Infinity) };
  });
  for (let round = 0; round < rounds; round += 1) {
    for (const { runs, ms } of kernels) {
      runs.forEach((run, index) => {
        ms[index] = Math.min(ms[index] ?? Infinity, time(run));
      });
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  const sizes = versions.map((chunks) => chunks.reduce((sum, { length }) => sum + length, 0));
  return { kernels: kernels.map(({ name, ms, fuel, same }) => ({ name, ms, fuel, same })), sizes, rewriteMs };
}

/** @param {readonly number[]} ratios */
function meanOf(ratios) {
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

/**
 * @param {'chromium' | 'firefox'} engine
 * @param {string} origin
 * @param {number} rounds
 */
async function runIn(engine, origin, rounds) {
  const browser = await { chromium, firefox }[engine].launch(launchOptions(engine));
  /** @type {KernelResult[]} */
  const all = [];
  /** @type {import('./rewriting.mjs').Rewriting[]} */
  const large = [];
  const version = browser.version();
  try {
    for (const level of /** @type {const} */ (['interrupt', 'fuel']))
      large.push(await measureRewriting(browser, origin, level));
    const page = await browser.newPage();
    await page.goto(`${origin}/kernels/`);
    say(`${engine} ${browser.version()}: ms of the original, then relative to it: interrupts, fuel`);
    for (const language of languages) {
      const { kernels, sizes, rewriteMs } = await page.evaluate(measure, { language, rounds, sliceMs });
      const speed = rewriteMs.map((ms) => `${((sizes[0] ?? 0) / ms / 1_000).toFixed(0)} MB/s`).join(', ');
      say(`  ${language}.wasm: ${sizes.join(', ')} bytes; rewritten at ${speed}`);
      for (const { name, ms, fuel, same } of kernels) {
        const ratios = ms.slice(1).map((one) => (one / (ms[0] ?? 1)).toFixed(2).padStart(7));
        say(
          `  ${name.padEnd(20)}${(ms[0] ?? 0).toFixed(2).padStart(9)}${ratios.join('')}${String(fuel).padStart(14)}${same ? '' : '  DIFFERENT'}`,
        );
      }
      all.push(...kernels);
    }
  } finally {
    await browser.close();
  }
  const ratiosAt = (/** @type {number} */ level) => all.map(({ ms }) => (ms[level] ?? 0) / (ms[0] ?? 1));
  large.forEach(sayRewriting);
  for (const [level, title, mean, worst] of /** @type {const} */ ([
    [1, 'interrupts', 1.15, 1.6],
    [2, 'fuel', 1.4, 2.2],
  ])) {
    const ratios = ratiosAt(level);
    const text = `mean ${meanOf(ratios).toFixed(2)} (target ${mean}), worst ${Math.max(...ratios).toFixed(2)} (target ${worst})`;
    say(`  ${title}: ${text}`);
  }
  return {
    version,
    kernels: all,
    large,
    levels: [1, 2].map((level) => ({ mean: meanOf(ratiosAt(level)), worst: Math.max(...ratiosAt(level)) })),
  };
}

/** @param {Record<string, Awaited<ReturnType<typeof runIn>>>} engines */
async function keep(engines) {
  const git = (/** @type {string[]} */ ...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim();
  const date = new Date().toISOString();
  const commit = `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'src') === '' ? '' : ' and changes'}`;
  const own = Object.entries(engines).map(([engine, result]) => [engine, { date, commit, ...result }]);
  const all = { ...readResults('meter'), ...Object.fromEntries(own) };
  writeFileSync(resultsFile('meter'), await format(JSON.stringify(all), { parser: 'json', printWidth: 120 }));
  await writeScoreboard();
}

const { values } = parseArgs({ options: { rounds: { type: 'string' }, engines: { type: 'string' } } });
const site = await serve({
  roots: testRoots,
  isolated: true,
});
try {
  say(`Load average before the run: ${(loadavg()[0] ?? 0).toFixed(1)}`);
  /** @type {Map<string, number>} */
  const fuel = new Map();
  /** @type {Record<string, Awaited<ReturnType<typeof runIn>>>} */
  const measured = {};
  for (const engine of /** @type {const} */ (['chromium', 'firefox'])) {
    if (!(values.engines ?? 'chromium,firefox').includes(engine)) continue;
    const result = await runIn(engine, site.origin, Number(values.rounds ?? 20));
    measured[engine] = result;
    for (const { name, fuel: used, same } of result.kernels) {
      if (!same || (fuel.get(name) ?? used) !== used) process.exitCode = 1;
      fuel.set(name, used);
    }
  }
  if (process.exitCode !== 1) await keep(measured);
  say(process.exitCode === 1 ? 'The results or the fuel differ.' : 'Results and fuel are the same in all engines.');
} finally {
  await site.stop();
}
