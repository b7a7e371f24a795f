import { errorFromPage } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { HostAnswer, WaitingWay, WasmValue } from '../../contract/host-function.js';
import { sendQuestion } from './questions.js';
import type { GuestFunction, PageImport, Question, Waiter } from './waiter.js';

/** Blocks the worker until the page has answered. */
export interface Block {
  readonly way: WaitingWay;
  /** Waits for the answer to question `number`, which was just sent. */
  receive(number: number): HostAnswer;
}

/** Waits by blocking the worker, so that the guest's import returns late. */
export class BlockingWaiter implements Waiter {
  readonly #block: Block;
  #asked = 0;

  constructor(block: Block) {
    this.#block = block;
  }

  get way(): WaitingWay {
    return this.#block.way;
  }

  wrap(pageImport: PageImport): WebAssembly.ImportValue {
    return (...args: WasmValue[]) => {
      const asked = pageImport.ask(...args);
      const answer = asked === null ? undefined : this.#ask(asked);
      return isPluginError(answer) ? pageImport.fail(answer) : pageImport.answer(answer);
    };
  }

  closure(run: GuestFunction): WebAssembly.ImportValue {
    return run;
  }

  enter(run: GuestFunction, ...args: WasmValue[]): unknown {
    return run(...args);
  }

  #ask({ question, transfer }: Question): unknown {
    this.#asked += 1;
    const number = this.#asked;
    sendQuestion(number, question, transfer);
    const [answered, value, error] = this.#block.receive(number);
    if (answered !== number) {
      return new PluginError('bug', { message: `BUG: the page answered question ${answered}, not ${number}` });
    }
    return error === null ? value : errorFromPage(error);
  }
}
