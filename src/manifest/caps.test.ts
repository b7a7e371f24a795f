import { describe, expect, test } from 'vitest';
import { isPluginError } from '../contract/errors.js';
import { maxHosts } from './caps.js';
import { jsonFault } from './json-limits.js';
import { parseManifest } from './parse.js';

const wasm = [{ url: 'a.wasm' }];

function faultsOf(manifest: unknown): readonly string[] {
  try {
    parseManifest(manifest);
    return [];
  } catch (error) {
    if (!isPluginError(error, 'invalid-manifest')) throw error;
    return error.issues.map(({ path, message }) => `${path}: ${message}`);
  }
}

const plugin = (fields: object): object => ({ wasm, plugin: fields });
const text = (length: number): string => 'x'.repeat(length);
const keys = (length: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length }, (_, index) => [`k${index}`, 'v']));

describe('a text of a manifest', () => {
  test.each<[string, number, (value: string) => unknown]>([
    ['plugin.id', 128, (id) => plugin({ id })],
    ['plugin.name', 120, (name) => plugin({ name })],
    ['plugin.author', 120, (author) => plugin({ author })],
    ['plugin.version', 100, (version) => plugin({ version })],
    ['plugin.description', 2_000, (description) => plugin({ description })],
    ['plugin.permissions[0].reason', 500, (reason) => plugin({ permissions: [{ host: 'a.example', reason }] })],
    ['plugin.permissions[0].capability', 128, (capability) => plugin({ permissions: [{ capability }] })],
    ['wasm[0].name', 128, (name) => ({ wasm: [{ url: 'a', name }] })],
    ['wasm[0].headers.a', 8_192, (a) => ({ wasm: [{ url: 'a', headers: { a } }] })],
    ['config.a', 1_048_576, (a) => ({ wasm, config: { a } })],
  ])('%s has at most %i characters', (path, most, manifest) => {
    expect(faultsOf(manifest(text(most)))).toEqual([]);
    expect(faultsOf(manifest(text(most + 1)))).toEqual([
      `${path}: expected at most ${most} characters, found ${most + 1}`,
    ]);
  });
});

describe('a list of a manifest', () => {
  test.each<[string, number, string, (count: number) => unknown]>([
    ['wasm', 64, 'expected 1 to 64 items', (count) => ({ wasm: Array.from({ length: count }, () => wasm[0]) })],
    [
      'plugin.permissions',
      100,
      'expected 0 to 100 items',
      (count) => plugin({ permissions: Array.from({ length: count }, (_, at) => ({ host: `a${at}.example` })) }),
    ],
    ['config', 1_000, 'expected at most 1000 keys', (count) => ({ wasm, config: keys(count) })],
    ['allowedPaths', 100, 'expected at most 100 keys', (count) => ({ wasm, allowedPaths: keys(count) })],
    [
      'allowedHosts',
      maxHosts,
      'expected 0 to 1000 items',
      (count) => ({ wasm, allowedHosts: Array.from({ length: count }, () => 'a.example') }),
    ],
  ])('%s has at most %i items', (path, most, expected, manifest) => {
    expect(faultsOf(manifest(most))).toEqual([]);
    expect(faultsOf(manifest(most + 1))).toEqual([`${path}: ${expected}, found ${most + 1}`]);
  });
});

describe('JSON text', () => {
  const limits = { maxChars: 40, maxDepth: 3, maxValues: 6 };

  test.each([
    ['[[[1]]]', null],
    ['[[[[1]]]]', 'expected at most 3 levels of nesting, found at least 4'],
    ['[1,2,3,4,5,6]', null],
    ['[1,2,3,4,5,6,7]', 'expected at most 6 values, found at least 7'],
    [`"${text(38)}"`, null],
    [`"${text(39)}"`, 'expected at most 40 characters of JSON, found 41'],
    // Nothing in a string counts, and an escaped quote does not end it.
    ['["[[[[,,,,,,,\\"[[[[","\\\\",[[]]]', null],
    ['["\\\\",[[[]]]]', 'expected at most 3 levels of nesting, found at least 4'],
    ['"never ends [[[[[', null],
  ])('%j', (json, fault) => {
    expect(jsonFault(json, limits)).toBe(fault);
  });

  test('of a manifest is nested at most 64 levels deep, and is not parsed beyond', () => {
    const nested = (depth: number): string =>
      `{"wasm":[{"url":"a"}],"x-a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(faultsOf(nested(64))).toEqual([]);
    expect(faultsOf(nested(65))).toEqual([': expected at most 64 levels of nesting, found at least 65']);
  });
});
