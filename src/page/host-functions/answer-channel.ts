import { decodeAnswer, encodeAnswer } from '../../contract/answer-bytes.js';
import { type LongPollMessage, longPollUrl } from '../../contract/long-polling.js';
import type { HostAnswer, StartWaiting, WaitingWay } from '../../contract/host-function.js';
import {
  answerAt,
  lengthWord,
  partBytes,
  sharedBytes,
  stateLast,
  stateMore,
  stateWord,
} from '../../contract/shared-answer.js';
import type { HostEvents } from './host-side.js';

const probeTimeoutMs = 2_000;

/** Sends answers to a worker that waits for them, and may be blocked meanwhile. There is one kind for each way of waiting. */
export interface AnswerChannel {
  readonly waiting: StartWaiting;
  answer(answer: HostAnswer, transfer: Transferable[]): void;
  /** Sends the next part of an answer that did not fit at once. */
  more(): void;
  close(): void;
}

/** A way of waiting that works on this page. */
export type UsableWay =
  | { readonly way: Exclude<WaitingWay, 'long-poll'> }
  /** `scope` is that of the service worker that serves long polling. */
  | { readonly way: 'long-poll'; readonly scope: string };

/** @param send posts a message to the worker */
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
      // The worker's first request; the answer shows that the service worker serves long polling.
      channel.answer([0, 'long-poll', null], []);
      return channel;
    }
  }
}

/** Writes answers into shared memory, one part at a time. */
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

/** Posts answers to the service worker, which answers the worker's long-polled request with them. */
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

/** Returns the scope of this page's service worker if that serves long polling, which one request of the page tests; else null. */
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
    // The service worker does not serve long polling, or not in time.
    return null;
  } finally {
    probe.close();
  }
}
