import { Event, Events, mostEventValue } from './meter-events.js';
import { FunctionCourses } from './meter-course.js';
import { Numbers } from './numbers.js';
import type { Course, FunctionCourse } from './meter-course.js';
import { typeOf } from './meter-module.js';
import type { ModuleOutline } from './meter-module.js';
import { InstructionReader, shortLocals } from './instruction-reader.js';
import { Form, Op } from './opcodes.js';
import { Reader } from './reader.js';
import { passesFor, skim } from './skim.js';
import { readValueType } from './types.js';

/** One instruction costs 1, and these what they are worth. */
const dear: ReadonlyMap<number, number> = new Map<number, number>([
  [Op.nop, 0],
  [Op.block, 0],
  [Op.loop, 0],
  [Op.else, 0],
  [Op.end, 0],
  [Op.throw, 128],
  [Op.throwRef, 128],
  [Op.rethrow, 128],
  [Op.memoryGrow, 256],
  [Op.tableGrow, 256],
]);
const costOf: Uint16Array = Uint16Array.from({ length: 256 }, (_, opcode) => dear.get(opcode) ?? 1);

/** `drop`: what stands before it is about blocks, branches, calls and exceptions. */
const firstPlain = 0x1a;
/** What does nothing to a function's course, and costs 1. */
const passes: Uint8Array = passesFor(
  [Form.none, Form.local, Form.global, Form.memoryArgument, Form.fourBytes, Form.eightBytes],
  [Form.number],
  (opcode) => opcode < firstPlain,
);

/** From here on, vectors and atomics. */
const firstVector = 0xfd_0000;

const noRun = 0xffff_ffff;
/** A loop that uses more locals than this has no registers for all of them anyway. */
const mostLoopLocals = 24;

/**
 * Reads all code once. `exact` tells runs apart as fuel needs it: a run is code that runs as a whole, each time any of it does, so
 * the code after a block is of the same run as that before it, unless something in the block can leave for further out. Without,
 * there is one run for each loop, and one for what is in none.
 */
export function scanCode(outline: ModuleOutline, exact: boolean): Course {
  return new Scanner(outline, exact).scan();
}

class Scanner {
  readonly #outline: ModuleOutline;
  readonly #exact: boolean;
  readonly #reader: InstructionReader;
  readonly #events: Events;
  readonly #costs: Numbers;
  readonly #loopLocals = new Numbers();
  readonly #referenced = new Set<number>();
  #unwinds = false;
  /** By depth: the run around a block, and the outermost block that something in it can leave for. */
  readonly #outer = new Numbers();
  readonly #reach = new Numbers();
  #depth = 0;
  #run = 0;
  #cost = 0;
  #hasLoops = false;
  /** The innermost loop, while it is simple: its depth, and its first event. -1: none. */
  #loopDepth = -1;
  #loopEvent = 0;

  constructor(outline: ModuleOutline, exact: boolean) {
    this.#outline = outline;
    this.#exact = exact;
    this.#reader = new InstructionReader(outline.bytes, outline);
    const code = outline.sections.find(({ id }) => id === 10);
    // An event in eight bytes, and a run in sixteen, are more than most code has.
    const codeBytes = code === undefined ? 0 : code.end - code.body;
    this.#events = new Events((codeBytes >> 3) + 64);
    this.#costs = new Numbers((codeBytes >> 4) + 64);
  }

  scan(): Course {
    const functions = new FunctionCourses();
    const { sections, bytes, importedFunctions } = this.#outline;
    const code = sections.find(({ id }) => id === 10);
    if (code !== undefined) {
      const reader = new Reader(bytes.subarray(0, code.end), 'code', 0);
      reader.position = code.body;
      const count = reader.u32();
      for (let index = 0; index < count; index += 1) functions.push(this.#body(reader, importedFunctions + index));
    }
    return {
      events: this.#events,
      costs: this.#costs,
      functions,
      loopLocals: this.#loopLocals,
      referenced: this.#referenced,
      unwinds: this.#unwinds,
    };
  }

  #body(reader: Reader, index: number): FunctionCourse {
    const sizeAt = reader.position;
    const size = reader.u32();
    const declarations = reader.position;
    const end = declarations + size;
    const { bytes } = this.#outline;
    let locals = typeOf(this.#outline, index).params.length;
    for (let groups = reader.u32(); groups > 0; groups -= 1) {
      locals += reader.u32();
      // Nearly all are of one byte, and number types.
      if ((bytes[reader.position] ?? 0) >= 0x7b) reader.position += 1;
      else readValueType(reader);
    }
    const start = reader.position;
    const firstEvent = this.#events.length;
    const firstRun = this.#costs.length;
    this.#reader.locals = locals;
    this.#instructions(start, end);
    reader.position = declarations;
    reader.skip(size);
    return {
      sizeAt,
      declarations,
      start,
      end,
      locals,
      firstEvent,
      events: this.#events.length - firstEvent,
      firstRun,
      runs: this.#costs.length - firstRun,
      hasLoops: this.#hasLoops,
    };
  }

  #instructions(start: number, end: number): void {
    const reader = this.#reader;
    reader.position = start;
    this.#hasLoops = false;
    this.#loopDepth = -1;
    this.#depth = -1;
    this.#cost = 0;
    this.#run = noRun;
    this.#open(noRun);
    this.#begin(Event.run, start);
    while (this.#depth >= 0) {
      this.#cost += skim(reader, passes, end);
      const at = reader.position;
      if (at >= end) throw reader.fail('the end of every block', 'the end of the function body');
      reader.next();
      const { opcode } = reader;
      if (opcode < 256) this.#cost += costOf[opcode] ?? 1;
      else this.#cost += opcode < firstVector ? (dear.get(opcode) ?? 1) : 1;
      if (opcode < firstVector) this.#step(opcode, at);
    }
    if (reader.position !== end) throw reader.fail('the end of the function body', 'more instructions');
  }

  /** An instruction that matters to the course of the function. */
  #step(opcode: number, at: number): void {
    const reader = this.#reader;
    switch (opcode) {
      case Op.block:
        this.#open(this.#run);
        return;
      case Op.loop:
        this.#openLoop(at);
        return;
      case Op.if:
        this.#open(this.#run);
        this.#split();
        return;
      case Op.else:
        this.#resume(this.#outer.at(this.#depth));
        this.#split();
        return;
      case Op.end:
        this.#close();
        return;
      case Op.br:
        this.#noteExit(at);
        this.#leave(reader.label);
        this.#resume(noRun);
        return;
      case Op.brTable:
        if (this.#leavesLoop()) this.#loopDepth = -1;
        this.#leave(reader.label);
        this.#resume(noRun);
        return;
      case Op.brIf:
        this.#noteExit(at);
        this.#leave(reader.label);
        this.#split();
        return;
      case Op.brOnNull:
      case Op.brOnNonNull:
      case Op.brOnCast:
      case Op.brOnCastFail:
        this.#loopDepth = -1;
        this.#leave(reader.label);
        this.#split();
        return;
      case Op.return:
        this.#note(Event.return, at, this.#depth);
        this.#end();
        return;
      case Op.unreachable:
        this.#resume(noRun);
        return;
      case Op.call:
        this.#loopDepth = -1;
        this.#note(Event.call, at, reader.index);
        return;
      case Op.callIndirect:
      case Op.callRef:
        this.#loopDepth = -1;
        this.#note(Event.callIndirect, at, reader.index);
        return;
      case Op.returnCall:
        this.#loopDepth = -1;
        this.#note(Event.tailCall, at, reader.index);
        this.#end();
        return;
      case Op.returnCallIndirect:
      case Op.returnCallRef:
        this.#loopDepth = -1;
        this.#note(Event.tailCallIndirect, at, reader.index);
        this.#end();
        return;
      case Op.refFunc:
        this.#referenced.add(reader.index);
        return;
      default:
        // Of those before `drop`, the ones that have to do with exceptions are left.
        if (opcode === Op.tryTable || (opcode > Op.nop && opcode < firstPlain)) this.#exceptions(opcode, at);
        else this.#bulk(opcode, at);
    }
  }

  /** https://github.com/WebAssembly/exception-handling: both forms. */
  #exceptions(opcode: number, at: number): void {
    this.#unwinds = true;
    this.#loopDepth = -1;
    const { label } = this.#reader;
    switch (opcode) {
      case Op.try:
        this.#open(this.#run);
        return;
      case Op.tryTable:
        // Its labels are counted from outside of it.
        this.#open(this.#run);
        this.#leave(label + 1);
        return;
      case Op.catch:
      case Op.catchAll:
        this.#resume(this.#outer.at(this.#depth));
        this.#split();
        return;
      case Op.delegate:
        this.#leave(label + 1);
        this.#close();
        return;
      default:
        this.#note(Event.throw, at, 0);
        this.#end();
    }
  }

  #bulk(opcode: number, at: number): void {
    const kind = bulkEvents.get(opcode);
    if (kind === undefined) return;
    this.#loopDepth = -1;
    this.#note(kind, at, this.#reader.index);
  }

  #openLoop(at: number): void {
    const { bytes, position } = this.#reader;
    this.#hasLoops = true;
    this.#loopEvent = this.#events.length;
    this.#note(Event.loopStart, at, 0);
    this.#open(this.#run);
    this.#begin(Event.loop, position);
    // A type that stands by its index may have parameters.
    const hasShortType = (bytes[at + 1] ?? 0) >= 0x40 && position === at + 2;
    this.#loopDepth = hasShortType ? this.#depth : -1;
  }

  #closeLoop(): void {
    this.#events.setValue(this.#loopEvent, 1);
    this.#events.setValue(this.#loopEvent + 1, 1);
    this.#note(Event.loopEnd, this.#reader.position, this.#loopLocals.length);
    this.#listLocals(this.#events.place(this.#loopEvent));
    this.#loopDepth = -1;
  }

  /** Of the loop that started there, and ends here. */
  #listLocals(start: number): void {
    const { lastUses, locals } = this.#reader;
    const list = this.#loopLocals;
    const at = list.length;
    list.push(0);
    for (let local = 0; local < locals && local < shortLocals; local += 1) {
      if ((lastUses[local] ?? 0) > start) list.push(local);
    }
    const count = list.length - at - 1;
    if (count > mostLoopLocals) list.length = at + 1;
    else list.set(at, count);
  }

  #leavesLoop(): boolean {
    return this.#depth - this.#reader.label < this.#loopDepth;
  }

  #noteExit(at: number): void {
    if (this.#leavesLoop()) this.#note(Event.exit, at, this.#reader.label);
  }

  #open(outer: number): void {
    this.#depth += 1;
    if (this.#depth === this.#outer.length) {
      this.#outer.push(0);
      this.#reach.push(0);
    }
    this.#outer.set(this.#depth, outer);
    this.#reach.set(this.#depth, this.#depth);
  }

  /** The end of a block. What follows is of the run before it, if nothing in it can leave for further out. */
  #close(): void {
    const depth = this.#depth;
    const reach = this.#reach.at(depth);
    this.#depth -= 1;
    this.#resume(this.#outer.at(depth));
    if (depth === this.#loopDepth) this.#closeLoop();
    if (depth === 0) {
      this.#settle();
      return;
    }
    if (reach < this.#reach.at(depth - 1)) this.#reach.set(depth - 1, reach);
    if (reach < depth) this.#split();
  }

  /** Something may go to the end, or the start, of a block around. -1 is no block. */
  #leave(label: number): void {
    const target = this.#depth - label;
    if (target < 0) throw this.#reader.fail(`a label of at most ${this.#depth}`, String(label));
    if (target < this.#reach.at(this.#depth)) this.#reach.set(this.#depth, target);
  }

  /** The function ends here, in one way or another. */
  #end(): void {
    this.#reach.set(this.#depth, 0);
    this.#resume(noRun);
  }

  #resume(run: number): void {
    if (!this.#exact && run === noRun) return;
    this.#settle();
    this.#run = run;
  }

  /** A new run from here on, unless nothing can get here. */
  #split(): void {
    if (this.#exact && this.#run !== noRun) this.#begin(Event.run, this.#reader.position);
  }

  #begin(kind: number, place: number): void {
    this.#settle();
    this.#run = this.#costs.length;
    this.#costs.push(0);
    this.#note(kind, place, 0);
  }

  #settle(): void {
    if (this.#run !== noRun) this.#costs.add(this.#run, this.#cost);
    this.#cost = 0;
  }

  #note(kind: number, place: number, value: number): void {
    if (value > mostEventValue) throw this.#reader.fail(`an index of at most ${mostEventValue}`, String(value));
    this.#events.push(kind, place, value, this.#run);
  }
}

const bulkEvents: ReadonlyMap<number, number> = new Map<number, number>([
  [Op.memoryFill, Event.memoryFill],
  [Op.memoryCopy, Event.memoryCopy],
  [Op.memoryInit, Event.memoryInit],
  [Op.tableInit, Event.length],
  [Op.tableCopy, Event.length],
  [Op.tableFill, Event.length],
  [Op.tableGrow, Event.length],
  [Op.arrayNew, Event.length],
  [Op.arrayNewDefault, Event.length],
  [Op.arrayNewData, Event.length],
  [Op.arrayNewElem, Event.length],
  [Op.arrayFill, Event.length],
  [Op.arrayCopy, Event.length],
  [Op.arrayInitData, Event.length],
  [Op.arrayInitElem, Event.length],
]);
