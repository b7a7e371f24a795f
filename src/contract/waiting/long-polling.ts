/**
 * How a plug-in's worker waits where nothing else lets it: it makes a synchronous XMLHttpRequest, which the app's service worker
 * (`tenon/service-worker`) holds until the page has posted the answer. Each worker has a channel of its own, and asks one
 * numbered question after the other on it.
 *
 * WebKit: of several workers that load the same address at once, the service worker controls only the first (2.50). Workers
 * that are to wait this way need an address each: a blob that imports the script, or a query of its own. A worker learns
 * whether it is controlled by asking a question that was answered before.
 */

/** Below the service worker's scope: `<scope>tenon-long-poll/<channel>/<number>`. */
export const longPollPath = 'tenon-long-poll/';

/** A word that nobody guesses, made by the page. */
const channelShape = /^[\w-]{16,64}$/;
const numberShape = /^(?:0|[1-9]\d{0,14})$/;

/** What the worker asks for with POST. */
export interface LongPollAddress {
  readonly channel: string;
  readonly number: number;
}

/** What the page says to `navigator.serviceWorker.controller`. */
export type LongPollMessage =
  /** Answers one question, whether it has been asked yet or not. Transfer `body`. */
  | {
      readonly tenon: 'long-poll-answer';
      readonly channel: string;
      readonly number: number;
      readonly body: ArrayBuffer;
    }
  /** No question on this channel is answered any more. */
  | { readonly tenon: 'long-poll-drop'; readonly channel: string };

/** The status that the worker sees. Anything else, and a network error, means that no service worker held the request. */
export const longPollStatus = {
  /** The body is the page's answer. */
  answered: 200,
  /** No answer yet: ask the same question again. Browsers end a service worker that holds one request for minutes. */
  askAgain: 202,
  /** The channel was dropped. */
  dropped: 410,
} as const;

/** @param scope the registration's scope, as the page sees it */
export function longPollUrl(scope: string, { channel, number }: LongPollAddress): string {
  return new URL(`${longPollPath}${channel}/${number}`, scope).href;
}

/** The question that a URL asks; null if it is no such URL. */
export function parseLongPollUrl(scope: string, url: string): LongPollAddress | null {
  const start = new URL(longPollPath, scope).href;
  if (!url.startsWith(start)) return null;
  const [channel = '', number = '', ...rest] = url.slice(start.length).split('/');
  return rest.length === 0 && channelShape.test(channel) && numberShape.test(number)
    ? { channel, number: Number(number) }
    : null;
}

/** Reads what somebody posted to the service worker; null for anybody else's message. */
export function parseLongPollMessage(data: unknown): LongPollMessage | null {
  if (typeof data !== 'object' || data === null) return null;
  const { tenon, channel, number, body } = data as Record<string, unknown>;
  if (typeof channel !== 'string' || !channelShape.test(channel)) return null;
  if (tenon === 'long-poll-drop') return { tenon, channel };
  const isAnswer = tenon === 'long-poll-answer' && Number.isSafeInteger(number) && body instanceof ArrayBuffer;
  return isAnswer ? { tenon, channel, number: number as number, body } : null;
}
