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
  /** A simple loop ended. `value`: where its locals are listed. */
  loopEnd: 13,
  /** A plain branch that leaves the innermost loop. `value`: its label. */
  exit: 14,
} as const;

/**
 * Lists of numbers that grow, without an object for each entry. Room that is asked for and not used costs no memory: engines have
 * zeroed pages come when they are first written to.
 */
export class Numbers {
  length = 0;
  #values: Uint32Array;

  constructor(capacity = 1_024) {
    this.#values = new Uint32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.#values.length) this.#values = twiceAsLong(this.#values);
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

/** What the kind of an event says is kept beside the kind, in one word. */
export const mostEventValue = 0x0fff_ffff;

/** Events in the order of the code: the kind of each, what the kind says, the byte it stands at, and the run it is in. */
export class Events {
  length = 0;
  /** Three for each. */
  #words: Uint32Array;

  constructor(capacity: number) {
    this.#words = new Uint32Array(3 * capacity);
  }

  /** `value`: up to {@link mostEventValue}. */
  push(kind: number, place: number, value: number, run: number): void {
    const at = 3 * this.length;
    if (at === this.#words.length) this.#words = twiceAsLong(this.#words);
    const words = this.#words;
    words[at] = (value << 4) | kind;
    words[at + 1] = place;
    words[at + 2] = run;
    this.length += 1;
  }

  kind(event: number): number {
    return (this.#words[3 * event] ?? 0) & 15;
  }

  value(event: number): number {
    return (this.#words[3 * event] ?? 0) >>> 4;
  }

  place(event: number): number {
    return this.#words[3 * event + 1] ?? 0;
  }

  run(event: number): number {
    return this.#words[3 * event + 2] ?? 0;
  }

  setValue(event: number, value: number): void {
    this.#words[3 * event] = (value << 4) | this.kind(event);
  }
}

function twiceAsLong(values: Uint32Array): Uint32Array {
  const larger = new Uint32Array(values.length * 2);
  larger.set(values);
  return larger;
}

/** The course of all functions: what one pass over the code finds, for the graph of calls and for the second pass. */
export interface Course {
  readonly events: Events;
  /** The static cost of each run. */
  readonly costs: Numbers;
  readonly functions: readonly FunctionCourse[];
  /** Of each simple loop, how many locals it uses, and these; none, if they are more than have registers. */
  readonly loopLocals: Numbers;
  /** Functions that `ref.func` names in code. */
  readonly referenced: ReadonlySet<number>;
  /** Whether anything in it can catch an exception or throw one. */
  readonly unwinds: boolean;
}

export interface FunctionCourse {
  /** Byte: where the body's size stands. */
  readonly sizeAt: number;
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
