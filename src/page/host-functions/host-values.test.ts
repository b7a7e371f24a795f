import { expect, test } from 'vitest';
import { isPluginError } from '../../contract/errors.js';
import { readParam, writeResult } from './host-values.js';

const bytes = { type: 'bytes', schema: null } as const;
const window = new Uint8Array(new ArrayBuffer(100), 10, 3);
const shared = new Uint8Array(new SharedArrayBuffer(3));

test('bytes from a worker are accepted only if they fill their buffer and it is not shared', () => {
  const own = Uint8Array.of(1, 2, 3);
  expect(readParam(bytes, own, 'here')).toBe(own);
  for (const other of [window, shared]) {
    expect(() => readParam(bytes, other, 'here')).toThrow(
      expect.toSatisfy((error: unknown) => isPluginError(error, 'protocol')),
    );
  }
});

test('only the bytes in a view that a handler returns are sent to the worker, not its whole buffer', () => {
  const own = Uint8Array.of(1, 2, 3);
  expect(writeResult(bytes, own, 'here')).toBe(own);
  for (const view of [window, shared]) {
    const sent = writeResult(bytes, view, 'here') as Uint8Array;
    expect(sent).toEqual(Uint8Array.of(0, 0, 0));
    expect(sent.buffer).toBeInstanceOf(ArrayBuffer);
    expect(sent.buffer.byteLength).toBe(3);
  }
});

test('JSON from a plug-in is refused if it is too long, is nested too deeply or has too many values', () => {
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
    'Invalid argument: here: expected at most 1048576 characters of JSON, found 1048577',
  );
  expect(failure('['.repeat(513))).toBe(
    'Invalid argument: here: expected at most 512 levels of nesting, found at least 513',
  );
  expect(failure(`[${'1,'.repeat(200_000)}1]`)).toBe(
    'Invalid argument: here: expected at most 200000 values, found at least 200001',
  );
});
