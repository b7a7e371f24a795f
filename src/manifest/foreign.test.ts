import { expect, test } from 'vitest';
import { isPluginError } from '../contract/errors.js';
import { checkForeignModules, combineForeign } from './foreign.js';
import type { CombinedSettings } from './limits.js';
import { parseManifest, parseOverrides } from './parse.js';

const wasm = [{ url: 'a' }];

function combine(manifest: object, options: object, files: readonly string[] = []): CombinedSettings {
  return combineForeign(parseManifest({ wasm, ...manifest }), parseOverrides(options), files);
}

test('a foreign manifest grants no hosts and paths', () => {
  const { allowedHosts, allowedPaths } = combine({ allowed_hosts: ['*'], allowed_paths: { '/etc': '/etc' } }, {});
  expect([allowedHosts, allowedPaths]).toEqual([[], []]);
  expect(combine({ allowed_hosts: ['*'] }, { allowedHosts: null }).allowedHosts).toEqual([]);
  expect(combine({ allowed_hosts: ['*'] }, { allowedHosts: ['a.com'] }).allowedHosts).toEqual(['a.com']);
  expect(combine({}, { allowedHosts: ['a.com'] }).allowedHosts).toEqual(['a.com']);
});

test('the manifest keeps what it asked for, and null where it has no list', () => {
  const requested = (manifest: object): unknown => parseManifest({ wasm, ...manifest }).requested;
  expect(requested({ allowed_hosts: ['A.com'] })).toEqual({ hosts: ['a.com'], paths: null });
  expect(requested({ allowed_hosts: [], allowed_paths: {} })).toEqual({ hosts: [], paths: [] });
  expect(requested({ allowed_hosts: null, allowed_paths: null })).toEqual({ hosts: null, paths: null });
});

test('a path must be in the manifest and in the options, and either makes it read-only', () => {
  const path = (hostPath: string, guestPath: string, isReadOnly = false): object => ({
    hostPath,
    guestPath,
    isReadOnly,
  });
  const manifest = { allowed_paths: { '/a': '/a', 'ro:/b': '/b', '/c': '/c' } };
  const both = combine(manifest, { allowedPaths: { 'ro:/a': '/a', '/b': '/b', '/c': '/other', '/d': '/d' } });
  expect(both.allowedPaths).toEqual([path('/a', '/a', true), path('/b', '/b', true)]);
  expect(combine({}, { allowedPaths: { '/d': '/d' } }).allowedPaths).toEqual([path('/d', '/d')]);
  expect(combine({ allowed_paths: {} }, { allowedPaths: { '/d': '/d' } }).allowedPaths).toEqual([]);
  expect(combine(manifest, {}, ['/b', '/z']).allowedPaths).toEqual([path('/b', '/b', true)]);
  expect(combine(manifest, { allowedPaths: null }, ['/b']).allowedPaths).toEqual([]);
});

test('of limits the smaller holds, and config is kept', () => {
  const small = { memory: { maxPages: 1, maxHttpResponseBytes: 2, maxVarBytes: 0 }, timeoutMs: 3 };
  const large = { memory: { maxPages: 10, maxHttpResponseBytes: 2e9, maxVarBytes: 3e9 }, timeoutMs: 30 };
  const limits = { maxPages: 1, maxHttpResponseBytes: 2, maxVarBytes: 0, timeoutMs: 3 };
  expect(combine(small, large).limits).toEqual(limits);
  expect(combine(large, small).limits).toEqual(limits);
  expect([...combine({ config: { a: '1', b: '1' } }, { config: { b: '2' } }).config]).toEqual([
    ['a', '1'],
    ['b', '2'],
  ]);
});

test('a method and headers in a foreign manifest are refused with their paths, without their values', () => {
  const headers = { authorization: 'Bearer secret' };
  let error: unknown;
  try {
    checkForeignModules(
      parseManifest({
        wasm: [
          { url: 'a', name: 'a' },
          { url: 'b', method: 'post', headers },
        ],
      }),
      'https://a.com/m.json',
    );
  } catch (thrown) {
    error = thrown;
  }
  if (!isPluginError(error, 'invalid-manifest')) throw error;
  expect(error.issues.map(({ path }) => path)).toEqual(['wasm[1].method', 'wasm[1].headers']);
  expect(error.message).toBe(
    'https://a.com/m.json: wasm[1].method: expected GET in a manifest that the app did not write, found POST',
  );
  expect(error.fix).toContain("trust: 'app'");
  expect(JSON.stringify(error)).not.toContain('secret');
});

test('GET in any case and an empty object of headers are accepted', () => {
  const manifest = parseManifest({ wasm: [{ url: 'a', method: 'get', headers: {} }] });
  expect(() => checkForeignModules(manifest, 'manifest')).not.toThrow();
});
