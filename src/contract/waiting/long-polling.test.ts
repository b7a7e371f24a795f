import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { longPollUrl, parseLongPollMessage, parseLongPollUrl } from './long-polling.js';

const scope = 'https://app.example/shop/';
const channel = '3b241101-e2bb-4255-8caf-4136c566a962';

test('the URL that asks a question is read back as that question', () => {
  const channels = fc.stringMatching(/^[\w-]{16,64}$/);
  fc.assert(
    fc.property(channels, fc.nat(), (channel, number) => {
      expect(parseLongPollUrl(scope, longPollUrl(scope, { channel, number }))).toEqual({ channel, number });
    }),
  );
});

describe('no question is', () => {
  test.each([
    `${scope}tenon-long-poll/`,
    `${scope}tenon-long-poll/${channel}`,
    `${scope}tenon-long-poll/${channel}/`,
    `${scope}tenon-long-poll/${channel}/1/`,
    `${scope}tenon-long-poll/${channel}/1?a`,
    `${scope}tenon-long-poll/${channel}/01`,
    `${scope}tenon-long-poll/${channel}/-1`,
    `${scope}tenon-long-poll/${channel}/1e3`,
    `${scope}tenon-long-poll/${channel}/9999999999999999`,
    `${scope}tenon-long-poll/fifteen-letters/1`,
    `${scope}tenon-long-poll/${'a'.repeat(65)}/1`,
    `${scope}tenon-long-poll/..%2f${channel}/1`,
    `https://app.example/tenon-long-poll/${channel}/1`,
    `https://evil.example/shop/tenon-long-poll/${channel}/1`,
  ])('%s', (url) => expect(parseLongPollUrl(scope, url)).toBeNull());
});

describe('what is posted to the service worker', () => {
  const body = new ArrayBuffer(3);

  test('is read as an answer or a drop', () => {
    const answer = { tenon: 'long-poll-answer', channel, number: 4, body };
    expect(parseLongPollMessage({ ...answer, more: 1 })).toEqual(answer);
    expect(parseLongPollMessage({ tenon: 'long-poll-drop', channel })).toEqual({ tenon: 'long-poll-drop', channel });
  });

  test.each([
    null,
    undefined,
    'long-poll-drop',
    {},
    { tenon: 'long-poll-answer', channel, number: 4 },
    { tenon: 'long-poll-answer', channel, number: 4, body: new Uint8Array(body) },
    { tenon: 'long-poll-answer', channel, number: '4', body },
    { tenon: 'long-poll-answer', channel, number: Number.NaN, body },
    { tenon: 'long-poll-answer', channel: 'short', number: 4, body },
    { tenon: 'long-poll-drop', channel: [channel] },
    { tenon: 'long-poll-other', channel, number: 4, body },
  ])('is left alone when it is %j', (data) => expect(parseLongPollMessage(data)).toBeNull());
});
