import { describe, expect, test } from 'vitest';
import { suggest } from './suggest.js';

describe('the most similar name', () => {
  test.each([
    ['config_gett', ['var_get', 'config_get'], 'config_get'],
    ['maxPages', ['max_pages'], 'max_pages'],
    ['time', ['timeoutMs'], 'timeoutMs'],
    ['load_u65', ['load_u8', 'load_u64'], 'load_u64'],
    ['step2', ['step10', 'step1'], 'step1'],
  ])('of %s among %j is %s', (written, names, similar) => {
    expect(suggest(written, names)).toBe(similar);
  });

  test.each([
    ['a', ['b', '']],
    ['1', ['2']],
    ['ab', ['cd']],
    ['日本', ['中国', '_']],
    ['get', ['run']],
    ['x'.repeat(41), ['x'.repeat(41)]],
  ])('of %s is none among %j', (written, names) => {
    expect(suggest(written, names)).toBeUndefined();
  });
});
