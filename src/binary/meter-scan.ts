import { bulkEvents, costOf, firstVector } from './meter-costs.js';
import { FunctionCourses } from './meter-course.js';
import { Event, Events, mostEventValue } from './meter-events.js';
import { Runs } from './meter-runs.js';
import { Numbers } from './numbers.js';
import type { Course, FunctionCourse } from './meter-course.js';
import { typeOf } from './meter-module.js';
import type { ModuleOutline } from './meter-module.js';
import { InstructionReader } from './instruction-reader.js';
import { Form, Op } from './opcodes.js';
import { Reader } from './reader.js';
import { passesFor, shortLocals, skim } from './skim.js';
import { readValueType } from './types.js';

/** `drop`: what stands before it is about blocks, branches, calls and exceptions. */
const firstPlain = 0x1a;
/** What does nothing to a function's course, and costs 1. */
const passes: Uint8Array = passesFor(
  [Form.none, Form.local, Form.global, Form.memoryArgument, Form.fourBytes, Form.eightBytes],
  [Form.number],
  (opcode) => opcode < firstPlain,
);

/** A loop that uses more locals than this has no registers for all of them anyway. */
const mostLoopLocals = 24;

/** Reads all code once. `exact` tells runs apart as fuel needs it. */
export function scanCode(outline: ModuleOutline, exact: boolean): Course {
  return new Scanner(outline, exact).scan();
}

class Scanner {
  readonly #outline: ModuleOutline;
  readonly #reader: InstructionReader;
  readonly #events: Events;
  readonly #costs: Numbers;
  readonly #loopLocals = new Numbers();
  readonly #lastUses = new Uint32Array(shortLocals);
  readonly #referenced = new Set<number>();
  #unwinds = false;
  readonly #runs: Runs;
  #hasLoops = false;
  /** The innermost loop, while it is simple: its depth, and its first event. -1: none. */
  #loopDepth = -1;
  #loopEvent = 0;
  /** Whether there was a call of one function, and nothing but straight code since. */
  #isBehindCall = false;

  constructor(outline: ModuleOutline, exact: boolean) {
    this.#outline = outline;
    this.#reader = new InstructionReader(outline.bytes, outline);
    const code = outline.sections.find(({ id }) => id === 10);
    const codeBytes = code === undefined ? 0 : code.end - code.body;
    this.#events = new Events(codeBytes);
    // A run in sixteen bytes is more than most code has.
    this.#costs = new Numbers((codeBytes >> 4) + 64);
    this.#runs = new Runs(exact, this.#events, this.#costs);
  }

  scan(): Course {
    const functions = new FunctionCourses();
    const { sections, bytes, importedFunctions } = this.#outline;
    const code = sections.find(({ id }) => id === 10);
    if (code !== undefined) {
      const reader = new Reader(bytes.subarray(0, code.end), 'code', 0);
      reader.types = this.#outline.types;
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
    this.#isBehindCall = false;
    const runs = this.#runs;
    runs.start(start);
    while (runs.depth >= 0) {
      runs.cost += skim(reader, passes, end, this.#lastUses);
      const at = reader.position;
      if (at >= end) throw reader.fail('the end of every block', 'the end of the function body');
      reader.next();
      const { opcode } = reader;
      runs.cost += costOf(opcode);
      if (opcode < firstVector) this.#step(opcode, at);
    }
    if (reader.position !== end) throw reader.fail('the end of the function body', 'more instructions');
  }

  /** An instruction that matters to the course of the function. */
  #step(opcode: number, at: number): void {
    const reader = this.#reader;
    const runs = this.#runs;
    if (opcode !== Op.call && opcode !== Op.refFunc) this.#isBehindCall = false;
    switch (opcode) {
      case Op.block:
        runs.open();
        return;
      case Op.loop:
        this.#openLoop(at);
        return;
      case Op.if:
        runs.open();
        runs.split(reader.position);
        return;
      case Op.else:
        runs.goBack();
        runs.split(reader.position);
        return;
      case Op.end:
        this.#close();
        return;
      case Op.br:
        this.#noteExit(at);
        this.#leave(reader.label);
        runs.stop();
        return;
      case Op.brTable:
        if (this.#leavesLoop()) this.#loopDepth = -1;
        this.#leave(reader.label);
        runs.stop();
        return;
      case Op.brIf:
        this.#noteExit(at);
        this.#leave(reader.label);
        runs.split(reader.position);
        return;
      case Op.brOnNull:
      case Op.brOnNonNull:
      case Op.brOnCast:
      case Op.brOnCastFail:
        this.#loopDepth = -1;
        this.#leave(reader.label);
        runs.split(reader.position);
        return;
      case Op.return:
        this.#note(Event.return, at, runs.depth);
        runs.end();
        return;
      case Op.unreachable:
        runs.stop();
        return;
      case Op.refFunc:
        this.#referenced.add(reader.index);
        return;
      default:
        // Of those before `drop`, the ones that have to do with calls and with exceptions are left.
        if (opcode >= Op.call && opcode <= Op.returnCallRef) this.#calls(opcode, at);
        else if (opcode === Op.tryTable || (opcode > Op.nop && opcode < firstPlain)) this.#exceptions(opcode, at);
        else this.#bulk(opcode, at);
    }
  }

  #calls(opcode: number, at: number): void {
    const { index } = this.#reader;
    this.#loopDepth = -1;
    switch (opcode) {
      case Op.call:
        this.#note(this.#isBehindCall ? Event.nextCall : Event.call, at, index);
        this.#isBehindCall = true;
        return;
      case Op.callIndirect:
      case Op.callRef:
        this.#note(Event.callIndirect, at, index);
        return;
      default:
        this.#note(opcode === Op.returnCall ? Event.tailCall : Event.tailCallIndirect, at, index);
        this.#runs.end();
    }
  }

  /** https://github.com/WebAssembly/exception-handling: both forms. */
  #exceptions(opcode: number, at: number): void {
    this.#unwinds = true;
    this.#loopDepth = -1;
    const reader = this.#reader;
    const runs = this.#runs;
    const { label } = reader;
    switch (opcode) {
      case Op.try:
        runs.open();
        return;
      case Op.tryTable:
        // Its labels are counted from outside of it.
        runs.open();
        this.#leave(label + 1);
        return;
      case Op.catch:
      case Op.catchAll:
        runs.goBack();
        runs.split(reader.position);
        return;
      case Op.delegate:
        this.#leave(label + 1);
        this.#close();
        return;
      default:
        this.#note(Event.throw, at, 0);
        runs.end();
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
    this.#runs.open();
    this.#runs.begin(Event.loop, position);
    // A type that stands by its index may have parameters.
    const hasShortType = (bytes[at + 1] ?? 0) >= 0x40 && position === at + 2;
    this.#loopDepth = hasShortType ? this.#runs.depth : -1;
  }

  #closeLoop(): void {
    this.#events.setValue(this.#loopEvent, 1);
    this.#events.setValue(this.#loopEvent + 1, 1);
    this.#runs.chargeFirstTurn(this.#events.run(this.#loopEvent + 1));
    this.#note(Event.loopEnd, this.#reader.position - 1, this.#loopLocals.length);
    this.#listLocals(this.#events.place(this.#loopEvent));
    this.#loopDepth = -1;
  }

  /** Of the loop that started there, and ends here. */
  #listLocals(start: number): void {
    const { locals } = this.#reader;
    const lastUses = this.#lastUses;
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
    return this.#runs.depth - this.#reader.label < this.#loopDepth;
  }

  #noteExit(at: number): void {
    if (this.#leavesLoop()) this.#note(Event.exit, at, this.#reader.label);
  }

  /** The end of a block. */
  #close(): void {
    const runs = this.#runs;
    const { depth } = runs;
    runs.close();
    if (depth === this.#loopDepth) this.#closeLoop();
    runs.goOn(this.#reader.position);
  }

  /** Something may go to the end, or the start, of a block around. -1 is no block. */
  #leave(label: number): void {
    const { depth } = this.#runs;
    if (label > depth) throw this.#reader.fail(`a label of at most ${depth}`, String(label));
    this.#runs.leave(label);
  }

  #note(kind: number, place: number, value: number): void {
    if (value > mostEventValue) throw this.#reader.fail(`an index of at most ${mostEventValue}`, String(value));
    this.#events.push(kind, place, value, this.#runs.now);
  }
}
