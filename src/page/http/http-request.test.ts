import { expect, test } from 'vitest';
import { parseTarget } from './http-request.js';

test('a URL of more than 16,384 characters is refused before it is parsed', () => {
  const start = 'https://example.com/?';
  expect(parseTarget(start + 'x'.repeat(16_384 - start.length)).hostname).toBe('example.com');
  expect(() => parseTarget(start + 'x'.repeat(16_385 - start.length))).toThrow(
    expect.objectContaining({ code: 'guest-trap', expected: 'at most 16384 characters', actual: '16385 characters' }),
  );
});
