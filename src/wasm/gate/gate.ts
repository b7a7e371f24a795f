import { startExport } from '../../contract/abi.js';
import type { PluginError } from '../../contract/errors.js';
import type { ModuleReport } from '../../contract/module-report.js';
import { admit, admitElements, atMost, type Countable } from '../reader/caps.js';
import { encodeU32, hex, invalid, Reader, U32Stream } from '../reader/reader.js';
import { SectionId, sectionName, sectionOrder } from '../reader/sections.js';
import { applyEdits } from './clamp.js';
import type { Edit } from './clamp.js';
import { HeldExports } from './held-exports.js';
import { heldSections } from './held-sections.js';
import { emptyFacts, reportModule } from './module-facts.js';
import type { FullPolicy, GatePolicy, ModuleFacts } from './module-facts.js';
import { checkPreamble, shortPreamble } from './preamble.js';
import { streamCheck } from './streamed-sections.js';
import type { StreamCheck } from './streamed-sections.js';

/** Validates one module in front of the compiler. The caller pushes the chunks that arrive, and sends the compiler what `push` returns. */
export interface Gate {
  /**
   * Checks the next chunk, of any size, and returns the bytes that are ready for the compiler. Most of them are views of the chunk, so its
   * buffer must not be modified afterwards.
   * @throws PluginError if the module is refused. Every later call throws the same error.
   */
  push(chunk: Uint8Array): Uint8Array[];
  /** Ends the module. @throws PluginError `invalid-module` if the module is incomplete. */
  finish(): GateResult;
}

export interface GateResult {
  /** The last bytes for the compiler, which were buffered until the end of the module. */
  readonly rest: Uint8Array[];
  readonly report: ModuleReport;
}

/** The sections whose names are sent to the page, with the cap that applies to each. */
const sectionsOfNames: ReadonlyMap<number, Countable> = new Map([
  [SectionId.import, 'bytes of imports'],
  [SectionId.export, 'bytes of exports'],
]);
const codeRank: number = sectionOrder.indexOf(SectionId.code);

type GateState = 'preamble' | 'id' | 'size' | 'body';

/**
 * Creates a gate, which reads the sections of one module while they stream to the compiler. It refuses what no cap can bound, and writes
 * the caps into what it admits, so that the engine itself enforces them.
 *
 * The resources that a guest can make an engine allocate, and what bounds each of them:
 * - Memory: one, whose maximum is lowered to `maxPages`. Shared and 64-bit memories are refused.
 * - Tables: 16. The maxima of those that the module defines are lowered so that their sum is at most `maxTableEntries`, which is also the
 *   maximum of each imported table. 64-bit tables are refused.
 * - Structs, arrays, continuations: nothing bounds them, so their types are refused. The abstract types (anyref, structref) are
 *   admitted: a module without such types can store only null and i31ref in them, which allocate nothing.
 * - Exceptions: with `exnref`, a guest can keep about 100,000 exceptions that it throws, in tables, in globals and on its stack. The size
 *   of one is bounded by 16 parameters and the engine's stack trace: 540 bytes in Chromium 156, so 54 MB for a full table. Tags with an
 *   exception among their parameters are refused, because a guest could build a linked list of any length from them.
 *   The older `try`/`catch` keeps an exception only while its block is executed, so the stack bounds their number. A module that uses both
 *   forms is refused: see exceptions.ts.
 * - Functions: references are only to functions of the module, each of which is one object. Binding arguments needs a continuation type.
 * - Segments: bounded by the bytes of the module.
 * - The stack: bounded by the engine, which traps.
 * - The compiler: it needs time and memory in proportion to the estimate of compile-cost.ts, and cannot be interrupted. `maxCompileCost`
 *   bounds the estimate for each function and, multiplied by five, for all functions together.
 * - Strings and `WebAssembly.JSTag`: only available if the module is compiled with `builtins`, or if the host provides the tag.
 *
 * An unknown type, flag, kind or section is refused, not skipped: a future proposal may add another heap that nothing bounds.
 */
export function createGate(policy: GatePolicy = {}): Gate {
  return new SectionGate({
    maxModuleBytes: policy.maxModuleBytes ?? 64 << 20,
    maxPages: policy.maxPages ?? null,
    maxTableEntries: policy.maxTableEntries ?? 100_000,
    maxCompileCost: policy.maxCompileCost ?? 60_000_000,
    allowGc: policy.allowGc ?? false,
  });
}

class SectionGate implements Gate {
  readonly #policy: FullPolicy;
  readonly #facts: ModuleFacts = emptyFacts();
  readonly #number = new U32Stream();
  #failure: unknown;
  #state: GateState = 'preamble';
  /** The offset in the module of the next byte. */
  #offset = 0;
  #out: Uint8Array[] = [];
  #chunk: Uint8Array = new Uint8Array();
  /** The position in the chunk of the first byte that is neither passed on nor buffered. */
  #passFrom = 0;
  /** The bytes of the preamble, or of the section's id and size as the module encodes them. */
  #head: number[] = [];
  #id = 0;
  #lastRank = -1;
  #size = 0;
  #left = 0;
  /** The position in the chunk at which the current section begins; -1 if it began in an earlier chunk. */
  #sectionAt = -1;
  /** The body of a buffered section that is split over chunks, as far as it has arrived. */
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

  /** Calls `act`. After an error, every later call throws that error again. */
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

  /** Whether the current section is buffered until it is complete. */
  #holdsSection(): boolean {
    return (this.#state === 'size' || this.#state === 'body') && heldSections.has(this.#id);
  }

  /** Reads some bytes of the chunk, from `at` to at most `end`, and returns their number. */
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
    if (id !== SectionId.custom) {
      const rank = sectionOrder.indexOf(id);
      if (rank < 0) throw invalid('module', this.#offset - 1, 'a section id from 0 to 13', hex(id));
      if (rank <= this.#lastRank) {
        const last = sectionName(sectionOrder[this.#lastRank] ?? 0);
        throw invalid('module', this.#offset - 1, `a section that comes after ${last}`, sectionName(id));
      }
      this.#lastRank = rank;
      if (this.#held && id !== SectionId.start) this.#release(at);
    }
    this.#id = id;
    this.#head = [id];
    this.#sectionAt = at;
    this.#state = 'size';
  }

  /** Starts the body of a section, at `at` in the chunk, once its size has been read. */
  #open(at: number): void {
    this.#size = this.#number.value;
    this.#left = this.#size;
    this.#admitBytes(this.#offset + this.#size);
    if (heldSections.has(this.#id))
      admit(sectionsOfNames.get(this.#id) ?? 'bytes in one section', this.#size, this.#section());
    else {
      const body = { size: this.#size, offset: this.#offset };
      this.#check = streamCheck(this.#id, this.#facts, this.#policy, body);
    }
    if (this.#id === SectionId.element) admitElements(this.#size, this.#policy.maxTableEntries);
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

  /** Ends a section that is complete and ends before `at` in the chunk. */
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
    const isExport = this.#id === SectionId.export;
    const isStart = this.#id === SectionId.start;
    if (edits.length === 0 && started && !isExport && !isStart) return;
    if (started) this.#passTo(this.#sectionAt);
    this.#passFrom = at;
    if (isExport) this.#held = new HeldExports(Uint8Array.from(this.#head), body.slice());
    else if (isStart) this.#replaceStart();
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

  /** Replaces the start section with an export. The export section precedes it and is still buffered; if there is none, one is added. */
  #replaceStart(): void {
    this.#rewritten = true;
    const held = this.#held ?? new HeldExports(Uint8Array.from([SectionId.export, 1]), Uint8Array.from([0]));
    this.#held = null;
    this.#out.push(...held.withFunction(startExport, this.#facts.start ?? 0));
  }

  /** Passes on the buffered exports unchanged, because a start section can no longer follow. */
  #release(at: number): void {
    this.#passTo(at);
    if (this.#held) this.#out.push(...this.#held.unchanged());
    this.#held = null;
  }

  /** Passes on the bytes of the chunk up to `at`. */
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
    return sectionName(this.#id);
  }

  #cutShort(): PluginError {
    const where = this.#section();
    if (this.#state === 'size') return invalid(where, this.#offset, 'the size of the section', 'the end of the file');
    return invalid(where, this.#offset, `${this.#left} more bytes`, 'the end of the file');
  }

  #admitBytes(count: number): void {
    const fix = 'Raise maxModuleBytes, or strip the debug information of the module.';
    atMost({ code: 'module-size', most: this.#policy.maxModuleBytes, what: 'bytes', fix }, count, 'module');
  }
}
