import type { ValueType } from '../../contract/module-report.js';
import type { FunctionCourse } from './function-profile.js';
import type { Numbers } from '../reader/numbers.js';
import { Op } from '../reader/opcodes.js';
import type { Output } from './output.js';
import { Reader } from '../reader/reader.js';
import { shortLocals } from '../reader/skim.js';
import { encodeValueType, readValueType } from '../reader/types.js';

/** From here on, a type's byte is that of a vector or a number. */
const firstNumber = 0x7b;

/** By type, from `v128` on: the constant that a global begins with. */
const zeros: readonly (readonly number[])[] = [
  [0xfd, 0x0c, ...zeroBytes(16)],
  [0x44, ...zeroBytes(8)],
  [0x43, ...zeroBytes(4)],
  [0x42, 0],
  [0x41, 0],
];

/**
 * Carries the locals of a loop across the question that stands beside it: into globals before, out of them after. The question is a
 * call, and what lives across a call loses its register in the loop too, in Firefox, whose allocator then has it in memory at each
 * turn. Carried like that, nothing lives across. No two questions are ever open at once, so all functions share the globals.
 */
export class CarriedLocals {
  /** The globals, as they stand in the global section. */
  readonly globals: number[][] = [];
  readonly #output: Output;
  readonly #loopLocals: Numbers;
  readonly #firstGlobal: number;
  readonly #declarations: Reader;
  /** By type, from `v128` on: the indexes of the globals, and how many of them hold a local. */
  readonly #ofType: readonly number[][] = zeros.map(() => []);
  readonly #taken = new Uint8Array(zeros.length);
  /** The bytes of the types of the function's first locals. */
  readonly #types = new Uint8Array(shortLocals);
  #course: FunctionCourse | null = null;
  #params: readonly ValueType[] = [];
  #knowsTypes = false;

  /** `loopLocals` are those of the course; `firstGlobal` is the index that the first of the globals will have. */
  constructor(source: Uint8Array, output: Output, loopLocals: Numbers, firstGlobal: number) {
    this.#output = output;
    this.#loopLocals = loopLocals;
    this.#firstGlobal = firstGlobal;
    this.#declarations = new Reader(source, 'code', 0);
  }

  /** From here on, loops are those of this function. */
  enter(course: FunctionCourse, params: readonly ValueType[]): void {
    this.#course = course;
    this.#params = params;
    this.#knowsTypes = false;
  }

  /** Before the question: writes code that saves the locals that are listed `at` this place of `loopLocals`. */
  save(at: number): void {
    this.#copyAll(at, Op.localGet, Op.globalSet);
  }

  /** After it: the same locals. */
  restore(at: number): void {
    this.#copyAll(at, Op.globalGet, Op.localSet);
  }

  #copyAll(at: number, from: number, to: number): void {
    if (!this.#knowsTypes) this.#readTypes();
    const end = at + this.#loopLocals.at(at);
    this.#taken.fill(0);
    for (let place = at + 1; place <= end; place += 1) this.#copy(this.#loopLocals.at(place), from, to);
  }

  /** From a local to a global of its own or back, if it is a number or a vector. */
  #copy(local: number, from: number, to: number): void {
    const type = (this.#types[local] ?? 0) - firstNumber;
    if (type < 0) return;
    const nth = this.#taken[type] ?? 0;
    this.#taken[type] = nth + 1;
    const global = this.#ofType[type]?.[nth] ?? this.#newGlobal(type);
    this.#output.op(from, from === Op.localGet ? local : global);
    this.#output.op(to, to === Op.localSet ? local : global);
  }

  #newGlobal(type: number): number {
    const global = this.#firstGlobal + this.globals.length;
    this.#ofType[type]?.push(global);
    this.globals.push([type + firstNumber, 1, ...(zeros[type] ?? []), Op.end]);
    return global;
  }

  #readTypes(): void {
    this.#knowsTypes = true;
    const types = this.#types;
    const reader = this.#declarations;
    reader.position = this.#course?.declarations ?? 0;
    let end = 0;
    for (const param of this.#params) types[end++] = encodeValueType(param)[0] ?? 0;
    for (let groups = reader.u32(); groups > 0 && end < types.length; groups -= 1) {
      const start = end;
      end += reader.u32();
      types.fill(reader.bytes[reader.position] ?? 0, start, end);
      readValueType(reader);
    }
  }
}

function zeroBytes(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}
