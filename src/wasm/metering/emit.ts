import { refuse } from '../reader/caps.js';
import { InstructionReader } from '../reader/instruction-reader.js';
import { Op } from '../reader/opcodes.js';
import { encodeU32 } from '../reader/reader.js';
import { SectionId } from '../reader/sections.js';
import { encodeValueType } from '../reader/types.js';
import { BranchHints, CodeWriter, Counting } from './code-writer.js';
import { HelperFunctions, i32Const } from './helpers.js';
import type { AddedIndexes } from './helpers.js';
import { CarriedLocals, SimpleLoops } from './loops.js';
import { typeOf } from './outline.js';
import type { ModuleOutline } from './outline.js';
import type { FunctionPlan, Plan } from './plan.js';
import { Event } from './profile.js';
import type { Events, FunctionProfile, ModuleProfile } from './profile.js';

/** The limits of engines: https://webassembly.github.io/spec/js-api/#limits */
const mostBodyBytes = 7_654_321;
const mostLocals = 50_000;
/** Real code grows by two thirds at most. Code of nothing but empty loops, or nothing but calls, grows by six times and more. */
const mostGrowth = 6;
const spareBytes = 65_536;
/** The size above which metered code grows to twice its size at most, so that memory stays within bounds. */
const mostGrownBytes = 268_435_456;

/** The metered code, and what it needs in other sections. */
export interface MeteredCode {
  /** The body of the code section. */
  readonly code: CodeWriter;
  /** The type indexes of the helper functions at the end of the code. */
  readonly helperTypes: readonly number[];
  /** The new entries of the type section. */
  readonly types: readonly (readonly number[])[];
  /** The new entries of the global section, after `left`. */
  readonly globals: readonly (readonly number[])[];
  /** The custom section of branch hints. */
  readonly hints: Uint8Array[];
}

/** Copies the code, and inserts what the plan says. */
export function emitCode(outline: ModuleOutline, profile: ModuleProfile, plan: Plan): MeteredCode {
  return new Emitter(outline, profile, plan).emit();
}

class Emitter {
  readonly #outline: ModuleOutline;
  readonly #profile: ModuleProfile;
  readonly #plan: Plan;
  readonly #output: CodeWriter;
  readonly #reader: InstructionReader;
  readonly #indexes: AddedIndexes;
  readonly #counting: Counting;
  readonly #carried: CarriedLocals;
  readonly #loops: SimpleLoops;
  readonly #calls: Calls;
  readonly #types: number[][] = [
    [0x60, 1, 0x7f, 1, 0x7f],
    [0x60, 1, 0x7f, 0],
    [0x60, 3, 0x7f, 0x7f, 0x7f, 0],
  ];
  /** The index of the type () -> results, by the results. */
  readonly #blockTypes = new Map<string, number>();
  readonly #helpers: HelperFunctions;
  readonly #hints: BranchHints;

  constructor(outline: ModuleOutline, profile: ModuleProfile, plan: Plan) {
    this.#outline = outline;
    this.#profile = profile;
    this.#plan = plan;
    const { bytes, functions, globals, tables, types } = outline;
    this.#output = new CodeWriter(bytes, Math.floor(bytes.length * 1.75) + 4_096);
    this.#hints = new BranchHints(bytes, this.#output);
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
    this.#counting = new Counting(this.#output, this.#indexes, this.#hints);
    this.#carried = new CarriedLocals(bytes, this.#output, profile.loopLocals, globals + 1);
    this.#loops = new SimpleLoops(bytes, this.#output, this.#counting, this.#carried);
    this.#calls = new Calls(this.#output, this.#counting, profile.events, plan, (place) => this.#lengthAt(place));
    this.#helpers = new HelperFunctions(outline, this.#indexes);
  }

  emit(): MeteredCode {
    const output = this.#output;
    const { functions, importedFunctions, sections } = this.#outline;
    // The number of bodies is known at the end; five bytes hold any number.
    const countAt = output.length;
    output.push([0x80, 0x80, 0x80, 0x80, 0]);
    this.#reader.position = sections.find(({ id }) => id === SectionId.code)?.body ?? 0;
    this.#reader.u32();
    let from = this.#reader.position;
    // Unchanged bodies are copied together with what comes before the next changed one.
    const { functions: profiles } = this.#profile;
    for (let index = 0; index < profiles.length; index += 1) {
      const profile = profiles.at(index);
      const plan = this.#plan.functions[index];
      if (plan === undefined || this.#isUnchanged(profile, plan)) continue;
      output.copy(from, profile.sizeAt);
      this.#body(profile, plan, importedFunctions + index);
      from = profile.end;
    }
    if (profiles.length > 0) output.copy(from, profiles.at(profiles.length - 1).end);
    for (const body of this.#helpers.bodies) output.push(body);
    output.padU32(countAt, functions - importedFunctions + this.#helpers.bodies.length);
    return {
      code: output,
      helperTypes: this.#helpers.types,
      types: this.#types,
      globals: this.#carried.globals,
      hints: this.#hints.section(),
    };
  }

  #isUnchanged({ firstEvent, events: count }: FunctionProfile, plan: FunctionPlan): boolean {
    if (!plan.isPaidByCallers) return false;
    const acting = actingOn(plan);
    const { events } = this.#profile;
    for (let event = firstEvent; event < firstEvent + count; event += 1) {
      if (((acting >> events.kind(event)) & 1) === 1) return false;
    }
    return true;
  }

  #body(profile: FunctionProfile, plan: FunctionPlan, index: number): void {
    const output = this.#output;
    this.#calls.enter(index);
    const startedAt = output.length;
    this.#hints.begin();
    const counter = profile.locals;
    this.#carried.enter(profile, typeOf(this.#outline, index).params);
    if (plan.counts || plan.checksEntry || plan.paysAtCalls) this.#declare(profile, index);
    else output.copy(profile.declarations, profile.start);
    if (plan.counts) {
      output.byte(Op.block);
      output.push(this.#blockType(index));
    }
    this.#enter(profile, plan, counter);
    const rest = this.#instructions(profile, plan);
    output.copy(rest, profile.end);
    if (plan.counts) {
      this.#counting.flush(counter);
      if (profile.hasLoops) this.#counting.checkLocal(counter);
      output.byte(Op.end);
    }
    const sizeBytes = output.prefixLength(startedAt);
    if (sizeBytes > mostBodyBytes) throw tooMuch(index, `${mostBodyBytes} bytes`, sizeBytes);
    const { length } = this.#outline.bytes;
    const mostBytes = Math.min(length * mostGrowth + spareBytes, Math.max(2 * length, mostGrownBytes));
    if (output.length > mostBytes) throw tooMuch(index, `${mostBytes} bytes up to its end`, output.length);
    this.#hints.end(index);
  }

  /** Writes the local declarations, with the counter after them. */
  #declare({ declarations, start, locals }: FunctionProfile, index: number): void {
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
    // In a block type, an index is a signed number.
    return i32Const(type).slice(1);
  }

  /** Charges the first region. In a function that counts it is the initial value of the counter. */
  #enter({ firstRegion }: FunctionProfile, plan: FunctionPlan, counter: number): void {
    const cost = this.#profile.costs.at(firstRegion);
    if (plan.counts) {
      if (plan.checksEntry) this.#counting.checkGlobal();
      this.#counting.setCounter(counter, cost);
    } else if (!plan.isPaidByCallers) {
      this.#counting.take(cost, plan.checksEntry ? counter : null);
    }
  }

  /** Writes the instructions, and returns where those begin that are still to be copied. */
  #instructions(profile: FunctionProfile, plan: FunctionPlan): number {
    const acting = actingOn(plan);
    const { firstEvent, start, locals } = profile;
    const { events } = this.#profile;
    const end = firstEvent + profile.events;
    let from = start;
    // The first event is the first region, which is charged already.
    for (let event = firstEvent + 1; event < end; event += 1) {
      const kind = events.kind(event);
      if (((acting >> kind) & 1) === 0) continue;
      const place = events.place(event);
      if (place > from) this.#output.copy(from, place);
      from = place + this.#act(event, kind, plan, locals);
    }
    return from;
  }

  /** Inserts what belongs before an event, or replaces its instruction; returns how many bytes it replaces. */
  #act(event: number, kind: number, plan: FunctionPlan, counter: number): number {
    const { events, costs } = this.#profile;
    switch (kind) {
      case Event.region:
        this.#counting.count(costs.at(events.region(event)), counter);
        return 0;
      case Event.loop:
        if (events.value(event) === 1) this.#loops.enter(costs.at(events.region(event)));
        else this.#counting.countLoop(costs.at(events.region(event)), counter);
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
        this.#output.op(Op.call, this.#helpers.for(kind, events.value(event)));
        return kind === Event.length ? 0 : this.#lengthAt(events.place(event));
    }
  }

  /** Replaces a branch out of a simple loop. */
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

/** Returns the events, as a set of bits, at which something is inserted into a function. */
function actingOn({ counts, flushesAtCalls, paysAtCalls, paysEachCall }: FunctionPlan): number {
  return (
    always |
    (counts ? whereCounted : 0) |
    (flushesAtCalls ? atCalls : 0) |
    (paysAtCalls || paysEachCall ? atCalls | atTailCalls : 0)
  );
}

function bitsOf(...kinds: readonly number[]): number {
  return kinds.reduce((bits, kind) => bits | (1 << kind), 0);
}

const always: number = bitsOf(Event.memoryFill, Event.memoryCopy, Event.memoryInit, Event.length);
const atCalls: number = bitsOf(Event.call, Event.nextCall, Event.callIndirect);
const atTailCalls: number = bitsOf(Event.tailCall, Event.tailCallIndirect);
const whereCounted: number =
  bitsOf(Event.region, Event.loop, Event.return, Event.throw, Event.loopStart, Event.loopEnd, Event.exit) | atTailCalls;

function tooMuch(index: number, most: string, actual: number): Error {
  return refuse('module-limit', {
    where: `code, function ${index}`,
    expected: `at most ${most} after metering`,
    actual: String(actual),
    fix: 'Build the plug-in with smaller functions.',
  });
}

/** Writes what a function pays, flushes and checks at its calls. */
export class Calls {
  readonly #output: CodeWriter;
  readonly #counting: Counting;
  readonly #events: Events;
  readonly #plan: Plan;
  readonly #lengthAt: (place: number) => number;
  /** The calling function. */
  #index = 0;
  /** What is paid after the current chain of calls; 0 for nothing. */
  #afterChain = 0;

  /** `lengthAt` returns how many bytes the instruction at a place has. */
  constructor(output: CodeWriter, counting: Counting, events: Events, plan: Plan, lengthAt: (place: number) => number) {
    this.#output = output;
    this.#counting = counting;
    this.#events = events;
    this.#plan = plan;
    this.#lengthAt = lengthAt;
  }

  /** Starts a function. */
  enter(index: number): void {
    this.#index = index;
  }

  /** Inserts what belongs before a call, and returns how many bytes of the code it replaces. */
  write(event: number, plan: FunctionPlan, counter: number): number {
    const kind = this.#events.kind(event);
    if (kind === Event.tailCall || kind === Event.tailCallIndirect) this.#beforeTailCall(event, plan, counter);
    else if (kind !== Event.nextCall) this.#beforeChain(event, plan, counter);
    if (plan.paysEachCall) this.#counting.pay(this.#plan.price(event));
    const isLast = this.#events.kind(event + 1) !== Event.nextCall;
    return isLast && this.#afterChain > 0 ? this.#payAfter(event, counter) : 0;
  }

  #beforeChain(event: number, plan: FunctionPlan, counter: number): void {
    this.#afterChain = 0;
    if (plan.paysAtCalls) {
      const price = this.#plan.recursivePrice(this.#index, event);
      if (plan.paysAfterCalls && this.#plan.fitsAfterCalls(price)) this.#afterChain = price;
      else this.#take(price, counter);
    } else if (plan.flushesAtCalls && this.#plan.flushesBefore(this.#index, event)) {
      this.#counting.flushAndClear(counter, plan.paysEachCall ? 0 : this.#plan.recursivePrice(this.#index, event));
    }
  }

  /** A tail call ends the function, so its counter is flushed. */
  #beforeTailCall(event: number, plan: FunctionPlan, counter: number): void {
    this.#afterChain = 0;
    const price = plan.paysEachCall ? 0 : this.#plan.recursivePrice(this.#index, event);
    if (plan.counts) this.#counting.flushAndClear(counter, price);
    else if (plan.paysAtCalls) this.#take(price, counter);
  }

  /** Copies the call, pays after it, and returns how many bytes it has. */
  #payAfter(event: number, counter: number): number {
    const place = this.#events.place(event);
    const length = this.#lengthAt(place);
    this.#output.copy(place, place + length);
    this.#take(this.#afterChain, counter);
    return length;
  }

  #take(price: number, counter: number): void {
    if (price > 0) this.#counting.take(price, counter);
  }
}
