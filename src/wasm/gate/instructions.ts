import type { CompileCostReport } from '../../contract/module-report.js';
import { admitCompileCost, functionsOfMostCost } from '../reader/caps.js';
import { anyIndex, InstructionReader, noResult } from '../reader/instruction-reader.js';
import { Form, Op } from '../reader/opcodes.js';
import { invalid } from '../reader/reader.js';
import { passesFor } from '../reader/skim.js';
import type { TypeEntry } from '../reader/types.js';
import { plainEffects, stackEffect } from '../reader/stack-effects.js';
import { CompileCost, costWeights } from './compile-cost.js';
import { ExceptionForms } from './exceptions.js';
import { functionType } from './module-facts.js';
import type { ModuleFacts } from './module-facts.js';

/** Local constants, for speed: see skim.ts. */
const { none, number, memoryArgument, fourBytes, eightBytes } = Form;
/** Marks the most common control flow instructions, which {@link InstructionPass} decodes without `reader.next()`. */
const control = 0xff;
const controls: ReadonlySet<number> = new Set<number>([
  Op.block,
  Op.loop,
  Op.if,
  Op.else,
  Op.end,
  Op.br,
  Op.brIf,
  Op.call,
]);
const passes: Uint8Array = passesFor(
  [none, memoryArgument, fourBytes, eightBytes],
  [number, Form.local, Form.global, Form.function, Form.table],
  (opcode) => opcode === Op.throwRef || opcode === Op.returnCall,
);
/** For each one-byte opcode: in the lower eight bits the form as which it is skipped, in the upper bits its effect on the stack height. */
const ways: Int16Array = Int16Array.from(passes, (form, opcode) => {
  const way = controls.has(opcode) ? control : form;
  return way === Form.unknown ? way : (plainEffects[opcode] ?? 0) * 256 + way;
});

/** The first vector opcode. Vector instructions do not call into the engine. */
const firstVector = 0xfd_0000;
/** The most values that a handler receives: the cap on the parameters of an exception. */
const exceptionValues = 16;

/**
 * Reads the instructions of all function bodies once. Estimates the cost of compilation ({@link CompileCost}) and detects both forms of
 * exceptions ({@link ExceptionForms}). Nearly all instructions are simple, and are skipped in one tight loop.
 */
export class InstructionPass {
  readonly exceptions: ExceptionForms = new ExceptionForms();
  readonly #cost = new CompileCost();
  readonly #facts: ModuleFacts;
  readonly #maxCompileCost: number;
  #reader = new InstructionReader(new Uint8Array(), anyIndex);
  /** The index of the current body. */
  #body = 0;
  #sum = 0;
  #largest = 0;
  #largestBody = 0;

  constructor(facts: ModuleFacts, maxCompileCost: number) {
    this.#facts = facts;
    this.#maxCompileCost = maxCompileCost;
  }

  /** Starts the body with index `body`, which declares so many `locals`. */
  begin(body: number, locals: number): void {
    this.#body = body;
    const type = this.#facts.types[this.#facts.definedFunctions[body] ?? 0];
    this.#cost.begin(locals + (type?.params.length ?? 0));
  }

  /** Reads the instructions of the body, from `at` to `to` in `bytes`, which begin at `offset` in the module. */
  read(bytes: Uint8Array, at: number, to: number, offset: number): void {
    if (this.#reader.bytes !== bytes) this.#reader = new InstructionReader(bytes, anyIndex, offset);
    const reader = this.#reader;
    reader.position = at;
    reader.end = to;
    for (;;) {
      this.#skim(reader, to);
      if (reader.position >= to) break;
      this.#readInFull(reader, offset);
    }
    if (reader.position > to) throw cutShort(offset + to);
    this.#addCost();
  }

  /** Returns the cost of all bodies that were read. */
  get compileCost(): CompileCostReport {
    return { sum: Math.ceil(this.#sum), largest: Math.ceil(this.#largest) };
  }

  #addCost(): void {
    const { cost } = this.#cost;
    this.#sum += cost;
    if (cost > this.#largest) {
      this.#largest = cost;
      this.#largestBody = this.#body;
    }
    const most = this.#maxCompileCost;
    if (cost > most || this.#sum > most * functionsOfMostCost) {
      admitCompileCost(this.compileCost, this.#facts.importedFunctions.length + this.#largestBody, most);
    }
  }

  /** Skips simple instructions, up to the first that must be read in full. */
  #skim(reader: InstructionReader, to: number): void {
    const { bytes } = reader;
    const cost = this.#cost;
    let { height } = cost;
    let at = reader.position;
    while (at < to) {
      const opcode = bytes[at] ?? 0;
      const way = ways[opcode] ?? 0;
      const form = way & 0xff;
      const next = height + (way >> 8);
      if (form === number) {
        at += 2;
        while ((bytes[at - 1] ?? 0) > 127) at += 1;
      } else if (form === none) {
        at += 1;
      } else if (form === memoryArgument) {
        // The alignment and the offset. From 0x40 on, the index of a memory follows.
        if ((bytes[at + 1] ?? 0) > 0x3f) break;
        at += 3;
        while ((bytes[at - 1] ?? 0) > 127) at += 1;
      } else if (form === control) {
        cost.height = next;
        reader.position = at + 1;
        if (!this.#control(opcode, reader)) break;
        at = reader.position;
        ({ height } = cost);
        continue;
      } else if (form === fourBytes) {
        at += 5;
      } else if (form === eightBytes) {
        at += 9;
      } else {
        break;
      }
      height = next;
    }
    cost.height = height;
    reader.position = at;
  }

  /** Processes a control flow instruction, whose immediates are next. Returns false if it must be read in full. */
  #control(opcode: number, reader: InstructionReader): boolean {
    const cost = this.#cost;
    if (opcode === Op.end) {
      cost.close();
    } else if (opcode === Op.else) {
      cost.nextArm(0);
    } else if (opcode <= Op.if) {
      const type = reader.bytes[reader.position] ?? 0;
      // Only block types without a result, or with one of a number type.
      if (type !== 0x40 && (type < 0x7b || type > 0x7f)) return false;
      reader.position += 1;
      cost.open(opcode, 0, type === 0x40 ? 0 : 1);
    } else {
      const index = reader.u32();
      if (opcode === Op.call) cost.call(effectOf(functionType(this.#facts, index)));
      else cost.branch();
    }
    return true;
  }

  #readInFull(reader: InstructionReader, offset: number): void {
    const { end: to } = reader;
    try {
      reader.next();
    } catch (error) {
      // If the reader passed the end of the body, that is the cause of the error.
      throw reader.position > to ? cutShort(offset + to) : error;
    }
    if (reader.position > to) throw cutShort(offset + to);
    this.exceptions.take(reader, this.#body);
    this.#cost.height += stackEffect(reader.opcode);
    this.#weigh(reader);
  }

  /** Adds the cost of an instruction that was read in full. */
  #weigh({ opcode, targets, blockType, label, index }: InstructionReader): void {
    const cost = this.#cost;
    const { types } = this.#facts;
    if (opcode < Op.catch || opcode === Op.tryTable) {
      const results = blockType === noResult ? 0 : (types[blockType]?.results.length ?? 1);
      cost.branch(costWeights.branch * targets);
      cost.open(opcode, types[blockType]?.params.length ?? 0, results);
    } else if (opcode === Op.catch || opcode === Op.catchAll) {
      cost.nextArm(opcode === Op.catch ? exceptionValues : 0);
    } else if (opcode === Op.delegate) {
      cost.close();
    } else if (label >= 0) {
      cost.branch(costWeights.branch + costWeights.target * targets);
    } else if (opcode === Op.callIndirect || opcode === Op.callRef) {
      cost.call(effectOf(types[index]));
    } else if (opcode < firstVector) {
      // Most of the other instructions call into the engine.
      cost.call(0);
    }
  }
}

/** Returns by how many values a call of a function of this type changes the height of the stack. */
function effectOf(type: TypeEntry | undefined): number {
  return type ? type.results.length - type.params.length : 0;
}

function cutShort(offset: number): Error {
  return invalid('code', offset, 'the rest of an instruction', 'the end of the function body');
}
