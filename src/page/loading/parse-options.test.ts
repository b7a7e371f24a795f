import { expect, test } from 'vitest';
import { isPluginError, type PluginError } from '../../contract/errors.js';
import { defaultSettings, type PluginOptions } from '../base/options.js';
import { parseOptions } from './parse-options.js';

function refusal(options: unknown): PluginError {
  try {
    parseOptions(options as PluginOptions);
  } catch (error) {
    if (isPluginError(error, 'invalid-argument')) return error;
    throw error;
  }
  throw new TypeError('the options were accepted');
}

test('options that are missing or undefined have their defaults', () => {
  expect(defaultSettings).toMatchObject(parseOptions({}));
  expect(parseOptions({ name: undefined, wasi: undefined } as unknown as PluginOptions)).toEqual(parseOptions({}));
});

test('null stands for no limit, false for no circuit breaker', () => {
  const settings = parseOptions({ fuel: null, queueTimeoutMs: null, stuckAfterMs: null, circuitBreaker: false });
  expect(settings).toMatchObject({ fuel: null, queueTimeoutMs: null, stuckAfterMs: null, circuitBreaker: null });
});

test('options may be inherited, as from a class', () => {
  const options = new (class {
    get concurrency(): number {
      return 2;
    }
  })();
  expect(parseOptions(options).concurrency).toBe(2);
});

test('bytes and files are copied when they are parsed', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const { wasi } = parseOptions({ wasi: { stdin: bytes, env: { A: 'b' } }, files: { '/d': { memory: { f: bytes } } } });
  bytes.fill(9);
  expect(wasi.stdin).toEqual(Uint8Array.of(1, 2, 3));
  expect(wasi.env).toEqual(['A=b']);
  expect(wasi.directories.get('/d')).toEqual({
    readOnly: false,
    maxBytes: 67_108_864,
    maxEntries: 10_000,
    backing: { kind: 'memory', files: [['f', Uint8Array.of(1, 2, 3)]] },
  });
});

test.each([
  [5, 'options', 'options: expected an object, found a number'],
  [{ timeout: 5 }, 'timeout', 'timeout: unknown option: did you mean "timeoutMs"?'],
  [{ maxQueue: -1 }, 'maxQueue', 'maxQueue: expected an integer from 0, found -1'],
  [{ concurrency: 65 }, 'concurrency', 'concurrency: expected an integer from 1 to 64, found 65'],
  [{ cache: 'none' }, 'cache', 'cache: expected "default", "prefer" or "off", found "none"'],
  [{ hibernate: null }, 'hibernate', 'hibernate: expected a boolean, found null'],
  [{ fuel: 0.5 }, 'fuel', 'fuel: expected an integer from 0, found 0.5'],
  [{ fuel: 1, metering: false }, 'metering', "expected 'auto' or true, as fuel is counted by metering, found false"],
  [{ circuitBreaker: { failures: 0 } }, 'circuitBreaker.failures', 'expected an integer from 1, found 0'],
  [{ memory: { maxTableEntries: '1' } }, 'memory.maxTableEntries', 'expected an integer from 0, found a string'],
  [{ logger: {} }, 'logger', 'expected an object with trace, debug, info, warn and error, found an object'],
  [{ vars: new Map([['a', 'text']]) }, 'vars', 'expected a Map of bytes, found an object'],
  [{ wasi: { arguments: [] } }, 'wasi.arguments', 'wasi.arguments: unknown option'],
  [{ wasi: { args: ['a\0b'] } }, 'wasi.args[0]', 'expected text without NUL'],
  [{ files: { '': { memory: {} } } }, 'files[""]', 'expected a path that is not empty'],
  [{ files: { '/a': {} } }, 'files["/a"]', 'expected memory, opfs or handle, found none of them'],
])('%j is refused with its place', (options, where, message) => {
  const error = refusal(options);
  expect(error.where).toBe(where);
  expect(error.message).toContain(message);
});

test('the error lists all faults, but no rejected values', () => {
  const error = refusal({ maxQueue: 'secret', onLog: 1, cache: 'off', signal: {} });
  expect(error.message).toMatch(/^3 faults: /u);
  expect(error.message).not.toContain('secret');
  expect(error.issues?.map(({ path }) => path).toSorted()).toEqual(['maxQueue', 'onLog', 'signal']);
});
