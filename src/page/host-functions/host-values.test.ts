import { expect, test } from 'vitest';
import { isPluginError } from '../../contract/errors.js';
import { readParam, writeResult } from './host-values.js';

const bytes = { type: 'bytes', schema: null } as const;
const window = new Uint8Array(new ArrayBuffer(100), 10, 3);
const shared = new Uint8Array(new SharedArrayBuffer(3));

test('bytes of a worker are taken only with a buffer of their own', () => {
  const own = Uint8Array.of(1, 2, 3);
  expect(readParam(bytes, own, 'here')).toBe(own);
  for (const other of [window, shared]) {
    expect(() => readParam(bytes, other, 'here')).toThrow(
      expect.toSatisfy((error: unknown) => isPluginError(error, 'protocol')),
    );
  }
});

test('of a view that a handler returns, only the bytes in view go to the worker', () => {
  const own = Uint8Array.of(1, 2, 3);
  expect(writeResult(bytes, own, 'here')).toBe(own);
  for (const view of [window, shared]) {
    const sent = writeResult(bytes, view, 'here') as Uint8Array;
    expect(sent).toEqual(Uint8Array.of(0, 0, 0));
    expect(sent.buffer).toBeInstanceOf(ArrayBuffer);
    expect(sent.buffer.byteLength).toBe(3);
  }
});

test('json of a plug-in is parsed within limits of length, depth and number', () => {
  const json = { type: 'json', schema: null } as const;
  const failure = (text: string): unknown => {
    try {
      return readParam(json, text, 'here');
    } catch (error) {
      return isPluginError(error, 'guest-trap') ? error.message : error;
    }
  };
  expect(failure(`"${'x'.repeat(1_048_574)}"`)).toHaveLength(1_048_574);
  expect(failure(`"${'x'.repeat(1_048_575)}"`)).toBe(
    'here: expected at most 1048576 characters of JSON, found 1048577',
  );
  expect(failure('['.repeat(513))).toBe('here: expected at most 512 levels of nesting, found at least 513');
  expect(failure(`[${'1,'.repeat(200_000)}1]`)).toBe('here: expected at most 200000 values, found at least 200001');
});
