import { CallGraph } from './meter-graph.js';
import type { Course, FunctionCourse } from './function-profile.js';
import { Event } from './meter-events.js';
import type { ModuleOutline } from './meter-module.js';
import { noRun } from './meter-blocks.js';

/** Work between two looks at the clock that a function may do beside its loops, those that it calls included. */
const mostUnchecked = 2_048;
/** The same, of one function that pays for its calls when it begins. */
const mostAtOnce = 65_536;
/** Of a function that pays behind its calls, its own work and that price: calls may be as deep as the stack before one is paid. */
const mostBehind = 128;
/** So deep may calls be, of functions in no circle, that keep what they counted to themselves. */
const mostHeight = 64;

/** What is done to one function. */
export interface FunctionPlan {
  /** Its course is charged by those that call it. */
  readonly isFolded: boolean;
  /** It asks whether it may go on when it begins: it is long, or may call itself and does not ask where it calls. */
  readonly checksEntry: boolean;
  /** It counts in a local. */
  readonly counts: boolean;
  /** It hands over what it counted, and asks, before some of its calls: see `handsOver`. */
  readonly flushesCalls: boolean;
  /** It pays, and asks, where it calls what may call it again: so it need not ask when it begins. */
  readonly paysCircle: boolean;
  /** That may be behind the call, which is cheaper in Chromium. */
  readonly paysBehind: boolean;
  /** Its calls are so many, and do so much, that it pays for each alone. */
  readonly paysCalls: boolean;
}

/** `index` is that of the function that calls; `chain` is the first of the calls that stand next to each other. */
export interface Plan {
  readonly functions: readonly FunctionPlan[];
  /** What a caller pays for what one event calls; -1 when that is nothing to be looked at. */
  readonly price: (event: number) => number;
  /** Whether any of a chain may call the function again, may throw, or may go deep. */
  readonly handsOver: (index: number, chain: number) => boolean;
  /** What those of a chain cost that may call the function again. */
  readonly circlePrice: (index: number, chain: number) => number;
  /** Whether so much may be paid behind a chain. */
  readonly fitsBehind: (price: number) => boolean;
}

/** Decides what is done to each function: which may call themselves, and how much work each does unasked. */
export function planFunctions(outline: ModuleOutline, course: Course, exact: boolean): Plan {
  const planner = new Planner(outline, course, exact);
  return {
    functions: planner.plan(),
    price: (event) => planner.price(event),
    handsOver: (index, chain) => planner.handsOver(index, chain),
    circlePrice: (index, chain) => planner.circlePrice(index, chain),
    fitsBehind: (price) => price <= mostBehind,
  };
}

class Planner {
  readonly #outline: ModuleOutline;
  readonly #course: Course;
  readonly #exact: boolean;
  readonly #graph: CallGraph;
  readonly #plans: FunctionPlan[] = [];
  readonly #shared: FunctionPlan[] = [];
  /** What a call to each node costs the caller, and the work it may do before it asks. */
  readonly #folded: Float64Array;
  readonly #unchecked: Float64Array;

  constructor(outline: ModuleOutline, course: Course, exact: boolean) {
    this.#outline = outline;
    this.#course = course;
    this.#exact = exact;
    this.#graph = new CallGraph(outline, course);
    this.#folded = new Float64Array(this.#graph.outside + 1);
    this.#unchecked = new Float64Array(this.#graph.outside + 1);
    // Whoever calls an import may be decided on before it is.
    this.#folded.set(outline.importCosts);
  }

  plan(): FunctionPlan[] {
    const { functions, importedFunctions } = this.#outline;
    const graph = this.#graph;
    for (let start = 0, end; start <= graph.outside; start = end) {
      end = graph.circleEnd(start);
      for (let place = start; place < end; place += 1) {
        const node = graph.nodeAt(place);
        if (node >= importedFunctions && node < functions) this.#decide(node);
      }
      // Groups, when all of their circle is decided on.
      for (let place = start; place < end; place += 1) {
        if (graph.nodeAt(place) >= functions) this.#decideGroup(graph.nodeAt(place));
      }
    }
    return this.#plans;
  }

  #decide(node: number): void {
    const { importedFunctions, addressed } = this.#outline;
    const graph = this.#graph;
    const own = this.#course.functions.at(node - importedFunctions);
    const { hasLoops } = own;
    const isCircle = graph.isInCircle(node);
    const { unwinds } = this.#course;
    const unchecked = this.#unpaidBy(node, own);
    const paysCalls = unchecked > mostAtOnce;
    if (!paysCalls) this.#chargeRuns(node);
    const paysCircle = isCircle && !hasLoops && !this.#exact && !paysCalls;
    const paysBehind = paysCircle && unchecked <= mostBehind && !unwinds && !graph.reachesImports(node);
    // What counts hands over, and asks, before it calls what may come back; with loops it asks at its end, too.
    const asksAtCalls = paysCircle || (this.#exact && own.runs > 1);
    const checksEntry = !hasLoops && ((isCircle && !asksAtCalls) || unchecked > mostUnchecked);
    const isFolded = !hasLoops && !checksEntry && (!this.#exact || (own.runs === 1 && !addressed.has(node)));
    const counts = !isFolded && (this.#exact ? own.runs > 1 : hasLoops);
    const flushesCalls = counts && (isCircle || unwinds || graph.height(node) > mostHeight);
    const bits =
      +isFolded |
      (+checksEntry << 1) |
      (+counts << 2) |
      (+flushesCalls << 3) |
      (+paysCircle << 4) |
      (+paysBehind << 5) |
      (+paysCalls << 6);
    // Functions with the same plan share one object.
    this.#plans[node - importedFunctions] = this.#shared[bits] ??= {
      isFolded,
      checksEntry,
      counts,
      flushesCalls,
      paysCircle,
      paysBehind,
      paysCalls,
    };
    this.#unchecked[node] = hasLoops || checksEntry ? 0 : unchecked;
    this.#folded[node] = isFolded ? unchecked : 0;
  }

  /** What is called indirectly cannot be told from what else might be: it counts as the worst of them, and of what others have folded. */
  #decideGroup(node: number): void {
    const { callsOthers } = this.#graph;
    let folded = callsOthers ? mostUnchecked : 0;
    let unchecked = 0;
    for (const member of this.#graph.membersOf(node)) {
      folded = Math.max(folded, this.#folded[member] ?? 0);
      unchecked = Math.max(unchecked, this.#unchecked[member] ?? 0);
    }
    this.#unchecked[node] = unchecked;
    if (!this.#exact) this.#folded[node] = folded;
  }

  /** The work that a function may do unasked, were each run to run once. */
  #unpaidBy(node: number, { firstRun, runs }: FunctionCourse): number {
    let unpaid = 0;
    const end = this.#graph.endOfCalls(node);
    for (let call = this.#graph.firstCall(node); call < end; call += 1) {
      const target = this.#graph.targetOf(call);
      if (this.#isPaidApart(node, target)) continue;
      unpaid += Math.max(this.#unchecked[target] ?? 0, this.#folded[target] ?? 0);
    }
    for (let run = firstRun; run < firstRun + runs; run += 1) unpaid += this.#course.costs.at(run);
    return unpaid;
  }

  /** Adds to each run what its calls cost. */
  #chargeRuns(node: number): void {
    const graph = this.#graph;
    const end = graph.endOfCalls(node);
    for (let call = graph.firstCall(node); call < end; call += 1) {
      const target = graph.targetOf(call);
      if (this.#folded[target] === 0 || this.#isPaidApart(node, target)) continue;
      const run = this.#course.events.run(graph.eventOf(call));
      if (run !== noRun) this.#course.costs.add(run, this.#folded[target] ?? 0);
    }
  }

  /** Calls within a circle are paid where they are, and not known before all of it is decided on. For fuel, each pays for itself. */
  #isPaidApart(node: number, target: number): boolean {
    return !this.#exact && this.#graph.isSameCircle(node, target);
  }

  price(event: number): number {
    const target = this.#graph.target(event);
    if (target < 0 || (this.#unchecked[target] === 0 && this.#folded[target] === 0)) return -1;
    return this.#folded[target] ?? 0;
  }

  handsOver(index: number, chain: number): boolean {
    if (this.#course.unwinds) return true;
    const graph = this.#graph;
    const end = this.#chainEnd(chain);
    for (let event = chain; event < end; event += 1) {
      const target = graph.target(event);
      if (graph.isSameCircle(index, target) || graph.height(target) > mostHeight) return true;
    }
    return false;
  }

  circlePrice(index: number, chain: number): number {
    const end = this.#chainEnd(chain);
    let price = 0;
    for (let event = chain; event < end; event += 1) {
      const target = this.#graph.target(event);
      if (this.#isPaidApart(index, target)) price += this.#folded[target] ?? 0;
    }
    return price;
  }

  #chainEnd(chain: number): number {
    const { events } = this.#course;
    let end = chain + 1;
    while (events.kind(end) === Event.nextCall) end += 1;
    return end;
  }
}
