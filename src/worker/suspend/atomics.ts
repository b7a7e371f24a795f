import { decodeAnswer } from '../../contract/waiting/answer-bytes.js';
import type { HostAnswer } from '../../contract/host-function.js';
import { answerAt, lengthWord, stateEmpty, stateMore, stateWord } from '../../contract/waiting/shared-answer.js';
import type { Block } from './blocking.js';
import { sendQuestion } from './questions.js';

/** Blocks the worker on shared memory, into which the page writes the answer. */
export class AtomicsBlock implements Block {
  readonly way = 'atomics';
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared, 0, 2);
    this.#bytes = new Uint8Array(shared, answerAt);
  }

  receive(number: number): HostAnswer {
    const parts: Uint8Array[] = [];
    for (let more = true; more;) {
      // The page notifies after it has written: a notification may arrive when its chunk was already read.
      while (Atomics.load(this.#words, stateWord) === stateEmpty) Atomics.wait(this.#words, stateWord, stateEmpty);
      more = Atomics.load(this.#words, stateWord) === stateMore;
      parts.push(this.#bytes.slice(0, Atomics.load(this.#words, lengthWord)));
      Atomics.store(this.#words, stateWord, stateEmpty);
      if (more) sendQuestion(number, ['more']);
    }
    return decodeAnswer(join(parts)) as HostAnswer;
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
