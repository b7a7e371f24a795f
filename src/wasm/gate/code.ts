import { admit } from '../reader/caps.js';
import { InstructionPass } from './instructions.js';
import type { ModuleFacts } from './module-facts.js';
import { hex, invalid, U32Stream } from '../reader/reader.js';
import { shortType } from '../reader/types.js';

/**
 * The part of the code section to which the next byte belongs. A body consists of its size, the number of groups of locals, these groups,
 * and its instructions.
 */
type CodeState = 'count' | 'size' | 'groups' | 'repeat' | 'type' | 'heap type' | 'instructions';

/**
 * Checks the number of function bodies, and the size and the number of locals of each. An engine allocates the locals before it reads
 * the instructions, so that twelve bytes can declare 50,000 of them. {@link InstructionPass} reads the instructions, and checks the
 * compile cost after each body.
 */
export class CodeCheck {
  readonly #facts: ModuleFacts;
  readonly #expected: number;
  readonly #stream = new U32Stream();
  #state: CodeState = 'count';
  #bodies = 0;
  #done = 0;
  /** The bytes of the body that have not been read. */
  #left = 0;
  #groups = 0;
  #locals = 0;
  readonly #pass: InstructionPass;
  /** The instructions of a body that is split over chunks, as far as they have arrived. */
  #held: Uint8Array | null = null;
  /** The first byte of a heap type, while it is read. */
  #heapType: number | null = null;

  constructor(facts: ModuleFacts, maxCompileCost: number) {
    this.#facts = facts;
    this.#expected = facts.definedFunctions.length;
    this.#pass = new InstructionPass(facts, maxCompileCost);
  }

  feed(bytes: Uint8Array, offset: number): void {
    let at = 0;
    while (at < bytes.length) {
      // Not if an earlier chunk ended within the size.
      if (this.#state === 'size' && !this.#stream.started) {
        at = this.#passPlainBodies(bytes, at, offset);
        if (at === bytes.length) return;
      }
      if (this.#state === 'instructions') {
        at += this.#takeInstructions(bytes, at, offset);
      } else {
        this.#take(bytes[at] ?? 0, offset + at);
        at += 1;
      }
    }
  }

  end(offset: number): void {
    if (this.#state !== 'size' || this.#done !== this.#bodies) {
      throw this.#fail(offset, 'another function body', 'the end of the section');
    }
    this.#facts.compileCost = this.#pass.compileCost;
  }

  /**
   * Takes the bytes of the body's instructions that are in the chunk, and returns their number. The instructions are read when they are
   * complete.
   */
  #takeInstructions(bytes: Uint8Array, at: number, offset: number): number {
    const count = Math.min(this.#left, bytes.length - at);
    if (this.#held === null && count === this.#left) {
      this.#read(bytes, at, at + count, offset);
    } else {
      this.#held ??= new Uint8Array(this.#left);
      const { length } = this.#held;
      this.#held.set(bytes.subarray(at, at + count), length - this.#left);
      if (count === this.#left) this.#read(this.#held, 0, length, offset + at + count - length);
    }
    this.#left -= count;
    if (this.#left === 0) this.#endBody();
    return count;
  }

  #take(byte: number, offset: number): void {
    if (this.#state !== 'count' && this.#state !== 'size') {
      if (this.#left === 0) throw this.#fail(offset, 'local declarations', 'the end of the function body');
      this.#left -= 1;
    }
    if (this.#state === 'type') {
      if (byte === 0x63 || byte === 0x64) this.#state = 'heap type';
      else if (shortType(byte) === undefined) throw this.#fail(offset, 'a value type', hex(byte));
      else this.#endGroup(byte);
    } else if (this.#state === 'heap type') {
      // A signed LEB128 number, whose last byte has the sign: an abstract type is negative, the index of a type is not.
      this.#heapType ??= byte & 127;
      if (byte < 128) this.#endGroup((byte & 0x40) === 0 ? 0 : this.#heapType);
    } else if (this.#stream.push(byte, 'code', offset)) {
      this.#number(this.#stream.value, offset);
    }
  }

  #number(value: number, offset: number): void {
    switch (this.#state) {
      case 'count':
        if (value !== this.#expected) throw this.#fail(offset, `${this.#expected} function bodies`, String(value));
        this.#bodies = value;
        this.#state = 'size';
        return;
      case 'size':
        if (this.#done === this.#bodies) throw this.#fail(offset, 'the end of the section', 'one more function body');
        admit('bytes of one function', value, this.#where);
        if (value === 0) throw this.#fail(offset, 'a function body', '0 bytes');
        this.#left = value;
        this.#locals = 0;
        this.#state = 'groups';
        return;
      case 'groups':
        this.#groups = value;
        this.#nextGroup();
        return;
      default:
        this.#locals += value;
        admit('locals', this.#locals, this.#where);
        this.#state = 'type';
    }
  }

  /** Ends a group of locals. `type` is the byte of their type, or that of an abstract heap type; 0 for the index of a type. */
  #endGroup(type: number): void {
    this.#heapType = null;
    this.#pass.exceptions.declares(type, this.#done);
    this.#groups -= 1;
    this.#nextGroup();
  }

  #nextGroup(): void {
    if (this.#groups > 0) this.#state = 'repeat';
    else if (this.#left > 0) this.#state = 'instructions';
    else this.#endBody();
  }

  #endBody(): void {
    this.#done += 1;
    this.#held = null;
    this.#state = 'size';
  }

  /**
   * Reads plain bodies, up to the first that is not: shorter than 16 KiB, complete in the chunk, with groups of fewer than 128 locals of
   * number types. Nearly all bodies are plain, and one tight loop over them makes the gate several times as fast. Returns where the next
   * body begins.
   */
  #passPlainBodies(bytes: Uint8Array, at: number, offset: number): number {
    let end = at;
    for (; this.#done < this.#bodies; this.#done += 1) {
      let next = end + 1;
      let size = bytes[end] ?? 0;
      if (size > 127) {
        size += ((bytes[next] ?? 255) - 1) * 128;
        next += 1;
      }
      const groups = bytes[next] ?? 128;
      const instructions = next + 1 + groups * 2;
      // A size with a third byte is above 16,383 here, because the continuation bit of its second byte is included.
      if (size > 16_383 || groups > 127 || instructions > next + size || next + size > bytes.length) break;
      const locals = groups > 0 ? plainLocals(bytes, next + 1, instructions) : 0;
      if (locals < 0) break;
      end = next + size;
      this.#locals = locals;
      this.#read(bytes, instructions, end, offset);
    }
    return end;
  }

  #read(bytes: Uint8Array, from: number, to: number, offset: number): void {
    this.#pass.begin(this.#done, this.#locals);
    this.#pass.read(bytes, from, to, offset);
  }

  readonly #where = (): string => `code, function body ${this.#done}`;

  #fail(offset: number, expected: string, actual: string): Error {
    return invalid(this.#where(), offset, expected, actual);
  }
}

/** Returns the number of locals in groups of fewer than 128 of a number type; -1 if there is any other group. */
function plainLocals(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) {
    const count = bytes[at] ?? 128;
    const type = bytes[at + 1] ?? 0;
    if (count > 127 || type < 0x7b || type > 0x7f) return -1;
    sum += count;
  }
  return sum;
}
