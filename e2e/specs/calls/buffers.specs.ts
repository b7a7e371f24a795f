import { createPlugin } from 'tenon';
import { check, equal } from '../assert.js';
import { spec } from '../harness.js';

/** Around the length up to which bytes are copied across, and beyond it. */
const lengths = [0, 1, 16, 511, 512, 513, 65_536, 1_048_576];

function bytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

spec('an output of any length is right, and its buffer holds it and no more', async ({ url, defer }) => {
  const plugin = await createPlugin(url('/plugins/echo.wasm'));
  defer(() => plugin.close());
  for (const length of lengths) {
    for (const transfer of [false, true]) {
      const input = bytes(length);
      const output = (await plugin.call('echo', input, { transfer })).bytes();
      const what = `${length} bytes${transfer ? ', handed over' : ''}`;
      equal(output, bytes(length), what);
      equal(output.buffer.byteLength, length, `buffer of ${what}`);
      equal(input.length, transfer ? 0 : length, `input left of ${what}`);
    }
  }
});

spec('an input that is part of a larger buffer has an output that is not', async ({ url, defer }) => {
  const plugin = await createPlugin(url('/plugins/echo.wasm'));
  defer(() => plugin.close());
  for (const length of lengths) {
    const larger = bytes(length + 24);
    const output = (await plugin.call('echo', larger.subarray(8, 8 + length), { transfer: true })).bytes();
    equal(output, bytes(length + 24).slice(8, 8 + length), `${length} bytes`);
    equal(output.buffer.byteLength, length, `buffer of ${length} bytes`);
    equal(larger.length, 0, 'the whole buffer was handed over');
  }
});

spec('outputs stay what they were when more calls are made', async ({ url, defer }) => {
  const plugin = await createPlugin(url('/plugins/echo.wasm'));
  defer(() => plugin.close());
  const outputs = await Promise.all(
    Array.from({ length: 20 }, (_, index) => plugin.call('echo', new Uint8Array(2_000).fill(index))),
  );
  outputs.forEach((output, index) => {
    check(
      output.bytes().every((byte) => byte === index),
      `output ${index} was written over`,
    );
  });
});
