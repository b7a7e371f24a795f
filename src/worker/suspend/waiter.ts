import type { PluginError } from '../../contract/errors.js';
import type { HostQuestion, WaitingWay, WasmValue } from '../../contract/host-function.js';

/** An import that asks the page and returns its answer to the guest. If one of these functions throws, the guest traps. */
export interface PageImport {
  /** Returns null if there is nothing to ask: then the guest does not wait, and the value that `answer` receives means nothing. */
  readonly ask: (...args: WasmValue[]) => Question | null;
  /** Converts the answer to the result of the import. */
  readonly answer: (value: unknown) => WasmValue | void;
  /** Fails the call: the page could not answer. */
  readonly fail: (error: PluginError) => never;
}

export interface Question {
  readonly question: HostQuestion;
  /** Objects to transfer instead of copying. */
  readonly transfer: Transferable[];
}

export type GuestFunction = (...args: WasmValue[]) => unknown;

/**
 * How a guest's synchronous imports wait for the asynchronous page. If guests are suspended, there must be no JavaScript
 * frame between the export that was entered and the import that waits.
 */
export interface Waiter {
  readonly way: WaitingWay;
  /** Creates the import to pass to the guest. */
  wrap(pageImport: PageImport): WebAssembly.ImportValue;
  /** Creates an import from JavaScript that itself enters another guest. */
  closure(run: GuestFunction): WebAssembly.ImportValue;
  /** Calls an export. Returns a promise of its result if guests are suspended, else the result. */
  enter(run: GuestFunction, ...args: WasmValue[]): unknown;
}
