import { decodeAnswer, encodeAnswer } from '../../contract/waiting/answer-bytes.js';
import { type LongPollMessage, longPollUrl } from '../../contract/waiting/long-polling.js';
import type { HostAnswer, StartWaiting, WaitingWay } from '../../contract/host-function.js';
import {
  answerAt,
  lengthWord,
  partBytes,
  sharedBytes,
  stateLast,
  stateMore,
  stateWord,
} from '../../contract/waiting/shared-answer.js';
import type { HostEvents } from './host-side.js';

const probeTimeoutMs = 2_000;

/** Sends answers to a worker, which may be blocked while it waits for them. There is one implementation for each way of waiting. */
export interface AnswerChannel {
  readonly waiting: StartWaiting;
  answer(answer: HostAnswer, transfer: Transferable[]): void;
  /** Sends the next part of an answer that is too large to send at once. */
  more(): void;
  close(): void;
}

/** A way of waiting that works on this page. */
export type UsableWay =
  | { readonly way: Exclude<WaitingWay, 'long-poll'> }
  /** `scope` is the scope of the service worker that answers long-polled requests. */
  | { readonly way: 'long-poll'; readonly scope: string };

/**
 * Opens the channel for a way of waiting.
 * @param send posts a message to the worker
 */
export function openAnswerChannel(usable: UsableWay, send: HostEvents['send']): AnswerChannel {
  const { way } = usable;
  switch (way) {
    case 'jspi':
      return {
        waiting: { way },
        answer: send,
        more: () => {},
        close: () => {},
      };
    case 'atomics':
      return new SharedChannel();
    case 'long-poll': {
      const channel = longPollChannel(usable.scope);
      // Answers the worker's first request, by which the worker checks that the service worker supports long polling.
      channel.answer([0, 'long-poll', null], []);
      return channel;
    }
  }
}

/** Writes answers to shared memory, one part at a time. */
class SharedChannel implements AnswerChannel {
  readonly waiting: StartWaiting;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  #rest: Uint8Array = new Uint8Array(0);

  constructor() {
    const shared = new SharedArrayBuffer(sharedBytes);
    this.waiting = { way: 'atomics', shared };
    this.#words = new Int32Array(shared, 0, 2);
    this.#bytes = new Uint8Array(shared, answerAt);
  }

  answer(answer: HostAnswer): void {
    this.#rest = encodeAnswer(answer);
    this.more();
  }

  more(): void {
    const part = this.#rest.subarray(0, partBytes);
    this.#rest = this.#rest.subarray(part.length);
    this.#bytes.set(part);
    Atomics.store(this.#words, lengthWord, part.length);
    Atomics.store(this.#words, stateWord, this.#rest.length > 0 ? stateMore : stateLast);
    Atomics.notify(this.#words, stateWord);
  }

  close(): void {
    this.#rest = new Uint8Array(0);
  }
}

/** Returns a channel that posts answers to the service worker, which sends them in its responses to the worker's long-polled requests. */
function longPollChannel(scope: string): AnswerChannel & { readonly url: string } {
  const channel = crypto.randomUUID();
  const url = longPollUrl(scope, { channel, number: 0 }).slice(0, -1);
  const post = (message: LongPollMessage, transfer: Transferable[]): void =>
    navigator.serviceWorker.controller?.postMessage(message, transfer);
  return {
    url,
    waiting: { way: 'long-poll', url },
    answer: (answer) => {
      const body = encodeAnswer(answer).buffer;
      post({ tenon: 'long-poll-answer', channel, number: answer[0], body }, [body]);
    },
    more: () => {},
    close: () => post({ tenon: 'long-poll-drop', channel }, []),
  };
}

/** Returns the scope of this page's service worker; null if it does not answer a long-polled request, which the page sends as a test. */
export async function longPollScope(): Promise<string | null> {
  const scope = (await navigator.serviceWorker.getRegistration())?.scope;
  if (scope === undefined) return null;
  const probe = longPollChannel(scope);
  try {
    probe.answer([1, 'long-poll', null], []);
    const response = await fetch(`${probe.url}1`, { method: 'POST', signal: AbortSignal.timeout(probeTimeoutMs) });
    const [, value] = decodeAnswer(new Uint8Array(await response.arrayBuffer())) as HostAnswer;
    return value === 'long-poll' ? scope : null;
  } catch {
    // The service worker does not support long polling, or did not answer in time.
    return null;
  } finally {
    probe.close();
  }
}
