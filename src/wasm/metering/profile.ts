import { refuse } from '../reader/caps.js';
import { twiceAsLong } from '../reader/numbers.js';
import type { Numbers } from '../reader/numbers.js';

/** A place in a function's code where metering may have to insert something. */
export const Event = {
  /** Code of another region begins. */
  region: 0,
  /** The same, after the header of a loop. `value`: 1 for a simple loop, see {@link Event.loopStart}: its first iteration belongs to the region around it. */
  loop: 1,
  /** A direct call. `value`: the function. */
  call: 2,
  /** An indirect call. `value`: the type. */
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
  /** Another bulk instruction: its last operand is the length of its work. */
  length: 11,
  /** A loop begins. `value`: 1 if it is simple: it has no loop, call or handler inside, and only plain branches leave it. */
  loopStart: 12,
  /** The `end` of a simple loop. `value`: the index in `loopLocals` of the list of its locals. */
  loopEnd: 13,
  /** A plain branch that leaves the innermost loop. `value`: its label. */
  exit: 14,
  /** A direct call that follows another one, with only straight code between them. `value`: the function. */
  nextCall: 15,
} as const;

/** The kind of an event takes four bits of a word, and its value the others. */
export const mostEventValue = 0x0fff_ffff;

/** The number of events that a module of any size may have. */
const leastLimit = 65_536;
/** The number of events that no module may exceed: 192 MiB. Real code of 64 MiB has half as many. */
const greatestLimit = 16_777_216;

/** The events of all functions in the order of the code. */
export class Events {
  length = 0;
  /** Three for each event: value and kind, the byte of the module where it is, its region. */
  #words: Uint32Array;
  readonly #most: number;

  /** Reserves one event for eight bytes of code, which is more than most code has. */
  constructor(codeBytes: number) {
    this.#words = new Uint32Array(3 * ((codeBytes >> 3) + 64));
    this.#most = Math.min(Math.max(codeBytes >> 1, leastLimit), greatestLimit);
  }

  /** `value`: at most {@link mostEventValue}. */
  push(kind: number, place: number, value: number, region: number): void {
    const at = 3 * this.length;
    if (at === this.#words.length) this.#grow();
    const words = this.#words;
    words[at] = (value << 4) | kind;
    words[at + 1] = place;
    words[at + 2] = region;
    this.length += 1;
  }

  #grow(): void {
    if (this.length > this.#most) {
      throw refuse('module-limit', {
        where: 'code',
        expected: `at most ${this.#most} blocks, branches and calls in code of this size`,
        actual: 'more',
        fix: 'Build the plug-in with a compiler that does not emit empty loops.',
      });
    }
    this.#words = twiceAsLong(this.#words);
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

  region(event: number): number {
    return this.#words[3 * event + 2] ?? 0;
  }

  setValue(event: number, value: number): void {
    this.#words[3 * event] = (value << 4) | this.kind(event);
  }
}

/** What one pass over the code of a module finds: the input of the call graph, of the plan and of the emitter. */
export interface ModuleProfile {
  readonly events: Events;
  /** The static cost of each region. */
  readonly costs: Numbers;
  readonly functions: FunctionProfiles;
  /** For each simple loop: the number of locals that it uses, then these locals. No locals if there are too many for registers. */
  readonly loopLocals: Numbers;
  /** The functions that `ref.func` instructions name. */
  readonly referenced: ReadonlySet<number>;
  /** Whether any instruction throws or catches exceptions. */
  readonly unwinds: boolean;
}

/** What is known of one function. `sizeAt`, `declarations`, `start` and `end` are offsets in the module. */
export interface FunctionProfile {
  /** Where the size of the body is. */
  readonly sizeAt: number;
  /** Where the local declarations begin. */
  readonly declarations: number;
  /** Where the instructions begin. */
  readonly start: number;
  /** The first byte after the body. */
  readonly end: number;
  /** Parameters and locals. */
  readonly locals: number;
  readonly firstEvent: number;
  readonly events: number;
  readonly firstRegion: number;
  readonly regions: number;
  readonly hasLoops: boolean;
}

/** Numbers that are stored for each function. */
const wordsEach = 10;

/** The profiles of all functions, in order, in one array: a module may have 200,000, too many objects for the garbage collector. */
export class FunctionProfiles {
  length = 0;
  #words: Uint32Array = new Uint32Array(1_024 * wordsEach);

  push(profile: FunctionProfile): void {
    const at = this.length * wordsEach;
    if (at === this.#words.length) this.#words = twiceAsLong(this.#words);
    const words = this.#words;
    words[at] = profile.sizeAt;
    words[at + 1] = profile.declarations;
    words[at + 2] = profile.start;
    words[at + 3] = profile.end;
    words[at + 4] = profile.locals;
    words[at + 5] = profile.firstEvent;
    words[at + 6] = profile.events;
    words[at + 7] = profile.firstRegion;
    words[at + 8] = profile.regions;
    words[at + 9] = Number(profile.hasLoops);
    this.length += 1;
  }

  at(index: number): FunctionProfile {
    const words = this.#words;
    const at = index * wordsEach;
    return {
      sizeAt: words[at] ?? 0,
      declarations: words[at + 1] ?? 0,
      start: words[at + 2] ?? 0,
      end: words[at + 3] ?? 0,
      locals: words[at + 4] ?? 0,
      firstEvent: words[at + 5] ?? 0,
      events: words[at + 6] ?? 0,
      firstRegion: words[at + 7] ?? 0,
      regions: words[at + 8] ?? 0,
      hasLoops: words[at + 9] === 1,
    };
  }

  /** Returns the first event after those of the function. */
  endOfEvents(index: number): number {
    const at = index * wordsEach;
    return (this.#words[at + 5] ?? 0) + (this.#words[at + 6] ?? 0);
  }
}
