import type { Events } from './meter-events.js';
import { twiceAsLong } from '../reader/numbers.js';
import type { Numbers } from '../reader/numbers.js';

/** The course of all functions: what one pass over the code finds, for the graph of calls and for the second pass. */
export interface Course {
  readonly events: Events;
  /** The static cost of each run. */
  readonly costs: Numbers;
  readonly functions: FunctionCourses;
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

/** Numbers kept of each function. */
const wordsEach = 10;

/** The courses of functions, in order. An object for each would keep the collector busy: a module may have 200,000. */
export class FunctionCourses {
  length = 0;
  #words: Uint32Array = new Uint32Array(1_024 * wordsEach);

  push(course: FunctionCourse): void {
    const at = this.length * wordsEach;
    if (at === this.#words.length) this.#words = twiceAsLong(this.#words);
    const words = this.#words;
    words[at] = course.sizeAt;
    words[at + 1] = course.declarations;
    words[at + 2] = course.start;
    words[at + 3] = course.end;
    words[at + 4] = course.locals;
    words[at + 5] = course.firstEvent;
    words[at + 6] = course.events;
    words[at + 7] = course.firstRun;
    words[at + 8] = course.runs;
    words[at + 9] = Number(course.hasLoops);
    this.length += 1;
  }

  at(index: number): FunctionCourse {
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
      firstRun: words[at + 7] ?? 0,
      runs: words[at + 8] ?? 0,
      hasLoops: words[at + 9] === 1,
    };
  }

  /** The event behind the last of the function's. */
  endOfEvents(index: number): number {
    const at = index * wordsEach;
    return (this.#words[at + 5] ?? 0) + (this.#words[at + 6] ?? 0);
  }
}
