import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAnswer, encodeAnswer } from './answer-bytes.js';
import { runCount } from '../test-runs.js';

const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array(),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
}));

test('an answer is the same after it was bytes', () => {
  fc.assert(
    fc.property(value, (before) => {
      expect(decodeAnswer(encodeAnswer(before))).toEqual(before);
    }),
    { numRuns: runCount(2_000) },
  );
});
