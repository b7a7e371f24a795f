import { admit } from '../reader/caps.js';
import { InstructionPass } from './instructions.js';
import type { ModuleFacts } from './module-facts.js';
import { hex, invalid, U32Stream } from '../reader/reader.js';
import { shortType } from '../reader/types.js';

/** What the next byte of the code section belongs to. A body is its size, the number of local groups, these groups, and instructions. */
type CodeState = 'count' | 'size' | 'groups' | 'repeat' | 'type' | 'heap type' | 'instructions';

/**
 * Counts the function bodies and the locals that each of them declares. An engine reserves room for locals before it reads what the body
 * does with them, so twelve bytes can ask for much. {@link InstructionPass} reads the instructions; what they cost is checked after each
 * body.
 */
export class CodeCheck {
  readonly #facts: ModuleFacts;
  readonly #expected: number;
  readonly #stream = new U32Stream();
  #state: CodeState = 'count';
  #bodies = 0;
  #done = 0;
  /** The bytes left of the body. */
  #left = 0;
  #groups = 0;
  #locals = 0;
  readonly #pass: InstructionPass;
  /** The instructions so far of a body that comes in pieces. */
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
      // A size that began in an earlier chunk is completed first.
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

  /** Takes the instructions that the chunk has of the body, and returns how many bytes. They are read once they are complete. */
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
      // A signed number; the last of its bytes has the sign.
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

  /** `type` is the first byte of an abstract type, or that of a number type. */
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
   * Takes the bodies that are plain: shorter than 16 KiB, complete in the chunk, with groups of less than 128 locals of number types.
   * Nearly all are, and one tight loop over them makes the gate several times faster. Returns where the next body begins.
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
      // If the size has a third byte, the sum is above the limit.
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

/** Returns the sum of groups of fewer than 128 locals of number types; -1 for other groups. */
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
