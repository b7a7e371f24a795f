import type { PluginError } from '../../contract/errors.js';
import type { ModuleReport } from '../../contract/module-report.js';
import { admit, admitElements, atMost, type Countable } from '../reader/caps.js';
import { HeldExports } from './reserved-exports.js';
import { applyEdits } from '../reader/limits.js';
import type { Edit } from '../reader/limits.js';
import { startExport } from '../../contract/abi.js';
import { emptyFacts } from '../reader/module.js';
import type { FullPolicy, GatePolicy, ModuleFacts } from '../reader/module.js';
import { checkPreamble, shortPreamble } from './preamble.js';
import { encodeU32, hex, invalid, Reader, U32Stream } from '../reader/reader.js';
import { reportModule } from './report.js';
import { heldSections } from './sections.js';
import { streamCheck } from './streamed.js';
import type { StreamCheck } from './stream-check.js';

/** A module's way to the compiler. Push what arrives, in order; give the compiler what comes out, in order. */
export interface Gate {
  /**
   * Takes the next bytes, and gives those that are ready for the compiler: mostly views of the same buffer, which must
   * therefore not be written to afterwards. Chunks of any size do, and how a module is cut makes no difference.
   * @throws PluginError when the module is refused. What came out before is of no use then; every later call throws the same.
   */
  push(chunk: Uint8Array): Uint8Array[];
  /** Says that there are no more bytes. @throws PluginError `invalid-module` when the module is cut short. */
  finish(): GateResult;
}

export interface GateResult {
  /** Bytes that were held back to the end. */
  readonly rest: Uint8Array[];
  readonly report: ModuleReport;
}

/** The order the format asks for; https://webassembly.github.io/spec/core/binary/modules.html#binary-module */
const sectionOrder = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
/** Sections of names that the page is told of. */
const namesIn: ReadonlyMap<number, Countable> = new Map([
  [2, 'bytes of imports'],
  [7, 'bytes of exports'],
]);
const elementSection = 9;
const codeRank: number = sectionOrder.indexOf(10);
/** By id. */
const sectionNames: readonly string[] =
  'custom type import function table memory global export start element code data data-count tag'.split(' ');

type GateState = 'preamble' | 'id' | 'size' | 'body';

/**
 * A streaming reader of a module's sections, in front of the compiler: it refuses what no cap could bound, and writes the
 * caps into what it lets through, so that the engine itself holds them.
 *
 * What a guest can make an engine hold, and what bounds it:
 * - Memory: one, its maximum rewritten to `maxPages`. Shared and 64-bit memories are refused.
 * - Tables: 16, their maxima rewritten so that together they stay within `maxTableEntries`. 64-bit tables are refused.
 * - Structs, arrays, continuations: bounded by nothing, so types that make them are refused. The abstract types (anyref,
 *   structref) are let in: without a type of its own a guest has only null and i31ref, which is no object, to put there.
 * - Exceptions: with `exnref` a guest can keep those it throws, in tables, globals and on its stack, all bounded: a hundred
 *   thousand or so of each. What one weighs is bounded by 16 parameters and the engine's stack trace: 540 bytes with 16 of
 *   v128 in Chromium 156, so 54 MB for a full table. But an exception with an exception among its parameters makes a list
 *   of any length: such tags are refused, as the other heap types are.
 *   Older `try`/`catch` keeps an exception only while its block runs, so the stack bounds them. Both forms in one module are
 *   refused: see exceptions.ts.
 * - Functions: references are to functions of the module, one object each; binding arguments needs a continuation type.
 * - Segments: within the module's bytes.
 * - The stack: the engine's own limit, which is a trap.
 * - Strings and `WebAssembly.JSTag`: only for those who compile with `builtins`, or hand the tag over. Do neither.
 *
 * A type, flag, kind or section that is not known here is refused, not skipped: the next proposal may bring the next heap.
 */
export function createGate(policy: GatePolicy = {}): Gate {
  return new SectionGate({
    maxModuleBytes: policy.maxModuleBytes ?? 64 << 20,
    maxPages: policy.maxPages ?? null,
    maxTableEntries: policy.maxTableEntries ?? 100_000,
    allowGc: policy.allowGc ?? false,
  });
}

class SectionGate implements Gate {
  readonly #policy: FullPolicy;
  readonly #facts: ModuleFacts = emptyFacts();
  readonly #number = new U32Stream();
  #failure: unknown;
  #state: GateState = 'preamble';
  /** Bytes taken so far, from the start of the module. */
  #offset = 0;
  #out: Uint8Array[] = [];
  #chunk: Uint8Array = new Uint8Array();
  /** Where the bytes of the chunk begin that are neither given out nor held yet. */
  #passFrom = 0;
  /** The preamble, or the section's id and size, as they came. */
  #head: number[] = [];
  #id = 0;
  #lastRank = -1;
  #size = 0;
  #left = 0;
  /** Where in the chunk the current section begins; -1 when in an earlier chunk. */
  #sectionAt = -1;
  /** The body of a section that is checked as a whole, when it came in pieces. */
  #body: Uint8Array | null = null;
  #check: StreamCheck | null = null;
  #held: HeldExports | null = null;
  #rewritten = false;

  constructor(policy: FullPolicy) {
    this.#policy = policy;
  }

  push(chunk: Uint8Array): Uint8Array[] {
    return this.#guard(() => this.#push(chunk));
  }

  finish(): GateResult {
    return this.#guard(() => this.#finish());
  }

  /** A gate that refused once refuses for ever, with the same error. */
  #guard<Result>(act: () => Result): Result {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return act();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #push(chunk: Uint8Array): Uint8Array[] {
    const room = this.#policy.maxModuleBytes - this.#offset;
    const end = Math.min(chunk.length, room);
    this.#out = [];
    this.#chunk = chunk;
    this.#passFrom = 0;
    let at = 0;
    while (at < end) at += this.#step(at, end);
    if (end < chunk.length) this.#admitBytes(this.#offset + 1);
    if (!this.#holdsSection()) this.#passTo(chunk.length);
    else if (this.#sectionAt >= 0) this.#passTo(this.#sectionAt);
    this.#sectionAt = -1;
    return this.#out;
  }

  /** Whether the bytes of the current section are withheld until it is whole. */
  #holdsSection(): boolean {
    return (this.#state === 'size' || this.#state === 'body') && heldSections.has(this.#id);
  }

  /** Takes some bytes of the chunk, `at` the next and `end` after the last; gives how many. */
  #step(at: number, end: number): number {
    if (this.#state === 'body') return this.#takeBody(at, end);
    const byte = this.#chunk[at] ?? 0;
    this.#offset += 1;
    if (this.#state === 'id') this.#begin(byte, at);
    else if (this.#state === 'preamble') {
      this.#head.push(byte);
      if (checkPreamble(this.#head)) this.#state = 'id';
    } else {
      this.#head.push(byte);
      if (this.#number.push(byte, this.#section(), this.#offset - 1)) this.#open(at + 1);
    }
    return 1;
  }

  #begin(id: number, at: number): void {
    if (id !== 0) {
      const rank = sectionOrder.indexOf(id);
      if (rank < 0) throw invalid('module', this.#offset - 1, 'a section id from 0 to 13', hex(id));
      if (rank <= this.#lastRank) {
        const last = sectionNames[sectionOrder[this.#lastRank] ?? 0] ?? '';
        throw invalid('module', this.#offset - 1, `a section that comes after ${last}`, sectionNames[id] ?? '');
      }
      this.#lastRank = rank;
      if (this.#held && id !== 8) this.#release(at);
    }
    this.#id = id;
    this.#head = [id];
    this.#sectionAt = at;
    this.#state = 'size';
  }

  /** The section's size is known, and its body begins `at` the place in the chunk. */
  #open(at: number): void {
    this.#size = this.#number.value;
    this.#left = this.#size;
    this.#admitBytes(this.#offset + this.#size);
    if (heldSections.has(this.#id)) admit(namesIn.get(this.#id) ?? 'bytes in one section', this.#size, this.#section());
    else this.#check = streamCheck(this.#id, this.#facts, { size: this.#size, offset: this.#offset });
    if (this.#id === elementSection) admitElements(this.#size, this.#policy.maxTableEntries);
    this.#state = 'body';
    if (this.#left === 0) this.#close(at, new Uint8Array());
  }

  #takeBody(at: number, end: number): number {
    const count = Math.min(this.#left, end - at);
    const piece = this.#chunk.subarray(at, at + count);
    const whole = count === this.#size;
    if (this.#check) this.#check.feed(piece, this.#offset);
    else if (!whole) {
      this.#body ??= new Uint8Array(this.#size);
      this.#body.set(piece, this.#size - this.#left);
    }
    this.#offset += count;
    this.#left -= count;
    if (this.#left === 0) this.#close(at + count, this.#body ?? piece);
    return count;
  }

  /** The section is whole; `at` is the place in the chunk after it. */
  #close(at: number, body: Uint8Array): void {
    this.#state = 'id';
    if (this.#check) {
      this.#check.end(this.#offset);
      this.#check = null;
      return;
    }
    this.#body = null;
    const check = heldSections.get(this.#id);
    const reader = new Reader(body, this.#section(), this.#offset - this.#size);
    const edits = check?.(reader, this.#facts, this.#policy) ?? [];
    reader.end();
    const started = this.#sectionAt >= 0;
    if (edits.length === 0 && started && this.#id !== 7 && this.#id !== 8) return;
    if (started) this.#passTo(this.#sectionAt);
    this.#passFrom = at;
    if (this.#id === 7) this.#held = new HeldExports(Uint8Array.from(this.#head), body.slice());
    else if (this.#id === 8) this.#replaceStart();
    else this.#emitSection(body, edits);
  }

  #emitSection(body: Uint8Array, edits: readonly Edit[]): void {
    if (edits.length === 0) {
      this.#emit(Uint8Array.from(this.#head));
      this.#emit(body);
      return;
    }
    const edited = applyEdits(body, edits);
    this.#emit(Uint8Array.from([this.#id, ...encodeU32(edited.length)]));
    this.#emit(edited);
    this.#rewritten = true;
  }

  /** The start section stands after the exports, and before anything that could not follow them: so it becomes one. */
  #replaceStart(): void {
    this.#rewritten = true;
    const held = this.#held ?? new HeldExports(Uint8Array.from([7, 1]), Uint8Array.from([0]));
    this.#held = null;
    this.#out.push(...held.withFunction(startExport, this.#facts.start ?? 0));
  }

  /** No start section comes any more: the held exports go out as they are, and what stood between. */
  #release(at: number): void {
    this.#passTo(at);
    if (this.#held) this.#out.push(...this.#held.unchanged());
    this.#held = null;
  }

  /** Gives out the chunk's bytes up to `at`. */
  #passTo(at: number): void {
    if (at > this.#passFrom) this.#emit(this.#chunk.subarray(this.#passFrom, at));
    this.#passFrom = at;
  }

  #emit(bytes: Uint8Array): void {
    if (this.#held) this.#held.append(bytes);
    else if (bytes.length > 0) this.#out.push(bytes);
  }

  #finish(): GateResult {
    this.#out = [];
    this.#chunk = new Uint8Array();
    this.#passFrom = 0;
    if (this.#state === 'preamble') throw shortPreamble(this.#head);
    if (this.#state !== 'id') throw this.#cutShort();
    this.#release(0);
    const functions = this.#facts.definedFunctions.length;
    if (functions > 0 && this.#lastRank < codeRank) {
      throw invalid('module', this.#offset, `a code section with ${functions} function bodies`, 'the end of the file');
    }
    return { rest: this.#out, report: reportModule(this.#facts, this.#offset, this.#rewritten) };
  }

  #section(): string {
    return sectionNames[this.#id] ?? '';
  }

  #cutShort(): PluginError {
    const where = this.#section();
    if (this.#state === 'size') return invalid(where, this.#offset, 'the size of the section', 'the end of the file');
    return invalid(where, this.#offset, `${this.#left} more bytes`, 'the end of the file');
  }

  #admitBytes(count: number): void {
    const fix = 'Raise maxModuleBytes, or strip the module of its debug information.';
    atMost({ code: 'module-size', most: this.#policy.maxModuleBytes, what: 'bytes', fix }, count, 'module');
  }
}
