import { expect, test } from 'vitest';
import { createGate } from './gate.js';
import { largeModule } from '../reader/test-large-module.js';

/** Each chunk is a fresh copy, as one that has just arrived: still in the processor's cache. */
function gateTime(bytes: Uint8Array, chunkBytes: number): number {
  const gate = createGate({ maxPages: 16 });
  let spent = 0;
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = bytes.slice(at, at + chunkBytes);
    const startedAt = performance.now();
    gate.push(chunk);
    spent += performance.now() - startedAt;
  }
  expect(gate.finish().report.counts.functions).toBe(40_000);
  return spent;
}

test('the time of the gate beside that of the compiler', { timeout: 60_000 }, async () => {
  const bytes = largeModule();
  expect(WebAssembly.validate(bytes)).toBe(true);
  const compile: number[] = [];
  for (let turn = 0; turn < 7; turn += 1) {
    const startedAt = performance.now();
    await WebAssembly.compile(bytes);
    compile.push(performance.now() - startedAt);
  }
  // The best of several: on a busy machine every other figure is about the machine.
  const compileMs = Math.min(...compile);
  for (const chunkBytes of [bytes.length, 65_536, 16_384]) {
    const times = Array.from({ length: 15 }, () => gateTime(bytes, chunkBytes));
    const gateMs = Math.min(...times);
    const share = ((gateMs / compileMs) * 100).toFixed(1);
    console.log(
      `gate: ${(bytes.length / 1e6).toFixed(1)} MB in chunks of ${chunkBytes}: ${gateMs.toFixed(2)} ms (first ${(times[0] ?? 0).toFixed(2)}), ` +
        `${share} % of WebAssembly.compile (${compileMs.toFixed(1)} ms)`,
    );
  }
});
