import type { HostQuestion, WasmValue } from '../../contract/host-function.js';
import type { GuestFailure } from '../runner/guest-failure.js';
import type { Waiter } from '../suspend/waiter.js';
import type { Clocks } from './clocks.js';
import type { Descriptors } from './descriptors.js';
import { errno, Refusal } from './errno.js';
import type { GuestMemory } from './guest-memory.js';
import type { Layout } from './layouts.js';
import type { Work } from './work.js';

/** The state that the functions of one instance act on. */
export interface Program {
  /** Those of the running call. */
  readonly args: readonly string[];
  readonly env: readonly string[];
  /** Whether the plug-in can wait for the page. */
  readonly canWait: boolean;
  /** Sends all that was printed to the page. */
  readonly flush: () => void;
  /** Returns the question to ask after printing, if the page has to receive what was printed first. */
  readonly afterPrinting: () => PageWait | undefined;
  readonly clocks: Clocks;
  readonly descriptors: Descriptors;
  /** Ends the call by throwing. */
  readonly exit: (code: number) => never;
  readonly work: Work;
}

/** A question to the page, and what is done with its answer before the guest goes on. */
export interface PageWait {
  readonly question: HostQuestion;
  readonly finish: (answer: unknown) => void;
}

/**
 * A WASI function. Parameters are those of the import: i32 as numbers, i64 as bigints. Returning nothing means success. Those of
 * `mayWait` may return a question to the page, if the plug-in can wait.
 */
export type WasiFunction = (...params: never[]) => PageWait | void;

/** The functions that may wait for the page. */
export const mayWait: ReadonlySet<string> = new Set(['fd_read', 'fd_write', 'poll_oneoff']);

/** WASI functions by the name of their import. */
export type WasiFunctions = Readonly<Record<string, WasiFunction>>;

export interface Binding {
  readonly program: Program;
  readonly memory: GuestMemory;
  readonly layout: Layout;
}

/** Wraps `run` as an import that returns `success`, or the errno of a thrown `Refusal`. Each call is counted. */
export function answering(run: WasiFunction, work: Work): (...params: never[]) => number {
  return (...params) => {
    work.count();
    return errnoOf(() => run(...params));
  };
}

/** Wraps `run` as an import that waits for the page if `run` returns a question. */
export function waiting(run: WasiFunction, { work, failure }: WaitingHost, waiter: Waiter): WebAssembly.ImportValue {
  let asked: PageWait | null = null;
  let result: number = errno.success;
  return waiter.wrap({
    ask: (...params) => {
      work.count();
      asked = null;
      result = errnoOf(() => {
        asked = (run as (...params: WasmValue[]) => PageWait | void)(...params) ?? null;
      });
      return asked === null ? null : { question: (asked as PageWait).question, transfer: [] };
    },
    answer: (value) => {
      const done = asked;
      return done === null ? result : errnoOf(() => done.finish(value));
    },
    fail: failure.raiseHost,
  });
}

/** What an import that waits uses of the plug-in's worker. */
export interface WaitingHost {
  readonly work: Work;
  readonly failure: Pick<GuestFailure, 'raiseHost'>;
}

function errnoOf(run: () => void): number {
  try {
    run();
    return errno.success;
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.errno;
    throw thrown;
  }
}
