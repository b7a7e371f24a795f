import { Numbers } from '../reader/numbers.js';
import { Output } from './output.js';
import { encodeU32 } from '../reader/reader.js';

/**
 * Which of the branches that are written are seldom taken, for engines to keep what they do out of their way.
 * https://github.com/WebAssembly/branch-hinting: a hint is the branch's place in the body, and 0 for unlikely, of one byte.
 */
export class Hints {
  readonly #code: Output;
  readonly #written: Output;
  #functions = 0;
  /** Where the body begins that is being written, and how far in it the branches stand. */
  #bodyAt = 0;
  readonly #places = new Numbers();

  constructor(source: Uint8Array, code: Output) {
    this.#code = code;
    this.#written = new Output(source, 4_096);
  }

  /** The custom section, which stands before the code. */
  section(): Uint8Array[] {
    const name = new TextEncoder().encode('metadata.code.branch_hint');
    const count = encodeU32(this.#functions);
    const functions = this.#written.bytes;
    const size = encodeU32(1 + name.length + count.length + functions.length);
    return [Uint8Array.from([0, ...size, name.length, ...name, ...count]), functions];
  }

  /** A body begins here. */
  begin(): void {
    this.#bodyAt = this.#code.length;
    this.#places.length = 0;
  }

  /** The branch that is written next is seldom taken. */
  next(): void {
    this.#places.push(this.#code.length - this.#bodyAt);
  }

  /** The body is that of this function. */
  end(index: number): void {
    const places = this.#places;
    if (places.length === 0) return;
    this.#functions += 1;
    this.#written.u32(index);
    this.#written.u32(places.length);
    for (let at = 0; at < places.length; at += 1) {
      this.#written.u32(places.at(at));
      this.#written.byte(1);
      this.#written.byte(0);
    }
  }
}
