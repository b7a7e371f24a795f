import { InstructionReader } from '../reader/instruction-reader.js';
import { Numbers } from '../reader/numbers.js';
import { Form, Op } from '../reader/opcodes.js';
import { Reader } from '../reader/reader.js';
import { passesFor, shortLocals, skim } from '../reader/skim.js';
import { readValueType } from '../reader/types.js';
import { typeOf } from './outline.js';
import type { ModuleOutline } from './outline.js';
import { Event, Events, FunctionProfiles, mostEventValue } from './profile.js';
import type { FunctionProfile, ModuleProfile } from './profile.js';
import { InnermostLoop, Regions } from './regions.js';

/** An instruction costs 1, except for these. */
const specialCosts: ReadonlyMap<number, number> = new Map<number, number>([
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
const plainCosts: Uint16Array = Uint16Array.from({ length: 256 }, (_, opcode) => specialCosts.get(opcode) ?? 1);
/** The first of the vector and atomic instructions, which all cost 1. */
const firstVector = 0xfd_0000;

function costOf(opcode: number): number {
  if (opcode < 256) return plainCosts[opcode] ?? 1;
  return opcode < firstVector ? (specialCosts.get(opcode) ?? 1) : 1;
}

/** The event for each bulk instruction, which costs its length besides. */
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

/** `drop`. The opcodes before it are those of blocks, branches, calls and exceptions. */
const firstPlain = 0x1a;
/** The instructions that cost 1 and cause no event. */
const passes: Uint8Array = passesFor(
  [Form.none, Form.local, Form.global, Form.memoryArgument, Form.fourBytes, Form.eightBytes],
  [Form.number],
  (opcode) => opcode < firstPlain,
);

/** The largest number of calls that are paid for together. */
const longestChain = 16;

/** Reads the code of a module once, and returns its profile. `exact`: with the regions that fuel needs. */
export function scanCode(outline: ModuleOutline, exact: boolean): ModuleProfile {
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
  readonly #regions: Regions;
  #hasLoops = false;
  readonly #loop: InnermostLoop;
  /** The number of direct calls so far in the current straight code. */
  #chain = 0;

  constructor(outline: ModuleOutline, exact: boolean) {
    this.#outline = outline;
    this.#reader = new InstructionReader(outline.bytes, outline);
    const code = outline.sections.find(({ id }) => id === 10);
    const codeBytes = code === undefined ? 0 : code.end - code.body;
    this.#events = new Events(codeBytes);
    // One region in sixteen bytes is more than most code has.
    this.#costs = new Numbers((codeBytes >> 4) + 64);
    this.#regions = new Regions(exact, this.#events, this.#costs);
    this.#loop = new InnermostLoop(this.#reader, this.#events, this.#regions, this.#loopLocals, this.#lastUses);
  }

  scan(): ModuleProfile {
    const functions = new FunctionProfiles();
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

  #body(reader: Reader, index: number): FunctionProfile {
    const sizeAt = reader.position;
    const size = reader.u32();
    const declarations = reader.position;
    const end = declarations + size;
    const { bytes } = this.#outline;
    let locals = typeOf(this.#outline, index).params.length;
    for (let groups = reader.u32(); groups > 0; groups -= 1) {
      locals += reader.u32();
      // Nearly all types are number types, of one byte.
      if ((bytes[reader.position] ?? 0) >= 0x7b) reader.position += 1;
      else readValueType(reader);
    }
    const start = reader.position;
    const firstEvent = this.#events.length;
    const firstRegion = this.#costs.length;
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
      firstRegion,
      regions: this.#costs.length - firstRegion,
      hasLoops: this.#hasLoops,
    };
  }

  #instructions(start: number, end: number): void {
    const reader = this.#reader;
    reader.position = start;
    this.#hasLoops = false;
    this.#loop.giveUp();
    this.#chain = 0;
    const regions = this.#regions;
    regions.start(start);
    while (regions.depth >= 0) {
      regions.cost += skim(reader, passes, end, this.#lastUses);
      const at = reader.position;
      if (at >= end) throw reader.fail('the end of every block', 'the end of the function body');
      reader.next();
      const { opcode } = reader;
      regions.cost += costOf(opcode);
      if (opcode < firstVector) this.#step(opcode, at);
    }
    if (reader.position !== end) throw reader.fail('the end of the function body', 'more instructions');
  }

  /** Handles an instruction that is about control flow, or is a bulk instruction. */
  #step(opcode: number, at: number): void {
    const reader = this.#reader;
    const regions = this.#regions;
    if (opcode !== Op.call && opcode !== Op.refFunc) this.#chain = 0;
    switch (opcode) {
      case Op.block:
        regions.open();
        return;
      case Op.loop:
        this.#openLoop(at);
        return;
      case Op.if:
        regions.open();
        regions.split(reader.position);
        return;
      case Op.else:
        regions.nextArm();
        regions.split(reader.position);
        return;
      case Op.end:
        this.#close();
        return;
      case Op.br:
        this.#noteExit(at);
        this.#leave(reader.label);
        regions.stop();
        return;
      case Op.brTable:
        if (this.#loop.isLeft) this.#loop.giveUp();
        this.#leave(reader.label);
        regions.stop();
        return;
      case Op.brIf:
        this.#noteExit(at);
        this.#leave(reader.label);
        regions.split(reader.position);
        return;
      case Op.brOnNull:
      case Op.brOnNonNull:
      case Op.brOnCast:
      case Op.brOnCastFail:
        this.#loop.giveUp();
        this.#leave(reader.label);
        regions.split(reader.position);
        return;
      case Op.return:
        this.#note(Event.return, at, regions.depth);
        regions.end();
        return;
      case Op.unreachable:
        regions.stop();
        return;
      case Op.refFunc:
        this.#referenced.add(reader.index);
        return;
      default:
        // Of the opcodes before `drop`, those of calls and exceptions are left.
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
        this.#regions.end();
    }
  }

  /** Handles exceptions, in both forms: https://github.com/WebAssembly/exception-handling. */
  #exceptions(opcode: number, at: number): void {
    this.#unwinds = true;
    this.#loop.giveUp();
    const reader = this.#reader;
    const regions = this.#regions;
    const { label } = reader;
    switch (opcode) {
      case Op.try:
        regions.open();
        return;
      case Op.tryTable:
        // Its labels are counted from outside the block.
        regions.open();
        this.#leave(label + 1);
        return;
      case Op.catch:
      case Op.catchAll:
        regions.nextArm();
        regions.split(reader.position);
        return;
      case Op.delegate:
        this.#leave(label + 1);
        this.#close();
        return;
      default:
        this.#note(Event.throw, at, 0);
        regions.end();
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
    this.#regions.open();
    this.#regions.begin(Event.loop, this.#reader.position);
    this.#loop.open(at, event);
  }

  #noteExit(at: number): void {
    if (this.#loop.isLeft) this.#note(Event.exit, at, this.#reader.label);
  }

  /** Handles the end of a block. */
  #close(): void {
    const regions = this.#regions;
    const { depth } = regions;
    regions.close();
    if (depth === this.#loop.depth) this.#loop.close();
    regions.resumeAfter(this.#reader.position);
  }

  /** Records a branch to a block around, by its label; -1 for no branch. */
  #leave(label: number): void {
    const { depth } = this.#regions;
    if (label > depth) throw this.#reader.fail(`a label of at most ${depth}`, String(label));
    this.#regions.leave(label);
  }

  #note(kind: number, place: number, value: number): void {
    if (value > mostEventValue) throw this.#reader.fail(`an index of at most ${mostEventValue}`, String(value));
    this.#events.push(kind, place, value, this.#regions.current);
  }
}
