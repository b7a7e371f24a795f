import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { meterVersion } from '../contract/abi.js';
import { metered, passed } from './test-meter.js';

/** What this version writes. Metered code is kept across visits: other bytes for the same module need another version. */
const written: Readonly<Record<number, string>> = {
  2: '1ba4d86e4b3e6235',
};

test('the meter writes what its version says, byte for byte', () => {
  const all = createHash('sha256');
  for (const name of ['as', 'c', 'rust']) {
    const { bytes } = passed(readFileSync(new URL(`../../e2e/bench/meter/${name}.wasm`, import.meta.url)));
    all.update(metered(bytes, 'interrupt')).update(metered(bytes, 'fuel'));
  }
  expect(all.digest('hex').slice(0, 16), 'raise meterVersion in contract/abi.ts, and write this here').toBe(
    written[meterVersion],
  );
});
