// Measures how fast a large module is rewritten for metering, and the memory for it; used by `node e2e/perf/bench/meter.mjs`.
import { say } from '../../setup/processes.mjs';
import { forgetRendererPeak, rendererBytes, rendererPeakBytes } from './renderer-memory.mjs';

/**
 * The speed of rewriting a large module, and the memory for it.
 * @typedef {object} Rewriting
 * @property {string} level
 * @property {number} sizeBytes
 * @property {number} firstMs The first pass, before the engine has optimized the rewriter.
 * @property {number} leastMs
 * @property {number | null} memory Peak memory of the page, including the module, relative to the size of the module.
 */

const largeBytes = 10_000_000;

/**
 * Runs in a new page: repeats the kernels in Rust in one module until it has the wanted size.
 * @param {number} sizeBytes
 */
async function makeLarge(sizeBytes) {
  const bytes = new Uint8Array(await (await fetch('/kernels/rust.wasm')).arrayBuffer());
  const leb = (/** @type {number} */ value) => {
    const out = [];
    for (; value > 127; value >>>= 7) out.push((value & 127) | 128);
    return [...out, value];
  };
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const times = Math.round(sizeBytes / bytes.length);
  /** @type {BlobPart[]} */
  const parts = [bytes.slice(0, 8)];
  while (at < bytes.length) {
    const id = bytes[at++] ?? 0;
    const size = number();
    const end = at + size;
    if (id === 3 || id === 10) {
      const count = leb(number() * times);
      const entries = bytes.slice(at, end);
      const head = [id, ...leb(count.length + entries.length * times), ...count];
      parts.push(Uint8Array.from(head), ...Array.from({ length: times }, () => entries));
    } else if (id !== 0) {
      parts.push(Uint8Array.from([id, ...leb(size)]), bytes.slice(at, end));
    }
    at = end;
  }
  const { rewrite } = await import(/* @vite-ignore */ `${location.origin}/dist/meter.js`);
  const large = new Uint8Array(await new Blob(parts).arrayBuffer());
  if (!WebAssembly.validate(large)) throw new Error('Rewriting: expected a valid module after repeating its functions');
  Object.assign(window, {
    rewriteLarge: (/** @type {string} */ level) => {
      const startedAt = performance.now();
      rewrite(large, level);
      return performance.now() - startedAt;
    },
  });
  return large.length;
}

/**
 * @param {import('playwright').Browser} browser
 * @param {string} origin
 * @param {'interrupt' | 'fuel'} level
 * @returns {Promise<Rewriting>}
 */
export async function measureRewriting(browser, origin, level) {
  const page = await browser.newPage();
  try {
    await page.goto(`${origin}/kernels/`);
    const sizeBytes = await page.evaluate(makeLarge, largeBytes);
    const run = () =>
      page.evaluate((level) => /** @type {any} */ (window).rewriteLarge(level), /** @type {string} */ (level));
    // Only Chromium can collect garbage on demand, without which the figure means little.
    const collects = browser.browserType().name() === 'chromium';
    if (collects) await page.requestGC();
    forgetRendererPeak();
    const before = rendererBytes() ?? 0;
    const firstMs = await run();
    const peak = rendererPeakBytes();
    let leastMs = firstMs;
    for (let turn = 0; turn < 10; turn += 1) leastMs = Math.min(leastMs, await run());
    return {
      level,
      sizeBytes,
      firstMs,
      leastMs,
      memory: collects && peak !== null ? 1 + (peak - before) / sizeBytes : null,
    };
  } finally {
    await page.close();
  }
}

/** @param {Rewriting} figures */
export function sayRewriting({ level, sizeBytes, firstMs, leastMs, memory }) {
  const speed = (/** @type {number} */ ms) => `${(sizeBytes / ms / 1_000).toFixed(0)} MB/s`;
  const held = memory === null ? '' : `; memory ${memory.toFixed(1)} times the module (target 3)`;
  say(
    `  ${(sizeBytes / 1e6).toFixed(1)} MB rewritten (${level}): ${speed(firstMs)} the first time, ${speed(leastMs)} at best (target 100)${held}`,
  );
}
