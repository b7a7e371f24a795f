import { errorFromPage } from '../../contract/error-wire.js';
import { Jspi } from './jspi.js';
import { onAnswer, sendQuestion } from './questions.js';
import type { PageImport, Question, Waiter } from './waiter.js';

/** Waits by suspending the guest; the worker stays free to receive the answer. */
export class JspiWaiter extends Jspi implements Waiter {
  readonly way = 'jspi';
  readonly #pending = new Map<number, Pending>();
  #asked = 0;

  constructor() {
    super();
    onAnswer(([number, value, error]) => {
      const pending = this.#pending.get(number);
      // A late answer, to a call that has ended.
      if (pending === undefined) return;
      this.#pending.delete(number);
      if (error === null) pending.resolve(value);
      else pending.reject(errorFromPage(error));
    });
  }

  wrap(pageImport: PageImport): WebAssembly.ImportValue {
    return this.closure((...args) => {
      const asked = pageImport.ask(...args);
      return asked === null ? pageImport.answer(asked) : this.#ask(asked).then(pageImport.answer, pageImport.fail);
    });
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

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}
