import { errorFromWire } from '../../contract/error-wire.js';
import { onAnswer, sendQuestion } from './questions.js';
import type { GuestFunction, PageImport, Question, Waiter } from './waiter.js';

/** What lib.dom does not know yet: https://github.com/WebAssembly/js-promise-integration */
interface Jspi {
  readonly Suspending: new (run: GuestFunction) => WebAssembly.ImportValue;
  readonly promising: (run: GuestFunction) => (...args: unknown[]) => Promise<unknown>;
}

/** WebAssembly's JavaScript promise integration: a guest is suspended, and its worker stays free to hear the answer. */
export class JspiWaiter implements Waiter {
  readonly way = 'jspi';
  readonly #jspi: Jspi;
  readonly #pending = new Map<number, Settle>();
  readonly #promised = new WeakMap<GuestFunction, (...args: unknown[]) => Promise<unknown>>();
  #asked = 0;

  constructor() {
    this.#jspi = WebAssembly as unknown as Jspi;
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
    return new this.#jspi.Suspending((...args) =>
      this.#ask(pageImport.ask(...args)).then((value) => pageImport.answer(value), pageImport.fail),
    );
  }

  closure(run: GuestFunction): WebAssembly.ImportValue {
    return new this.#jspi.Suspending(run);
  }

  enter(run: GuestFunction, ...args: unknown[]): Promise<unknown> {
    let promised = this.#promised.get(run);
    if (promised === undefined) {
      promised = this.#jspi.promising(run);
      this.#promised.set(run, promised);
    }
    return promised(...args);
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
