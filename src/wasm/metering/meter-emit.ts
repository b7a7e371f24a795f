import { refuse } from '../reader/caps.js';
import { AddedFunctions } from './meter-functions.js';
import { Calls } from './meter-calls.js';
import { CarriedLocals } from './meter-carry.js';
import { Event } from './meter-events.js';
import { Counting } from './meter-counting.js';
import type { Course, FunctionCourse } from './function-profile.js';
import { i32Const } from './meter-helpers.js';
import type { MeterIndexes } from './meter-helpers.js';
import { Hints } from './meter-hints.js';
import { SimpleLoops } from './meter-loops.js';
import { typeOf } from './meter-module.js';
import type { ModuleOutline } from './meter-module.js';
import type { FunctionPlan, Plan } from './meter-plan.js';
import { InstructionReader } from '../reader/instruction-reader.js';
import { Op } from '../reader/opcodes.js';
import { Output } from './output.js';
import { encodeU32 } from '../reader/reader.js';
import { encodeValueType } from '../reader/types.js';

/** The engines' own limits; https://webassembly.github.io/spec/js-api/#limits */
const mostBodyBytes = 7_654_321;
const mostLocals = 50_000;
/** Real code grows by two thirds at the most, nothing but loops of nothing or nothing but calls by up to six times or more. */
const mostGrowth = 6;
const spareBytes = 65_536;

/** What emitting added beside the code. */
export interface Emitted {
  /** The body of the code section. */
  readonly code: Output;
  /** Type indexes of the functions at its end that were not there. */
  readonly helperTypes: readonly number[];
  /** Function types, as they stand in the type section, that are new. */
  readonly types: readonly (readonly number[])[];
  /** Globals behind `left`, as they stand in the global section. */
  readonly globals: readonly (readonly number[])[];
  /** Which of the inserted branches are seldom taken: a custom section. */
  readonly hints: Uint8Array[];
}

/** The second pass: copies the code, and puts in what the plan says. */
export function emitCode(outline: ModuleOutline, course: Course, plan: Plan): Emitted {
  return new Emitter(outline, course, plan).emit();
}

class Emitter {
  readonly #outline: ModuleOutline;
  readonly #course: Course;
  readonly #plan: Plan;
  readonly #output: Output;
  readonly #reader: InstructionReader;
  readonly #indexes: MeterIndexes;
  readonly #counting: Counting;
  readonly #carried: CarriedLocals;
  readonly #loops: SimpleLoops;
  readonly #calls: Calls;
  readonly #types: number[][] = [
    [0x60, 1, 0x7f, 1, 0x7f],
    [0x60, 1, 0x7f, 0],
    [0x60, 3, 0x7f, 0x7f, 0x7f, 0],
  ];
  /** The index of the type () -> results, by those. */
  readonly #blockTypes = new Map<string, number>();
  readonly #added: AddedFunctions;
  readonly #hints: Hints;

  constructor(outline: ModuleOutline, course: Course, plan: Plan) {
    this.#outline = outline;
    this.#course = course;
    this.#plan = plan;
    const { bytes, functions, globals, tables, types } = outline;
    this.#output = new Output(bytes, Math.floor(bytes.length * 1.75) + 4_096);
    this.#hints = new Hints(bytes, this.#output);
    this.#reader = new InstructionReader(bytes, outline);
    const [askType, spendType, bulkType] = [types, types + 1, types + 2];
    this.#indexes = {
      left: globals,
      table: tables,
      askType,
      spendType,
      bulkType,
      spend: functions,
      add: functions + 1,
    };
    this.#counting = new Counting(this.#output, this.#indexes, () => this.#hints.next());
    this.#carried = new CarriedLocals(bytes, this.#output, course.loopLocals, globals + 1);
    this.#loops = new SimpleLoops(bytes, this.#output, this.#counting, this.#carried);
    this.#calls = new Calls(this.#output, this.#counting, course.events, plan, (place) => this.#lengthAt(place));
    this.#added = new AddedFunctions(outline, this.#indexes);
  }

  emit(): Emitted {
    const output = this.#output;
    const { functions, importedFunctions, sections } = this.#outline;
    // How many bodies there are is known at the end: five bytes hold any number.
    const countAt = output.length;
    output.push([0x80, 0x80, 0x80, 0x80, 0]);
    this.#reader.position = sections.find(({ id }) => id === 10)?.body ?? 0;
    this.#reader.u32();
    let from = this.#reader.position;
    // Bodies into which nothing is put go along with what stands before the next.
    const { functions: courses } = this.#course;
    for (let index = 0; index < courses.length; index += 1) {
      const course = courses.at(index);
      const plan = this.#plan.functions[index];
      if (plan === undefined || this.#isUntouched(course, plan)) continue;
      output.copy(from, course.sizeAt);
      this.#body(course, plan, importedFunctions + index);
      from = course.end;
    }
    if (courses.length > 0) output.copy(from, courses.at(courses.length - 1).end);
    for (const body of this.#added.bodies) output.push(body);
    output.padU32(countAt, functions - importedFunctions + this.#added.bodies.length);
    return {
      code: output,
      helperTypes: this.#added.types,
      types: this.#types,
      globals: this.#carried.globals,
      hints: this.#hints.section(),
    };
  }

  #isUntouched({ firstEvent, events: count }: FunctionCourse, plan: FunctionPlan): boolean {
    if (!plan.isFolded) return false;
    const acting = actingOn(plan);
    const { events } = this.#course;
    for (let event = firstEvent; event < firstEvent + count; event += 1) {
      if (((acting >> events.kind(event)) & 1) === 1) return false;
    }
    return true;
  }

  #body(course: FunctionCourse, plan: FunctionPlan, index: number): void {
    const output = this.#output;
    this.#calls.enter(index);
    const startedAt = output.length;
    this.#hints.begin();
    const counter = course.locals;
    this.#carried.enter(course, typeOf(this.#outline, index).params);
    if (plan.counts || plan.checksEntry || plan.paysCircle) this.#declare(course, index);
    else output.copy(course.declarations, course.start);
    if (plan.counts) {
      output.byte(Op.block);
      output.push(this.#blockType(index));
    }
    this.#enter(course, plan, counter);
    const rest = this.#instructions(course, plan);
    output.copy(rest, course.end);
    if (plan.counts) {
      this.#counting.flush(counter);
      if (course.hasLoops) this.#counting.askByLocal(counter);
      output.byte(Op.end);
    }
    const sizeBytes = output.prefixLength(startedAt);
    if (sizeBytes > mostBodyBytes) throw tooMuch(index, `${mostBodyBytes} bytes`, sizeBytes);
    const mostBytes = this.#outline.bytes.length * mostGrowth + spareBytes;
    if (output.length > mostBytes) throw tooMuch(index, `${mostBytes} bytes up to its end`, output.length);
    this.#hints.end(index);
  }

  /** The local declarations, and the counter behind them. */
  #declare({ declarations, start, locals }: FunctionCourse, index: number): void {
    if (locals >= mostLocals) throw tooMuch(index, `${mostLocals} locals`, locals + 1);
    const reader = this.#reader;
    reader.position = declarations;
    const groups = reader.u32();
    this.#output.u32(groups + 1);
    this.#output.copy(reader.position, start);
    this.#output.byte(1);
    this.#output.byte(0x7f);
  }

  #blockType(index: number): readonly number[] {
    const { results } = typeOf(this.#outline, index);
    const [first] = results;
    if (first === undefined) return [0x40];
    if (results.length === 1) return encodeValueType(first);
    const key = results.join();
    let type = this.#blockTypes.get(key);
    if (type === undefined) {
      type = this.#outline.types + this.#types.length;
      this.#types.push([0x60, 0, ...encodeU32(results.length), ...results.flatMap(encodeValueType)]);
      this.#blockTypes.set(key, type);
    }
    // As a block's type, an index is a signed number.
    return i32Const(type).slice(1);
  }

  /** What a function costs before its first run ends: of one that counts, the first of what it counts. */
  #enter({ firstRun }: FunctionCourse, plan: FunctionPlan, counter: number): void {
    const cost = this.#course.costs.at(firstRun);
    if (plan.counts) {
      if (plan.checksEntry) this.#counting.askByGlobal();
      this.#counting.setCounter(counter, cost);
    } else if (!plan.isFolded) {
      this.#counting.take(cost, plan.checksEntry ? counter : null);
    }
  }

  /** Gives where what is still to be copied begins. */
  #instructions(course: FunctionCourse, plan: FunctionPlan): number {
    const acting = actingOn(plan);
    const { firstEvent, start, locals } = course;
    const { events } = this.#course;
    const end = firstEvent + course.events;
    let from = start;
    // The first event is the first run, which is paid for.
    for (let event = firstEvent + 1; event < end; event += 1) {
      const kind = events.kind(event);
      if (((acting >> kind) & 1) === 0) continue;
      const place = events.place(event);
      if (place > from) this.#output.copy(from, place);
      from = place + this.#act(event, kind, plan, locals);
    }
    return from;
  }

  /** Puts in what stands before an event, or takes its place; gives how many bytes it takes the place of. */
  #act(event: number, kind: number, plan: FunctionPlan, counter: number): number {
    const { events, costs } = this.#course;
    switch (kind) {
      case Event.run:
        this.#counting.count(costs.at(events.run(event)), counter);
        return 0;
      case Event.loop:
        if (events.value(event) === 1) this.#loops.enter(costs.at(events.run(event)));
        else this.#counting.countLoop(costs.at(events.run(event)), counter);
        return 0;
      case Event.loopStart:
        return events.value(event) === 1 ? this.#loops.open(events.place(event)) : 0;
      case Event.loopEnd:
        return this.#loops.close(events.value(event), counter);
      case Event.exit:
        return this.#loops.isOpen ? this.#exit(events.place(event), events.value(event)) : 0;
      case Event.call:
      case Event.nextCall:
      case Event.callIndirect:
      case Event.tailCall:
      case Event.tailCallIndirect:
        return this.#calls.write(event, plan, counter);
      case Event.throw:
        this.#counting.flushAndClear(counter);
        return 0;
      case Event.return:
        this.#output.op(Op.br, events.value(event) + this.#loops.added);
        return 1;
      default:
        this.#output.op(Op.call, this.#added.for(kind, events.value(event)));
        return kind === Event.length ? 0 : this.#lengthAt(events.place(event));
    }
  }

  /** A branch out of a simple loop. */
  #exit(place: number, label: number): number {
    this.#output.op(this.#outline.bytes[place] ?? 0, label + this.#loops.added);
    return this.#lengthAt(place);
  }

  #lengthAt(place: number): number {
    const reader = this.#reader;
    reader.position = place;
    reader.next();
    return reader.position - place;
  }
}

/** The kinds of events, by bit, at which something is put in. What is worth no more than its cost says is left to those that pay. */
function actingOn({ counts, flushesCalls, paysCircle, paysCalls }: FunctionPlan): number {
  return (
    always |
    (counts ? whereCounted : 0) |
    (flushesCalls ? atCalls : 0) |
    (paysCircle || paysCalls ? atCalls | atTailCalls : 0)
  );
}

function bitsOf(...kinds: readonly number[]): number {
  return kinds.reduce((bits, kind) => bits | (1 << kind), 0);
}

const always: number = bitsOf(Event.memoryFill, Event.memoryCopy, Event.memoryInit, Event.length);
const atCalls: number = bitsOf(Event.call, Event.nextCall, Event.callIndirect);
const atTailCalls: number = bitsOf(Event.tailCall, Event.tailCallIndirect);
const whereCounted: number =
  bitsOf(Event.run, Event.loop, Event.return, Event.throw, Event.loopStart, Event.loopEnd, Event.exit) | atTailCalls;

function tooMuch(index: number, most: string, actual: number): Error {
  return refuse('module-limit', {
    where: `code, function ${index}`,
    expected: `at most ${most} once it is metered`,
    actual: String(actual),
    fix: 'Build the plug-in with smaller functions.',
  });
}
