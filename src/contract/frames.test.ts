import { describe, expect, test } from 'vitest';
import { packAnswer, packCall, unpackAnswer, unpackCall } from './frames.js';

const raw = (value: unknown): { type: string; value: unknown } => ({ type: 'RAW', value });

describe('a call', () => {
  test('crosses and comes out as Comlink sent it', () => {
    const call = { id: 'a-1', type: 'APPLY', path: ['call'], argumentList: [raw('echo'), raw(new Uint8Array(2))] };
    const frame = packCall(call);
    expect(frame).toEqual(['a-1', 'call', 'echo', new Uint8Array(2)]);
    expect(unpackCall(frame)).toEqual(call);
  });

  test.each([
    ['a release message', { id: '1', type: 'RELEASE' }],
    ['a read', { id: '1', type: 'GET', path: ['call'], argumentList: [] }],
    ['a path into an object', { id: '1', type: 'APPLY', path: ['constructor', 'constructor'], argumentList: [] }],
    ['a call of nothing', { id: '1', type: 'APPLY', path: [], argumentList: [] }],
  ])('%s does not cross', (_what, message) => {
    expect(packCall(message)).toBeNull();
  });

  test.each([[null], ['text'], [{ id: '1', type: 'APPLY', path: ['call'] }], [[]], [[1, 'call']], [['1', ['a', 'b']]]])(
    '%j is none',
    (data) => {
      expect(unpackCall(data)).toBeNull();
    },
  );
});

describe('an answer', () => {
  test('crosses and comes out as Comlink sent it', () => {
    const answer = { id: 'a-1', ...raw({ ok: true }) };
    const frame = packAnswer(answer);
    expect(frame).toEqual(['a-1', { ok: true }]);
    expect(unpackAnswer(frame)).toEqual(answer);
  });

  test('loses what was thrown', () => {
    expect(packAnswer({ id: 'a-1', type: 'HANDLER', value: { isError: true } })).toEqual(['a-1']);
    expect(unpackAnswer(['a-1'])).toEqual({ id: 'a-1', ...raw(undefined) });
  });

  test.each([[null], [7], [{ tenon: 'log' }], [{ id: '1', type: 'RAW', value: 1 }], [[]], [[{ toString: null }]]])(
    '%j is none',
    (data) => {
      expect(unpackAnswer(data)).toBeNull();
    },
  );
});
