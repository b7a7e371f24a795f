import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { heldUrl, parseHeldMessage, parseHeldUrl } from './long-polling.js';

const scope = 'https://app.example/shop/';
const channel = '3b241101-e2bb-4255-8caf-4136c566a962';

test('the URL that asks a question is read back as that question', () => {
  const channels = fc.stringMatching(/^[\w-]{16,64}$/);
  fc.assert(
    fc.property(channels, fc.nat(), (channel, number) => {
      expect(parseHeldUrl(scope, heldUrl(scope, { channel, number }))).toEqual({ channel, number });
    }),
  );
});

describe('no question is', () => {
  test.each([
    `${scope}tenon-held/`,
    `${scope}tenon-held/${channel}`,
    `${scope}tenon-held/${channel}/`,
    `${scope}tenon-held/${channel}/1/`,
    `${scope}tenon-held/${channel}/1?a`,
    `${scope}tenon-held/${channel}/01`,
    `${scope}tenon-held/${channel}/-1`,
    `${scope}tenon-held/${channel}/1e3`,
    `${scope}tenon-held/${channel}/9999999999999999`,
    `${scope}tenon-held/fifteen-letters/1`,
    `${scope}tenon-held/${'a'.repeat(65)}/1`,
    `${scope}tenon-held/..%2f${channel}/1`,
    `https://app.example/tenon-held/${channel}/1`,
    `https://evil.example/shop/tenon-held/${channel}/1`,
  ])('%s', (url) => expect(parseHeldUrl(scope, url)).toBeNull());
});

describe('what is posted to the service worker', () => {
  const body = new ArrayBuffer(3);

  test('is read as an answer or a drop', () => {
    const answer = { tenon: 'held-answer', channel, number: 4, body };
    expect(parseHeldMessage({ ...answer, more: 1 })).toEqual(answer);
    expect(parseHeldMessage({ tenon: 'held-drop', channel })).toEqual({ tenon: 'held-drop', channel });
  });

  test.each([
    null,
    undefined,
    'held-drop',
    {},
    { tenon: 'held-answer', channel, number: 4 },
    { tenon: 'held-answer', channel, number: 4, body: new Uint8Array(body) },
    { tenon: 'held-answer', channel, number: '4', body },
    { tenon: 'held-answer', channel, number: Number.NaN, body },
    { tenon: 'held-answer', channel: 'short', number: 4, body },
    { tenon: 'held-drop', channel: [channel] },
    { tenon: 'held-other', channel, number: 4, body },
  ])('is left alone when it is %j', (data) => expect(parseHeldMessage(data)).toBeNull());
});
