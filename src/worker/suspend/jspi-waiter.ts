import { errorFromWire } from '../../contract/error-wire.js';
import { Jspi } from './jspi.js';
import { onAnswer, sendQuestion } from './questions.js';
import type { GuestFunction, PageImport, Question, Waiter } from './waiter.js';

/** A guest that waits for the page is suspended, and its worker stays free to hear the answer. */
export class JspiWaiter implements Waiter {
  readonly way = 'jspi';
  readonly #jspi = new Jspi();
  readonly #pending = new Map<number, Settle>();
  #asked = 0;

  constructor() {
    onAnswer(([number, value, error]) => {
      const settle = this.#pending.get(number);
      // An answer to a call that is over comes too late.
      if (settle === undefined) return;
      this.#pending.delete(number);
      if (error === null) settle.resolve(value);
      else settle.reject(errorFromWire(error));
    });
  }

  wrap(pageImport: PageImport): WebAssembly.ImportValue {
    return this.#jspi.suspending((...args) =>
      this.#ask(pageImport.ask(...args)).then((value) => pageImport.answer(value), pageImport.fail),
    );
  }

  closure(run: GuestFunction): WebAssembly.ImportValue {
    return this.#jspi.suspending(run);
  }

  enter(run: GuestFunction, ...args: unknown[]): Promise<unknown> {
    return this.#jspi.enter(run, ...args);
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
