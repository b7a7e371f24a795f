import { findCircles } from './circles.js';
import type { ValueType } from '../contract/module-report.js';
import { Event } from './meter-events.js';
import type { Course, FunctionCourse } from './meter-course.js';
import type { ModuleOutline } from './meter-module.js';
import { noRun } from './meter-runs.js';

/** Work between two looks at the clock that a function may do beside its loops, those that it calls included. */
const mostUnchecked = 2_048;
/** The same, of a function that pays for its calls behind them: calls may be as deep as the stack before the first returns. */
const mostUnpaid = 256;
/** The same, of one function that pays for its calls when it begins. */
const mostAtOnce = 65_536;

/** What is done to one function. */
export interface FunctionPlan {
  /** Its course is charged by those that call it. */
  readonly isFolded: boolean;
  /** It asks whether it may go on when it begins: it may call itself, or is long. */
  readonly checksEntry: boolean;
  /** It counts in a local. */
  readonly counts: boolean;
  /** It hands over what it counted, and asks, before it calls what may call it again, or throw. */
  readonly flushesCalls: boolean;
  /** It pays, and asks, where it calls what may call it again: so it need not ask when it begins. */
  readonly paysCircle: boolean;
  /** That is behind the call, which is cheaper in Chromium. */
  readonly paysBehind: boolean;
  /** Its calls are so many, and do so much, that it pays for each alone. */
  readonly paysCalls: boolean;
}

export interface Plan {
  readonly functions: readonly FunctionPlan[];
  /** What a caller pays for what an event calls; -1 when that is nothing to be looked at. */
  readonly price: (event: number) => number;
  /** Whether what an event calls, or a call that stands next to it, may call this function again, or throw. */
  readonly mayComeBack: (index: number, event: number) => boolean;
  /** What all of them cost that may call it again. */
  readonly circlePrice: (index: number, event: number) => number;
}

/**
 * Which functions may call themselves, by whatever way, and how much work each does unasked. Tarjan's algorithm: a circle's functions
 * come out together, and after all that they call.
 */
export function planFunctions(outline: ModuleOutline, course: Course, exact: boolean): Plan {
  const planner = new Planner(outline, course, exact);
  return {
    functions: planner.plan(),
    price: (event) => planner.price(event),
    mayComeBack: (index, event) => planner.mayComeBack(index, event),
    circlePrice: (index, event) => planner.circlePrice(index, event),
  };
}

class Planner {
  readonly #outline: ModuleOutline;
  readonly #course: Course;
  readonly #exact: boolean;
  readonly #plans: FunctionPlan[] = [];
  readonly #shared: FunctionPlan[] = [];
  /** Node numbers: functions first, then one for each kind of indirect call, then whatever is outside. */
  readonly #groups: readonly (readonly number[])[];
  readonly #groupOfType: readonly number[];
  readonly #outside: number;
  readonly #reachable: readonly number[];
  /** What a call to each node costs the caller, and the work it may do before it asks. */
  readonly #folded: Float64Array;
  readonly #unchecked: Float64Array;
  readonly #decidedGroups: Uint8Array;
  /** The node that each node's circle is known by. */
  readonly #circles: Uint32Array;

  constructor(outline: ModuleOutline, course: Course, exact: boolean) {
    this.#outline = outline;
    this.#course = course;
    this.#exact = exact;
    for (const index of course.referenced) outline.addressed.add(index);
    const { groups, ofType } = groupByType(outline);
    this.#groups = groups;
    this.#groupOfType = ofType;
    this.#outside = outline.functions + groups.length;
    this.#reachable = [...outline.addressed];
    this.#folded = new Float64Array(this.#outside + 1);
    this.#unchecked = new Float64Array(this.#outside + 1);
    this.#circles = new Uint32Array(this.#outside + 1);
    this.#decidedGroups = new Uint8Array(groups.length + 1);
    // Whoever calls an import may be decided on before it is.
    this.#folded.set(outline.importCosts);
  }

  plan(): FunctionPlan[] {
    const order = new Uint32Array(this.#outside + 1);
    const inCircle = new Uint8Array(this.#outside + 1);
    let found = 0;
    findCircles(
      this.#outside + 1,
      (node, at) => this.#edge(node, at),
      (node, isCircle, first) => {
        order[found++] = node;
        inCircle[node] = Number(isCircle);
        this.#circles[node] = first;
      },
    );
    const { functions, importedFunctions } = this.#outline;
    for (const node of order) {
      if (node >= importedFunctions && node < functions) this.#decide(node, inCircle[node] === 1);
    }
    return this.#plans;
  }

  /** The node that edge `at` of a node leads to; -1 when there are no more. */
  #edge(node: number, at: number): number {
    const { functions, importedFunctions, outside } = this.#outline;
    if (node === this.#outside) return this.#reachable[at] ?? -1;
    if (node >= functions) return this.#groupEdge(node - functions, at);
    if (node < importedFunctions) return at === 0 && outside.has(node) ? this.#outside : -1;
    const event = this.#course.functions.eventAt(node - importedFunctions, at);
    return event < 0 ? -1 : this.#target(event);
  }

  #groupEdge(group: number, at: number): number {
    const members = this.#groups[group] ?? [];
    if (at < members.length) return members[at] ?? -1;
    return at === members.length && this.#outline.callsOthers ? this.#outside : -1;
  }

  /** The node that an event calls. An event that calls nothing leads to itself, so to speak: -2. */
  #target(event: number): number {
    const value = this.#course.events.value(event);
    switch (this.#course.events.kind(event)) {
      case Event.call:
      case Event.nextCall:
      case Event.tailCall:
        return value;
      case Event.callIndirect:
      case Event.tailCallIndirect:
        return this.#outline.functions + (this.#groupOfType[value] ?? 0);
      default:
        return -2;
    }
  }

  #decide(node: number, isCircle: boolean): void {
    const own = this.#course.functions.at(node - this.#outline.importedFunctions);
    const { hasLoops } = own;
    const { importedFunctions, addressed } = this.#outline;
    const unchecked = this.#unpaidBy(node, own);
    const paysCalls = unchecked > mostAtOnce;
    if (!paysCalls) this.#chargeRuns(node, own);
    // One with loops asks at its end, too.
    const paysCircle = isCircle && !hasLoops && !this.#exact && !paysCalls;
    const paysBehind = paysCircle && unchecked <= mostUnpaid && !this.#course.unwinds;
    const asksAtCalls = paysCircle || (this.#exact && own.runs > 1);
    const checksEntry = !hasLoops && ((isCircle && !asksAtCalls) || unchecked > mostUnchecked);
    const isFolded = !hasLoops && !checksEntry && (!this.#exact || (own.runs === 1 && !addressed.has(node)));
    const counts = !isFolded && (this.#exact ? own.runs > 1 : hasLoops);
    const flushesCalls = counts && (isCircle || this.#course.unwinds);
    this.#plans[node - importedFunctions] = this.#planOf({
      isFolded,
      checksEntry,
      counts,
      flushesCalls,
      paysCircle,
      paysBehind,
      paysCalls,
    });
    this.#unchecked[node] = hasLoops || checksEntry ? 0 : unchecked;
    this.#folded[node] = isFolded ? unchecked : 0;
  }

  /** Functions with the same plan share one object. */
  #planOf(plan: FunctionPlan): FunctionPlan {
    const bits = Object.values(plan).reduce((word, flag) => 2 * word + Number(flag), 0);
    return (this.#shared[bits] ??= plan);
  }

  /** The work that a function may do unasked, were each run to run once. */
  #unpaidBy(node: number, { firstEvent, events, firstRun, runs }: FunctionCourse): number {
    let unpaid = 0;
    for (let event = firstEvent; event < firstEvent + events; event += 1) {
      const target = this.#target(event);
      if (target >= 0 && !this.#isPaidApart(node, target)) {
        unpaid += Math.max(this.#uncheckedOf(target), this.#foldedOf(target));
      }
    }
    for (let run = firstRun; run < firstRun + runs; run += 1) unpaid += this.#course.costs.at(run);
    return unpaid;
  }

  /** Adds to each run what its calls cost. */
  #chargeRuns(node: number, { firstEvent, events }: FunctionCourse): void {
    for (let event = firstEvent; event < firstEvent + events; event += 1) {
      const run = this.#course.events.run(event);
      const target = this.#target(event);
      if (target >= 0 && run !== noRun && !this.#isPaidApart(node, target)) {
        this.#course.costs.add(run, this.#foldedOf(target));
      }
    }
  }

  /** Calls within a circle are paid where they are, and not known before all of it is decided on. For fuel, each pays for itself. */
  #isPaidApart(node: number, target: number): boolean {
    return !this.#exact && this.#circles[target] === this.#circles[node];
  }

  #uncheckedOf(node: number): number {
    this.#decideGroup(node);
    return this.#unchecked[node] ?? 0;
  }

  #foldedOf(node: number): number {
    this.#decideGroup(node);
    return this.#folded[node] ?? 0;
  }

  /** What is called indirectly cannot be told from what else might be: it counts as the worst of them, those that others call included. */
  #decideGroup(node: number): void {
    const group = node - this.#outline.functions;
    if (group < 0 || this.#decidedGroups[group] === 1) return;
    this.#decidedGroups[group] = 1;
    for (const member of this.#groups[group] ?? []) {
      this.#unchecked[node] = Math.max(this.#unchecked[node] ?? 0, this.#unchecked[member] ?? 0);
      this.#foldAsWell(node, member);
    }
    if (node === this.#outside) for (const member of this.#reachable) this.#foldAsWell(node, member);
    else if (this.#outline.callsOthers) this.#foldAsWell(node, this.#outside);
  }

  #foldAsWell(node: number, other: number): void {
    if (!this.#exact) this.#folded[node] = Math.max(this.#folded[node] ?? 0, this.#foldedOf(other));
  }

  price(event: number): number {
    const target = this.#target(event);
    if (target < 0 || (this.#uncheckedOf(target) === 0 && this.#foldedOf(target) === 0)) return -1;
    return this.#foldedOf(target);
  }

  mayComeBack(index: number, event: number): boolean {
    return this.#course.unwinds || this.#chain(event).some((target) => this.#circles[target] === this.#circles[index]);
  }

  circlePrice(index: number, event: number): number {
    return this.#chain(event).reduce(
      (price, target) => price + (this.#isPaidApart(index, target) ? this.#foldedOf(target) : 0),
      0,
    );
  }

  /** The nodes that an event calls, and those that stand next to it. */
  #chain(event: number): number[] {
    const { events } = this.#course;
    const targets = [this.#target(event)];
    for (let next = event + 1; events.kind(next) === Event.nextCall; next += 1) targets.push(this.#target(next));
    return targets;
  }
}

interface TypeGroups {
  readonly groups: number[][];
  readonly ofType: number[];
}

/**
 * The addressed functions by the type that an indirect call names. Types are equal by structure, not by index; where one could be a
 * subtype of another, all are one group.
 */
function groupByType({ typeEntries: types, functionTypes, addressed }: ModuleOutline): TypeGroups {
  const keys = types.map((type) => (type === null ? '' : `${type.params.join()}>${type.results.join()}`));
  const mixed = types.some((type) => type !== null && [...type.params, ...type.results].some(hasSubtypes));
  const numbers = new Map<string, number>();
  const ofType = keys.map((key) => {
    const shared = mixed ? '' : key;
    const number = numbers.get(shared) ?? numbers.size;
    numbers.set(shared, number);
    return number;
  });
  const groups: number[][] = Array.from({ length: numbers.size }, () => []);
  for (const index of addressed) groups[ofType[functionTypes[index] ?? 0] ?? 0]?.push(index);
  return { groups, ofType };
}

function hasSubtypes(type: ValueType): boolean {
  return type.startsWith('(') || (type.endsWith('ref') && type !== 'funcref' && type !== 'externref');
}
