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

const probePatienceMs = 2_000;

/** The page's end of one way of waiting: brings answers to a worker that may be able to hear nothing else. */
export interface Answering {
  readonly waiting: StartWaiting;
  answer(answer: HostAnswer, transfer: Transferable[]): void;
  /** The worker has room for the next part of an answer. */
  more(): void;
  close(): void;
}

/** A way of waiting that this page really has. */
export type UsableWay =
  | { readonly way: Exclude<WaitingWay, 'long-poll'> }
  /** The scope of the service worker that holds requests. */
  | { readonly way: 'long-poll'; readonly scope: string };

/** @param send brings a message to the worker */
export function makeAnswering(usable: UsableWay, send: HostEvents['send']): Answering {
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
      return new SharedAnswering();
    case 'long-poll': {
      const answering = longPollAnswering(usable.scope);
      // The worker asks this first, and knows that its requests are held.
      answering.answer([0, 'long-poll', null], []);
      return answering;
    }
  }
}

/** Writes answers into shared memory, part by part. */
class SharedAnswering implements Answering {
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

/** Posts answers to the service worker that holds the worker's request. */
function longPollAnswering(scope: string): Answering & { readonly url: string } {
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

/** The scope of this page's service worker if that holds requests: then it answers one that the page itself makes. */
export async function longPollScope(): Promise<string | null> {
  const scope = (await navigator.serviceWorker.getRegistration())?.scope;
  if (scope === undefined) return null;
  const probe = longPollAnswering(scope);
  try {
    probe.answer([1, 'long-poll', null], []);
    const response = await fetch(`${probe.url}1`, { method: 'POST', signal: AbortSignal.timeout(probePatienceMs) });
    const [, value] = decodeAnswer(new Uint8Array(await response.arrayBuffer())) as HostAnswer;
    return value === 'long-poll' ? scope : null;
  } catch {
    // Nobody holds requests here, or not in time.
    return null;
  } finally {
    probe.close();
  }
}
