import type { Clocks } from './clocks.js';
import type { Descriptors } from './descriptors.js';
import { errno, Refusal } from './errno.js';
import type { GuestMemory } from './guest-memory.js';
import type { Layout } from './layouts.js';
import type { Work } from './work.js';

/** The state that the functions of one instance act on. */
export interface Program {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly clocks: Clocks;
  readonly descriptors: Descriptors;
  /** Ends the call by throwing. */
  readonly exit: (code: number) => never;
  readonly work: Work;
}

/** A WASI function. Parameters are those of the import: i32 as numbers, i64 as bigints. Returning nothing means success. */
export type WasiFunction = (...params: never[]) => void;

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
    try {
      run(...params);
      return errno.success;
    } catch (thrown) {
      if (thrown instanceof Refusal) return thrown.errno;
      throw thrown;
    }
  };
}
