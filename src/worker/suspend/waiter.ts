import type { PluginError } from '../../contract/errors.js';
import type { HostQuestion, WaitingWay, WasmValue } from '../../contract/host-function.js';

/** A guest's import that asks the page and goes on with its answer. Every part may throw: the guest traps. */
export interface PageImport {
  readonly ask: (...args: WasmValue[]) => Question;
  /** Makes the import's result of the answer. */
  readonly answer: (value: unknown) => WasmValue | void;
  /** The page could not answer. */
  readonly fail: (error: PluginError) => never;
}

export interface Question {
  readonly question: HostQuestion;
  /** Handed over instead of copied. */
  readonly transfer: Transferable[];
}

export type GuestFunction = (...args: WasmValue[]) => unknown;

/**
 * How a guest's imports, which are synchronous, wait for the page, which is not. Where guests are suspended, no JavaScript may
 * stand between an export that was entered and an import that waits.
 */
export interface Waiter {
  readonly way: WaitingWay;
  /** The function to give to the guest. */
  wrap(pageImport: PageImport): WebAssembly.ImportValue;
  /** The function to give to a guest for what is JavaScript that enters another guest. */
  closure(run: GuestFunction): WebAssembly.ImportValue;
  /** Calls an export: a promise of its result where guests are suspended, else the result. */
  enter(run: GuestFunction, ...args: WasmValue[]): unknown;
}
