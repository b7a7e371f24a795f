import { bulkEvents, costOf, firstVector } from './meter-costs.js';
import { FunctionCourses } from './function-profile.js';
import { Event, Events, mostEventValue } from './meter-events.js';
import { InnermostLoop } from './meter-innermost.js';
import { Runs } from './meter-blocks.js';
import { Numbers } from '../reader/numbers.js';
import type { Course, FunctionCourse } from './function-profile.js';
import { typeOf } from './meter-module.js';
import type { ModuleOutline } from './meter-module.js';
import { InstructionReader } from '../reader/instruction-reader.js';
import { Form, Op } from '../reader/opcodes.js';
import { Reader } from '../reader/reader.js';
import { passesFor, shortLocals, skim } from '../reader/skim.js';
import { readValueType } from '../reader/types.js';

/** `drop`: what stands before it is about blocks, branches, calls and exceptions. */
const firstPlain = 0x1a;
/** What does nothing to a function's course, and costs 1. */
const passes: Uint8Array = passesFor(
  [Form.none, Form.local, Form.global, Form.memoryArgument, Form.fourBytes, Form.eightBytes],
  [Form.number],
  (opcode) => opcode < firstPlain,
);

/** So many calls are paid for together, at most. */
const longestChain = 16;

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
  readonly #loop: InnermostLoop;
  /** How many calls of one function each there were in the straight code that this is a part of. */
  #chain = 0;

  constructor(outline: ModuleOutline, exact: boolean) {
    this.#outline = outline;
    this.#reader = new InstructionReader(outline.bytes, outline);
    const code = outline.sections.find(({ id }) => id === 10);
    const codeBytes = code === undefined ? 0 : code.end - code.body;
    this.#events = new Events(codeBytes);
    // A run in sixteen bytes is more than most code has.
    this.#costs = new Numbers((codeBytes >> 4) + 64);
    this.#runs = new Runs(exact, this.#events, this.#costs);
    this.#loop = new InnermostLoop(this.#reader, this.#events, this.#runs, this.#loopLocals, this.#lastUses);
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
    this.#loop.giveUp();
    this.#chain = 0;
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
    if (opcode !== Op.call && opcode !== Op.refFunc) this.#chain = 0;
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
        if (this.#loop.isLeft) this.#loop.giveUp();
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
        this.#loop.giveUp();
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
    this.#loop.giveUp();
    switch (opcode) {
      case Op.call:
        this.#note(this.#chain === 0 ? Event.call : Event.nextCall, at, index);
        this.#chain = (this.#chain + 1) % longestChain;
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
    this.#loop.giveUp();
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
    this.#loop.giveUp();
    this.#note(kind, at, this.#reader.index);
  }

  #openLoop(at: number): void {
    this.#hasLoops = true;
    const event = this.#events.length;
    this.#note(Event.loopStart, at, 0);
    this.#runs.open();
    this.#runs.begin(Event.loop, this.#reader.position);
    this.#loop.open(at, event);
  }

  #noteExit(at: number): void {
    if (this.#loop.isLeft) this.#note(Event.exit, at, this.#reader.label);
  }

  /** The end of a block. */
  #close(): void {
    const runs = this.#runs;
    const { depth } = runs;
    runs.close();
    if (depth === this.#loop.depth) this.#loop.close();
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
