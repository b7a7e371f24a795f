import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FileContents } from './contents.js';
import { runCount } from '../../contract/test-runs.js';

const mebibyte = 1_048_576;
const largest = 3 * mebibyte;
/** Positions near the boundaries of chunks, and near 0. */
const place = fc
  .tuple(fc.constantFrom(0, mebibyte, 2 * mebibyte), fc.integer({ min: -300, max: 300 }))
  .map(([base, offset]) => Math.max(0, base + offset));
const step = fc.oneof(
  fc.record({ do: fc.constant('write' as const), at: place, length: fc.integer({ min: 0, max: 600 }) }),
  fc.record({ do: fc.constant('resize' as const), at: place, length: fc.constant(0) }),
);

test('a file contains the bytes that were written at each position, and zeros elsewhere', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.array(step, { maxLength: 12 }), (initial, steps) => {
      const contents = new FileContents(initial.slice());
      const model = new Uint8Array(largest);
      model.set(initial);
      let size = initial.length;
      for (const [index, { do: what, at, length }] of steps.entries()) {
        if (what === 'write') {
          const bytes = new Uint8Array(length).fill(index + 1);
          contents.write(bytes, at);
          model.set(bytes, at);
          size = length === 0 ? Math.max(size, at) : Math.max(size, at + length);
        } else {
          contents.resize(at);
          model.fill(0, at);
          size = at;
        }
        expect(contents.size).toBe(size);
      }
      const wanted = Buffer.from(model.buffer, 0, size);
      expect(wanted.equals(contents.bytes())).toBe(true);
      expect(wanted.equals(Buffer.concat([...contents.pieces()]))).toBe(true);
      const window = new Uint8Array(500).fill(9);
      const from = Math.max(0, size - 250);
      expect(contents.read(window, from)).toBe(size - from);
      expect(window[size - from]).toBe(9);
    }),
    { numRuns: runCount(300) },
  );
});
