import { refuse } from './caps.js';
import { Event } from './meter-course.js';
import type { Course, FunctionCourse } from './meter-course.js';
import { copyBody, fillBody, i32Const, initBody, lengthBody, spendBody } from './meter-helpers.js';
import type { MeterIndexes } from './meter-helpers.js';
import { typeOf } from './meter-module.js';
import type { ModuleOutline } from './meter-module.js';
import type { FunctionPlan, Plan } from './meter-plan.js';
import { InstructionReader } from './instruction-reader.js';
import { Output } from './output.js';
import { encodeU32 } from './reader.js';
import { encodeValueType } from './types.js';

/** A function counts so much in its local before it hands it over. */
const localSlice = 4_096;
/** Around a simple loop. */
const addedBlocks = 3;
/** The engines' own limit; https://webassembly.github.io/spec/js-api/#limits */
const mostBodyBytes = 7_654_321;

/** What emitting added beside the code. */
export interface Emitted {
  /** The body of the code section. */
  readonly code: Output;
  /** Type indexes of the functions at its end that were not there. */
  readonly helperTypes: readonly number[];
  /** Function types, as they stand in the type section, that are new. */
  readonly types: readonly (readonly number[])[];
  /** Which of the inserted branches are seldom taken: the count of functions, and what is said of each. */
  readonly hints: readonly [count: readonly number[], functions: Uint8Array];
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
  readonly #indexes: MeterIndexes;
  readonly #types: number[][] = [
    [0x60, 1, 0x7f, 1, 0x7f],
    [0x60, 1, 0x7f, 0],
    [0x60, 3, 0x7f, 0x7f, 0x7f, 0],
  ];
  /** The index of the type () -> results, by those. */
  readonly #blockTypes = new Map<string, number>();
  readonly #helpers: { readonly type: number; readonly body: Uint8Array }[] = [];
  readonly #helperIndexes = new Map<string, number>();
  readonly #hints: Output;
  #hintedFunctions = 0;
  /** Where the body begins that is being written, and how far in it the hinted branches stand. */
  #bodyAt = 0;
  readonly #hinted: number[] = [];
  #inSimpleLoop = false;
  #simpleCost = 0;

  constructor(outline: ModuleOutline, course: Course, plan: Plan) {
    this.#outline = outline;
    this.#course = course;
    this.#plan = plan;
    const { bytes, functions, globals, tables, types } = outline;
    this.#output = new Output(bytes, Math.floor(bytes.length * 1.25) + 4_096);
    this.#hints = new Output(bytes, 4_096);
    const [askType, spendType, bulkType] = [types.length, types.length + 1, types.length + 2];
    this.#indexes = { left: globals, table: tables, askType, spendType, bulkType, spend: functions };
    this.#helpers.push({ type: spendType, body: spendBody(this.#indexes) });
  }

  emit(): Emitted {
    const output = this.#output;
    const { functions, importedFunctions, sections } = this.#outline;
    // How many bodies there are is known at the end: five bytes hold any number.
    const countAt = output.length;
    output.push([0x80, 0x80, 0x80, 0x80, 0]);
    let from = sections.find(({ id }) => id === 10)?.body ?? 0;
    from += encodedLength(this.#outline.bytes, from);
    this.#course.functions.forEach((course, index) => {
      const plan = this.#plan.functions[index];
      if (plan === undefined || this.#isUntouched(course, plan)) output.copy(from, course.end);
      else this.#body(course, plan, importedFunctions + index);
      from = course.end;
    });
    for (const { body } of this.#helpers) output.push(body);
    output.padU32(countAt, functions - importedFunctions + this.#helpers.length);
    const hints = [encodeU32(this.#hintedFunctions), this.#hints.bytes] as const;
    return { code: output, helperTypes: this.#helpers.map(({ type }) => type), types: this.#types, hints };
  }

  #isUntouched(course: FunctionCourse, { isFolded, paysCalls }: FunctionPlan): boolean {
    if (!isFolded || paysCalls) return false;
    for (let event = course.firstEvent; event < course.firstEvent + course.events; event += 1) {
      const kind = this.#course.kinds.at(event);
      if (kind >= Event.memoryFill && kind <= Event.length) return false;
    }
    return true;
  }

  #body(course: FunctionCourse, plan: FunctionPlan, index: number): void {
    const output = this.#output;
    const startedAt = output.length;
    this.#bodyAt = startedAt;
    this.#hinted.length = 0;
    const counter = course.locals;
    if (plan.counts || plan.checksEntry) this.#declare(course);
    else output.copy(course.declarations, course.start);
    if (plan.counts) output.push([0x02, ...this.#blockType(index)]);
    this.#enter(course, plan, counter);
    const rest = this.#instructions(course, plan, counter);
    output.copy(rest, course.end);
    if (plan.counts) {
      this.#flush(counter);
      if (course.hasLoops) this.#checkIn(counter);
      output.push([0x0b]);
    }
    const sizeBytes = output.length - startedAt;
    if (sizeBytes > mostBodyBytes) throw tooLong(index, sizeBytes);
    output.insert(startedAt, encodeU32(sizeBytes));
    this.#hint(index);
  }

  /** The local declarations, and the counter behind them. */
  #declare({ declarations, start }: FunctionCourse): void {
    const { bytes } = this.#outline;
    const groupsLength = encodedLength(bytes, declarations);
    const reader = new InstructionReader(bytes, this.#outline);
    reader.position = declarations;
    this.#output.push(encodeU32(reader.u32() + 1));
    this.#output.copy(declarations + groupsLength, start);
    this.#output.push([1, 0x7f]);
  }

  #blockType(index: number): readonly number[] {
    const { results } = typeOf(this.#outline, index);
    const [first] = results;
    if (first === undefined) return [0x40];
    if (results.length === 1) return encodeValueType(first);
    const key = results.join();
    let type = this.#blockTypes.get(key);
    if (type === undefined) {
      type = this.#outline.types.length + this.#types.length;
      this.#types.push([0x60, 0, ...encodeU32(results.length), ...results.flatMap(encodeValueType)]);
      this.#blockTypes.set(key, type);
    }
    // As a block's type, an index is a signed number.
    return i32Const(type).slice(1);
  }

  /** What a function costs before its first run ends. */
  #enter({ firstRun }: FunctionCourse, plan: FunctionPlan, counter: number): void {
    const cost = i32Const(this.#course.costs.at(firstRun));
    const left = encodeU32(this.#indexes.left);
    const output = this.#output;
    if (plan.checksEntry) {
      output.push([0x23, ...left, ...cost, 0x6b, 0x22, ...encodeU32(counter), 0x24, ...left]);
      this.#checkIn(counter);
      if (plan.counts) output.push([0x41, 0, 0x21, ...encodeU32(counter)]);
    } else if (plan.counts) {
      output.push([...cost, 0x21, ...encodeU32(counter)]);
    } else if (!plan.isFolded) {
      output.push([0x23, ...left, ...cost, 0x6b, 0x24, ...left]);
    }
  }

  /** Gives where what is still to be copied begins. */
  #instructions({ firstEvent, events, start }: FunctionCourse, plan: FunctionPlan, counter: number): number {
    const { kinds, places } = this.#course;
    let from = start;
    // The first event is the first run, which is paid for.
    for (let event = firstEvent + 1; event < firstEvent + events; event += 1) {
      const kind = kinds.at(event);
      const place = places.at(event);
      if (place > from) this.#output.copy(from, place);
      from = place + this.#act(event, kind, plan, counter);
    }
    return from;
  }

  /** Puts in what stands before an event, or takes its place; gives how many bytes it takes the place of. */
  #act(event: number, kind: number, plan: FunctionPlan, counter: number): number {
    const { runs, costs, values, places } = this.#course;
    switch (kind) {
      case Event.run:
        if (plan.counts) this.#count(costs.at(runs.at(event)), counter);
        return 0;
      case Event.loop:
        if (values.at(event) === 1) this.#countSimpleLoop(costs.at(runs.at(event)), counter);
        else this.#countLoop(costs.at(runs.at(event)), counter);
        return 0;
      case Event.loopStart:
        if (values.at(event) === 1) this.#openSimpleLoop(places.at(event));
        return 0;
      case Event.loopEnd:
        this.#closeSimpleLoop(counter);
        return 0;
      case Event.exit:
        return this.#inSimpleLoop ? this.#exitSimpleLoop(places.at(event), values.at(event)) : 0;
      case Event.call:
      case Event.callIndirect:
        if (plan.flushesCalls) this.#flushAndClear(counter);
        if (plan.paysCalls) this.#pay(this.#plan.price(event));
        return 0;
      case Event.tailCall:
      case Event.tailCallIndirect:
        if (plan.counts) this.#flushAndClear(counter);
        if (plan.paysCalls) this.#pay(this.#plan.price(event));
        return 0;
      case Event.throw:
        if (plan.counts) this.#flushAndClear(counter);
        return 0;
      case Event.return:
        if (!plan.counts) return 0;
        this.#output.push([0x0c, ...encodeU32(values.at(event) + (this.#inSimpleLoop ? addedBlocks : 0))]);
        return 1;
      default:
        this.#output.push([0x10, ...encodeU32(this.#helper(kind, values.at(event)))]);
        return kind === Event.length ? 0 : this.#lengthAt(places.at(event));
    }
  }

  #count(cost: number, counter: number): void {
    if (cost === 0) return;
    const local = encodeU32(counter);
    this.#output.push([0x20, ...local, ...i32Const(cost), 0x6a, 0x21, ...local]);
  }

  #countLoop(cost: number, counter: number): void {
    const local = encodeU32(counter);
    const added = [0x20, ...local, ...i32Const(Math.max(1, cost)), 0x6a, 0x22, ...local];
    const spend = [0x20, ...local, 0x10, ...encodeU32(this.#indexes.spend), 0x41, 0, 0x21, ...local];
    this.#output.push([...added, ...i32Const(localSlice), 0x4b]);
    this.#ifUnlikely(spend);
  }

  /**
   * A simple loop is put into another, which holds the question: a call within would keep engines from unrolling it, and its values
   * from registers.
   *
   *     block $done  loop $again  block $asks
   *       loop  (count, br_if $asks)  ...  end
   *       br $done
   *     end  (spend)  br $again  end  unreachable  end
   */
  #openSimpleLoop(place: number): void {
    this.#inSimpleLoop = true;
    this.#output.push([0x02, this.#outline.bytes[place + 1] ?? 0x40, 0x03, 0x40, 0x02, 0x40]);
  }

  #countSimpleLoop(cost: number, counter: number): void {
    const local = encodeU32(counter);
    this.#simpleCost = Math.max(1, cost);
    const added = [0x20, ...local, ...i32Const(this.#simpleCost), 0x6a, 0x22, ...local];
    this.#output.push([...added, ...i32Const(localSlice), 0x4b]);
    this.#hinted.push(this.#output.length - this.#bodyAt);
    this.#output.push([0x0d, 1]);
  }

  #closeSimpleLoop(counter: number): void {
    const local = encodeU32(counter);
    this.#inSimpleLoop = false;
    // The header counts the same turn again.
    const refund = [0x41, 0, ...i32Const(this.#simpleCost), 0x6b, 0x21, ...local];
    const spend = [0x20, ...local, 0x10, ...encodeU32(this.#indexes.spend), ...refund];
    this.#output.push([0x0c, 2, 0x0b, ...spend, 0x0c, 0, 0x0b, 0x00, 0x0b]);
  }

  #exitSimpleLoop(place: number, label: number): number {
    this.#output.push([this.#outline.bytes[place] ?? 0, ...encodeU32(label + addedBlocks)]);
    return this.#lengthAt(place);
  }

  #pay(price: number): void {
    if (price >= 0) this.#output.push([...i32Const(price), 0x10, ...encodeU32(this.#indexes.spend)]);
  }

  /** left -= counter, which is left with the difference. */
  #flush(counter: number): void {
    const [left, local] = [encodeU32(this.#indexes.left), encodeU32(counter)];
    this.#output.push([0x23, ...left, 0x20, ...local, 0x6b, 0x22, ...local, 0x24, ...left]);
  }

  /** Asks, too: a counter that starts again before each call might never reach its limit. */
  #flushAndClear(counter: number): void {
    this.#flush(counter);
    this.#checkIn(counter);
    this.#output.push([0x41, 0, 0x21, ...encodeU32(counter)]);
  }

  /** Asks, if what the local holds of what is left is negative. */
  #checkIn(local: number): void {
    this.#output.push([0x20, ...encodeU32(local), 0x41, 0, 0x48]);
    this.#ifUnlikely([0x41, 0, 0x10, ...encodeU32(this.#indexes.spend)]);
  }

  /** An `if` that is hinted to be seldom true: engines then keep what it does out of their way. */
  #ifUnlikely(code: readonly number[]): void {
    this.#hinted.push(this.#output.length - this.#bodyAt);
    this.#output.push([0x04, 0x40, ...code, 0x0b]);
  }

  /** https://github.com/WebAssembly/branch-hinting: a hint is the branch's place in the body, and 0 for unlikely, of one byte. */
  #hint(index: number): void {
    const places = this.#hinted;
    if (places.length === 0) return;
    this.#hintedFunctions += 1;
    this.#hints.push(encodeU32(index));
    this.#hints.push(encodeU32(places.length));
    for (const place of places) this.#hints.push([...encodeU32(place), 1, 0]);
  }

  #lengthAt(place: number): number {
    const reader = new InstructionReader(this.#outline.bytes, this.#outline);
    reader.position = place;
    reader.next();
    return reader.position - place;
  }

  #helper(kind: number, value: number): number {
    const key = kind === Event.memoryInit ? `${kind} ${value}` : String(kind);
    const known = this.#helperIndexes.get(key);
    if (known !== undefined) return known;
    const index = this.#outline.functions + this.#helpers.length;
    this.#helperIndexes.set(key, index);
    const { askType, bulkType } = this.#indexes;
    this.#helpers.push({ type: kind === Event.length ? askType : bulkType, body: this.#helperBody(kind, value) });
    return index;
  }

  #helperBody(kind: number, value: number): Uint8Array {
    switch (kind) {
      case Event.memoryFill:
        return fillBody(this.#indexes);
      case Event.memoryCopy:
        return copyBody(this.#indexes);
      case Event.memoryInit:
        return initBody(this.#indexes, value, this.#outline.dataLengths[value] ?? 0);
      default:
        return lengthBody(this.#indexes);
    }
  }
}

function encodedLength(bytes: Uint8Array, at: number): number {
  let end = at;
  while ((bytes[end] ?? 0) > 127) end += 1;
  return end + 1 - at;
}

function tooLong(index: number, sizeBytes: number): Error {
  return refuse('module-limit', {
    where: `code, function ${index}`,
    expected: `at most ${mostBodyBytes} bytes once it is metered`,
    actual: `${sizeBytes} bytes`,
    fix: 'Build the plug-in with smaller functions.',
  });
}
