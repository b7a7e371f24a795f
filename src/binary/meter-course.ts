/** A place in a function's code where the meter may act. */
export const Event = {
  /** Code begins that runs as often as its run says. */
  run: 0,
  /** The same, behind the header of a loop. `value`: 1 for a loop that is simple, see {@link Event.loopStart}. */
  loop: 1,
  call: 2,
  callIndirect: 3,
  /** `value`: how many blocks it leaves. */
  return: 4,
  tailCall: 5,
  tailCallIndirect: 6,
  throw: 7,
  memoryFill: 8,
  memoryCopy: 9,
  /** `value`: the data segment. */
  memoryInit: 10,
  /** Another instruction whose work is as long as its last operand says. */
  length: 11,
  /** A loop begins. `value`: 1 if it is simple: no loop, call or handler within, and it leaves by plain branches only. */
  loopStart: 12,
  /** A simple loop ended. */
  loopEnd: 13,
  /** A plain branch that leaves the innermost loop. `value`: its label. */
  exit: 14,
} as const;

/** Lists of numbers that grow, without an object for each entry. */
export class Numbers {
  length = 0;
  #values: Uint32Array = new Uint32Array(1_024);

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Uint32Array(this.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return this.#values[index] ?? 0;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  add(index: number, value: number): void {
    this.#values[index] = this.at(index) + value;
  }
}

/** The course of all functions: what one pass over the code finds, for the graph of calls and for the second pass. */
export interface Course {
  /** Of events, in order: kind, the byte they stand at, what the kind says, and the run they are in. */
  readonly kinds: Numbers;
  readonly places: Numbers;
  readonly values: Numbers;
  readonly runs: Numbers;
  /** The static cost of each run. */
  readonly costs: Numbers;
  readonly functions: readonly FunctionCourse[];
  /** Functions that `ref.func` names in code. */
  readonly referenced: ReadonlySet<number>;
  /** Whether anything in it can catch an exception or throw one. */
  readonly unwinds: boolean;
}

export interface FunctionCourse {
  /** Bytes: where the local declarations, the instructions, and what follows the body begin. */
  readonly declarations: number;
  readonly start: number;
  readonly end: number;
  /** Parameters included. */
  readonly locals: number;
  readonly firstEvent: number;
  readonly events: number;
  readonly firstRun: number;
  readonly runs: number;
  readonly hasLoops: boolean;
}
