import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPluginError } from '../../contract/errors.js';
import { hostTable } from './host-table.js';
import { parseRequest } from './host-wire.js';
import { runCount } from '../../contract/test-runs.js';

const table = hostTable({
  acme: {
    typed: { params: ['text', 'i32'], result: null, handler: () => null },
    raw: () => 1n,
  },
});
const bytes = new Uint8Array(3);
const value = fc.oneof(
  fc.anything({ withBigInt: true, withTypedArray: true, withNullPrototype: true, withObjectString: true }),
  fc.constantFrom('more', 'http', 'call', 'raw', '__proto__', 'constructor', -1, 0, 1, 2, 2n ** 64n, Number.NaN),
  fc.constant({ bytes, secret: 1n }),
);
const message = fc.oneof(value, fc.array(value, { maxLength: 8 }));

test('each of 100,000 forged requests is parsed as a request of the protocol, or fails with a protocol error', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).toSorted();
  let accepted = 0;
  fc.assert(
    fc.property(message, (data) => {
      try {
        const [number, kind] = parseRequest(data, table);
        expect(Number.isSafeInteger(number)).toBe(true);
        expect(['more', 'http', 'call', 'raw']).toContain(kind);
        accepted += 1;
      } catch (error) {
        if (!isPluginError(error, 'protocol')) throw error;
      }
    }),
    { numRuns: runCount(100_000) },
  );
  expect(accepted).toBeGreaterThan(0);
  expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(before);
});

test.each([
  ['more', [1, 'more']],
  ['http', [1, 'http', '{}', null]],
  ['http', [1, 'http', '{}', bytes]],
  ['call', [1, 'call', 0, ['a', 1]]],
  ['raw', [1, 'raw', 1, [1, 2n], { bytes, secret: -1n }, [['k', null]]]],
])('a request of kind %s is parsed', (kind, data) => {
  expect(parseRequest(data, table)[1]).toBe(kind);
});

test.each([
  ['an object instead of an array', { 0: 1, 1: 'more' }],
  ['a number as text', ['1', 'more']],
  ['a number that is not an integer', [1.5, 'more']],
  ['an unknown kind', [1, 'eval', 'x']],
  ['the index of a function that does not exist', [1, 'call', 2, []]],
  ['a function by name', [1, 'call', 'constructor', []]],
  ['too few arguments', [1, 'call', 0, ['a']]],
  ['too many arguments', [1, 'call', 0, ['a', 1, 2]]],
  ['a raw call of a typed function', [1, 'raw', 0, [], { bytes, secret: 1n }, []]],
  ['a raw argument that is not a number', [1, 'raw', 1, ['a'], { bytes, secret: 1n }, []]],
  [
    'more raw arguments than a function can have',
    [1, 'raw', 1, Array.from({ length: 1_001 }, () => 1), { bytes, secret: 1n }, []],
  ],
  ['a memory without its secret', [1, 'raw', 1, [], { bytes }, []]],
  ['a memory that is a view of a larger buffer', [1, 'raw', 1, [], { bytes: bytes.subarray(1), secret: 1n }, []]],
  ['a var whose value is text', [1, 'raw', 1, [], { bytes, secret: 1n }, [['k', 'text']]]],
  ['a body that is text', [1, 'http', '{}', 'body']],
])('a request with %s is refused', (_what, data) => {
  expect(() => parseRequest(data, table)).toThrow(expect.objectContaining({ code: 'protocol' }));
});
