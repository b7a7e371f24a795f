import { errorFromPage } from '../../contract/error-wire.js';
import { Jspi } from './jspi.js';
import { onAnswer, sendQuestion } from './questions.js';
import type { PageImport, Question, Waiter } from './waiter.js';

/** A guest that waits for the page is suspended, and its worker stays free to hear the answer. */
export class JspiWaiter extends Jspi implements Waiter {
  readonly way = 'jspi';
  readonly #pending = new Map<number, Settle>();
  #asked = 0;

  constructor() {
    super();
    onAnswer(([number, value, error]) => {
      const settle = this.#pending.get(number);
      // An answer to a call that is over comes too late.
      if (settle === undefined) return;
      this.#pending.delete(number);
      if (error === null) settle.resolve(value);
      else settle.reject(errorFromPage(error));
    });
  }

  wrap(pageImport: PageImport): WebAssembly.ImportValue {
    return this.closure((...args) =>
      this.#ask(pageImport.ask(...args)).then((value) => pageImport.answer(value), pageImport.fail),
    );
  }

  #ask({ question, transfer }: Question): Promise<unknown> {
    this.#asked += 1;
    const number = this.#asked;
    return new Promise((resolve, reject) => {
      this.#pending.set(number, { resolve, reject });
      sendQuestion(number, question, transfer);
    });
  }
}

interface Settle {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}
