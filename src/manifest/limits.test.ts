import { expect, test } from 'vitest';
import { combineLimits, noSettings, smallerLimit } from './limits.js';
import { parseManifest, parseOverrides } from './parse.js';

const combine = (manifest: object, options: object): ReturnType<typeof combineLimits> =>
  combineLimits(parseManifest({ wasm: [{ url: 'a' }], ...manifest }), parseOverrides(options));

test('without a word from either, the defaults hold', () => {
  const expected = {
    config: new Map(),
    allowedHosts: [],
    allowedPaths: [],
    limits: { maxPages: null, maxHttpResponseBytes: 52_428_800, maxVarBytes: 1_048_576, timeoutMs: null },
  };
  expect(combine({}, {})).toEqual(expected);
  expect(combineLimits(noSettings, parseOverrides({}))).toEqual(expected);
});

test('of two limits the smaller wins, whoever gave it', () => {
  const small = { memory: { maxPages: 1, maxHttpResponseBytes: 2, maxVarBytes: 0 }, timeoutMs: 3 };
  const large = { memory: { maxPages: 10, maxHttpResponseBytes: 2e9, maxVarBytes: 3e9 }, timeoutMs: 30 };
  const limits = { maxPages: 1, maxHttpResponseBytes: 2, maxVarBytes: 0, timeoutMs: 3 };
  expect(combine(small, large).limits).toEqual(limits);
  expect(combine(large, small).limits).toEqual(limits);
  expect(combine({}, small).limits).toEqual(limits);
  expect(combine(small, {}).limits).toEqual(limits);
  expect(combine(large, {}).limits.maxHttpResponseBytes).toBe(2e9);
});

test('options win for each config entry', () => {
  const { config } = combine({ config: { a: '1', b: '1' } }, { config: JSON.parse('{"b":"2","__proto__":"3"}') });
  expect([...config]).toEqual([
    ['a', '1'],
    ['b', '2'],
    ['__proto__', '3'],
  ]);
});

test('options win for the whole of hosts and paths, if they give any', () => {
  const manifest = { allowedHosts: ['a.com'], allowedPaths: { '/a': '/a' } };
  expect(combine(manifest, {}).allowedHosts).toEqual(['a.com']);
  expect(combine(manifest, {}).allowedPaths).toHaveLength(1);
  expect(combine(manifest, { allowedHosts: ['b.com'] }).allowedHosts).toEqual(['b.com']);
  for (const nothing of [null, []]) expect(combine(manifest, { allowedHosts: nothing }).allowedHosts).toEqual([]);
  expect(combine(manifest, { allowedPaths: {} }).allowedPaths).toEqual([]);
  expect(combine(manifest, { allowedPaths: null }).allowedPaths).toEqual([]);
});

test('null is no limit; 0 is the smallest', () => {
  expect([smallerLimit(null, null), smallerLimit(1, null), smallerLimit(null, 0), smallerLimit(0, 1)]).toEqual([
    null,
    1,
    0,
    0,
  ]);
});
