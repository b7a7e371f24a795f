import { expect, test } from 'vitest';
import { createGate } from './gate.js';
import { moduleOf, section, text, vector } from './test-modules.js';

/** About 10 MB of functions of 250 bytes that do some arithmetic, as compilers make them. */
function largeModule(): Uint8Array<ArrayBuffer> {
  const step = [0x20, 0, 0x41, 0xe5, 0x8e, 0x26, 0x6c, 0x20, 1, 0x6a, 0x21, 0];
  const body = [2, 1, 0x7f, 1, 0x7e, ...Array.from({ length: 20 }, () => step).flat(), 0x20, 0, 0x0b];
  const entry = Uint8Array.from([0xf8, 0x01, ...body]);
  const count = 40_000;
  const size = 3 + count * entry.length;
  const types = section(1, vector([0x60, 2, 0x7f, 0x7f, 1, 0x7f]));
  const functions = section(3, [0xc0, 0xb8, 0x02, ...Array<number>(count).fill(0)]);
  const head = moduleOf(types, functions, section(5, vector([0, 1])), section(7, vector([...text('f'), 0, 0])));
  const code = [
    10,
    (size & 127) | 128,
    ((size >> 7) & 127) | 128,
    ((size >> 14) & 127) | 128,
    size >> 21,
    0xc0,
    0xb8,
    0x02,
  ];
  const all = new Uint8Array(head.length + code.length + count * entry.length);
  all.set(head);
  all.set(code, head.length);
  for (let index = 0; index < count; index += 1) all.set(entry, head.length + code.length + index * entry.length);
  return all;
}

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
