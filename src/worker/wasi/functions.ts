import type { Clocks } from './clocks.js';
import type { Descriptors } from './descriptors.js';
import { errno, Refusal } from './errno.js';
import type { GuestMemory } from './guest-memory.js';

/** What the functions of one instance act on. */
export interface Program {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly clocks: Clocks;
  readonly descriptors: Descriptors;
  /** Ends the guest's run. */
  readonly exit: (code: number) => never;
}

/** Parameters as WebAssembly gives them: i32 as numbers, i64 as bigints. An answer of nothing is success. */
export type WasiFunction = (...params: never[]) => void;

/** Named as a guest imports them. */
export type WasiFunctions = Readonly<Record<string, WasiFunction>>;

export interface Binding {
  readonly program: Program;
  readonly memory: GuestMemory;
}

/** The same function as a guest can call it: refusals become its errno. */
export function answering(run: WasiFunction): (...params: never[]) => number {
  return (...params) => {
    try {
      run(...params);
      return errno.success;
    } catch (thrown) {
      if (thrown instanceof Refusal) return thrown.errno;
      throw thrown;
    }
  };
}
