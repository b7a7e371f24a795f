import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createGate } from './gate.js';

/** Returns the output of the gate for `bytes` in chunks that end at `cuts`. */
function passed(bytes: Uint8Array, cuts: readonly number[]): Uint8Array {
  const gate = createGate({ maxPages: 16 });
  const out: Uint8Array[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    out.push(...gate.push(bytes.slice(from, to)));
    from = to;
  }
  out.push(...gate.finish().rest);
  return Uint8Array.from(out.flatMap((chunk) => [...chunk]));
}

test.each(['count_vowels_c', 'echo'])('the output of the gate for %s does not depend on chunk boundaries', (name) => {
  const bytes = new Uint8Array(readFileSync(new URL(`../../../public/plugins/${name}.wasm`, import.meta.url)));
  const whole = passed(bytes, []);
  const step = Math.ceil(bytes.length / 200);
  for (let cut = 1; cut < bytes.length; cut += step) {
    for (const length of [1, 2, 3, 7]) {
      const cuts = [cut, Math.min(cut + length, bytes.length)];
      expect(Buffer.compare(passed(bytes, cuts), whole), `cut at ${cuts.join(' and ')}`).toBe(0);
    }
  }
});
