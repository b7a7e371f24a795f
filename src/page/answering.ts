import { decodeAnswer, encodeAnswer } from '../contract/answer-bytes.js';
import { type HeldMessage, heldUrl } from '../contract/held.js';
import type { HostAnswer, StartWaiting, WaitingWay } from '../contract/host-function.js';
import {
  answerAt,
  lengthWord,
  partBytes,
  sharedBytes,
  stateLast,
  stateMore,
  stateWord,
} from '../contract/shared-answer.js';

const probePatienceMs = 2_000;

/** The page's end of one way of waiting: brings answers to a worker that may be able to hear nothing else. */
export interface Answering {
  readonly waiting: StartWaiting;
  readonly transfer: Transferable[];
  answer(answer: HostAnswer, transfer: Transferable[]): void;
  /** The worker has room for the next part of an answer. */
  more(): void;
  close(): void;
}

/** A way of waiting that this page really has. */
export type UsableWay =
  | { readonly way: Exclude<WaitingWay, 'held'> }
  /** The scope of the service worker that holds requests. */
  | { readonly way: 'held'; readonly scope: string };

/** @param port the worker's end of the line */
export function makeAnswering(usable: UsableWay, line: MessagePort, port: MessagePort): Answering {
  const { way } = usable;
  switch (way) {
    case 'jspi':
      return {
        waiting: { way, port },
        transfer: [port],
        answer: (answer, transfer) => line.postMessage(answer, transfer),
        more: () => {},
        close: () => {},
      };
    case 'atomics':
      return new SharedAnswering(port);
    case 'held': {
      const answering = heldAnswering(usable.scope, port);
      // The worker asks this first, and knows that its requests are held.
      answering.answer([0, 'held', null], []);
      return answering;
    }
  }
}

/** Writes answers into shared memory, part by part. */
class SharedAnswering implements Answering {
  readonly waiting: StartWaiting;
  readonly transfer: Transferable[];
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(port: MessagePort) {
    const shared = new SharedArrayBuffer(sharedBytes);
    this.waiting = { way: 'atomics', port, shared };
    this.transfer = [port];
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
function heldAnswering(scope: string, port: MessagePort): Answering & { readonly url: string } {
  const channel = crypto.randomUUID();
  const url = heldUrl(scope, { channel, number: 0 }).slice(0, -1);
  const post = (message: HeldMessage, transfer: Transferable[]): void =>
    navigator.serviceWorker.controller?.postMessage(message, transfer);
  return {
    url,
    waiting: { way: 'held', port, url },
    transfer: [port],
    answer: (answer) => {
      const body = encodeAnswer(answer).buffer;
      post({ tenon: 'held-answer', channel, number: answer[0], body }, [body]);
    },
    more: () => {},
    close: () => post({ tenon: 'held-drop', channel }, []),
  };
}

/** The scope of this page's service worker if that holds requests: then it answers one that the page itself makes. */
export async function holdingScope(): Promise<string | null> {
  const scope = (await navigator.serviceWorker.getRegistration())?.scope;
  if (scope === undefined) return null;
  const { port1, port2 } = new MessageChannel();
  const probe = heldAnswering(scope, port2);
  try {
    probe.answer([1, 'held', null], []);
    const response = await fetch(`${probe.url}1`, { method: 'POST', signal: AbortSignal.timeout(probePatienceMs) });
    const [, value] = decodeAnswer(new Uint8Array(await response.arrayBuffer())) as HostAnswer;
    return value === 'held' ? scope : null;
  } catch {
    // Nobody holds requests here, or not in time.
    return null;
  } finally {
    probe.close();
    port1.close();
    port2.close();
  }
}
