import type { CompileCostReport, FunctionType } from '../../contract/module-report.js';
import { admitCompileCost, functionsOfMostCost } from '../reader/caps.js';
import { anyIndex, InstructionReader, noResult } from '../reader/instruction-reader.js';
import { Form, Op, vectorForms } from '../reader/opcodes.js';
import { invalid } from '../reader/reader.js';
import { passesFor } from '../reader/skim.js';
import type { TypeEntry } from '../reader/types.js';
import { plainEffects, stackEffect } from '../reader/stack-effects.js';
import { CompileCost, costWeights } from './compile-cost.js';
import { ExceptionForms } from './exceptions.js';
import type { ModuleFacts } from './module-facts.js';

/** Local constants, for speed: see skim.ts. */
const { none, number, memoryArgument, fourBytes, eightBytes } = Form;
/** Mark the most common control flow instructions, which {@link InstructionPass} reads without the reader. */
const [vector, block, arm, end, branch, call] = [0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff];
const controls: ReadonlyMap<number, number> = new Map<number, number>([
  [Op.block, block],
  [Op.loop, block],
  [Op.if, block],
  [Op.else, arm],
  [Op.end, end],
  [Op.br, branch],
  [Op.brIf, branch],
  [Op.call, call],
  [0xfd, vector],
]);
const passes: Uint8Array = passesFor(
  [none, memoryArgument, fourBytes, eightBytes],
  [number, Form.local, Form.global, Form.function, Form.table],
  (opcode) => opcode === Op.throwRef || opcode === Op.returnCall,
);
/** For each one-byte opcode: in the lower eight bits the form as which it is skipped, in the upper bits its effect on the stack height. */
const ways: Int16Array = Int16Array.from(passes, (form, opcode) => {
  const way = controls.get(opcode) ?? form;
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
  /** By how many values a call of each function changes the height of the stack; null before the first body. */
  #callEffects: Int32Array | null = null;
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
    const { locals } = cost;
    const effects = (this.#callEffects ??= callEffects(this.#facts));
    let { height, callWeight } = cost;
    let sum = 0;
    let at = reader.position;
    while (at < to) {
      const opcode = bytes[at] ?? 0;
      const way = ways[opcode] ?? 0;
      const form = way & 0xff;
      if (form === number) {
        height += way >> 8;
        at += 2;
        while ((bytes[at - 1] ?? 0) > 127) at += 1;
      } else if (form === none) {
        height += way >> 8;
        at += 1;
      } else if (form === memoryArgument) {
        // The alignment and the offset. From 0x40 on, the index of a memory follows.
        if ((bytes[at + 1] ?? 0) > 0x3f) break;
        height += way >> 8;
        at += 3;
        while ((bytes[at - 1] ?? 0) > 127) at += 1;
      } else if (form === branch) {
        height += way >> 8;
        if (height < 0) height = 0;
        sum += locals + height;
        at += 2;
        while ((bytes[at - 1] ?? 0) > 127) at += 1;
      } else if (form === call) {
        if (height < 0) height = 0;
        sum += callWeight * (locals + height);
        reader.position = at + 1;
        const index = reader.u32();
        at = reader.position;
        if (index < effects.length) height += effects[index] ?? 0;
      } else if (form === end) {
        cost.close();
        ({ height, callWeight } = cost);
        at += 1;
      } else if (form === block) {
        const type = bytes[at + 1] ?? 0;
        // Only block types without a result, or with one of a number type.
        if (type !== 0x40 && (type < 0x7b || type > 0x7f)) break;
        cost.height = height + (way >> 8);
        cost.open(opcode, 0, type === 0x40 ? 0 : 1);
        ({ height } = cost);
        at += 2;
      } else if (form === vector) {
        const next = afterVector(bytes, at);
        if (next === 0) break;
        at = next;
      } else if (form === fourBytes) {
        height += way >> 8;
        at += 5;
      } else if (form === eightBytes) {
        height += way >> 8;
        at += 9;
      } else if (form === arm) {
        cost.nextArm(0);
        ({ height } = cost);
        at += 1;
      } else {
        break;
      }
    }
    cost.height = height;
    cost.cost += sum;
    reader.position = at;
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
function effectOf(type: FunctionType | TypeEntry | undefined): number {
  return type ? type.results.length - type.params.length : 0;
}

/** Returns by how many values a call of each function of the module changes the height of the stack. */
function callEffects({ importedFunctions, definedFunctions, types }: ModuleFacts): Int32Array {
  const ofTypes = types.map(effectOf);
  const effects = new Int32Array(importedFunctions.length + definedFunctions.length);
  effects.set(importedFunctions.map(effectOf));
  definedFunctions.forEach((type, index) => (effects[importedFunctions.length + index] = ofTypes[type] ?? 0));
  return effects;
}

function cutShort(offset: number): Error {
  return invalid('code', offset, 'the rest of an instruction', 'the end of the function body');
}

/** Returns where the vector instruction at `at` ends; 0 if it must be read in full. */
function afterVector(bytes: Uint8Array, at: number): number {
  let opcode = bytes[at + 1] ?? 0;
  let next = at + 2;
  if (opcode > 127) {
    // With a third byte it is above any in the table.
    opcode += ((bytes[next] ?? 0) - 1) * 128;
    next += 1;
  }
  const form = vectorForms[opcode];
  if (form === none) return next;
  if (form !== memoryArgument || (bytes[next] ?? 0) > 0x3f) return 0;
  next += 2;
  while ((bytes[next - 1] ?? 0) > 127) next += 1;
  return next;
}
