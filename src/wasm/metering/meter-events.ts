import { refuse } from '../reader/caps.js';
import { twiceAsLong } from '../reader/numbers.js';

/** A place in a function's code where the meter may act. */
export const Event = {
  /** Code begins that runs as often as its run says. */
  run: 0,
  /** The same, behind the header of a loop. `value`: 1 for a loop that is simple, see {@link Event.loopStart}: its first turn is of the run around. */
  loop: 1,
  /** Of one function. `value`: which. */
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
  /** The `end` of a simple loop. `value`: where its locals are listed. */
  loopEnd: 13,
  /** A plain branch that leaves the innermost loop. `value`: its label. */
  exit: 14,
  /** A call of one function, behind another such call, with nothing but straight code between them. `value`: which. */
  nextCall: 15,
} as const;

/** What the kind of an event says is kept beside the kind, in one word. */
export const mostEventValue = 0x0fff_ffff;

/** So many events any module may have. */
const leastLimit = 65_536;

/** Events in the order of the code: the kind of each, what the kind says, the byte it stands at, and the run it is in. */
export class Events {
  length = 0;
  /** Three for each. */
  #words: Uint32Array;
  readonly #most: number;

  /** Of code of so many bytes. One event in eight bytes is more than most code has. */
  constructor(codeBytes: number) {
    this.#words = new Uint32Array(3 * ((codeBytes >> 3) + 64));
    this.#most = Math.max(codeBytes >> 1, leastLimit);
  }

  /** `value`: up to {@link mostEventValue}. */
  push(kind: number, place: number, value: number, run: number): void {
    const at = 3 * this.length;
    if (at === this.#words.length) this.#grow();
    const words = this.#words;
    words[at] = (value << 4) | kind;
    words[at + 1] = place;
    words[at + 2] = run;
    this.length += 1;
  }

  #grow(): void {
    if (this.length > this.#most) {
      throw refuse('module-limit', {
        where: 'code',
        expected: `at most ${this.#most} blocks, branches and calls in so much code`,
        actual: 'more',
        fix: 'Build the plug-in with a compiler that writes no loops of nothing.',
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

  run(event: number): number {
    return this.#words[3 * event + 2] ?? 0;
  }

  setValue(event: number, value: number): void {
    this.#words[3 * event] = (value << 4) | this.kind(event);
  }
}
