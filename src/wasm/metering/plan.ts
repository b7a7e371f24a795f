import { CallGraph } from './call-graph.js';
import type { ModuleOutline } from './outline.js';
import { Event } from './profile.js';
import type { FunctionProfile, ModuleProfile } from './profile.js';
import { noRegion } from './regions.js';

/** The most work without a check that a function may do outside of its loops, with what it calls. */
const mostUnchecked = 2_048;
/** The most that a function may charge for its calls in advance. With more it pays for each call alone. */
const mostAtOnce = 65_536;
/** The most that may be paid after a call: recursion may be as deep as the stack before the first payment. */
const mostAfterCall = 128;
/** How many functions, each calling the next without recursion, may hold back what they counted. */
const mostHeight = 64;

/** What metering does to one function. */
export interface FunctionPlan {
  /** Its callers pay for it. */
  readonly isPaidByCallers: boolean;
  /** It checks the budget at its entry, because it is long, or because it is recursive and does not check at its calls. */
  readonly checksEntry: boolean;
  /** It counts in a local. */
  readonly counts: boolean;
  /** It flushes its counter, and checks, before some of its calls: see `flushesBefore`. */
  readonly flushesAtCalls: boolean;
  /** It pays for recursive calls, and checks, where it makes them, and so need not check at its entry. */
  readonly paysAtCalls: boolean;
  /** It may do so after the call, which is cheaper in Chromium. */
  readonly paysAfterCalls: boolean;
  /** It pays for each call alone, because they are many and do much. */
  readonly paysEachCall: boolean;
}

/** `index` is the calling function; `chain` is the event of the first of some calls with only straight code between them. */
export interface Plan {
  readonly functions: readonly FunctionPlan[];
  /** Returns what a caller pays for one call; -1 for a call that does no work. */
  readonly price: (event: number) => number;
  /** Whether a call of the chain may be recursive, may throw, or may go deep. */
  readonly flushesBefore: (index: number, chain: number) => boolean;
  /** Returns what the recursive calls of a chain cost. */
  readonly recursivePrice: (index: number, chain: number) => number;
  /** Whether this price may be paid after a chain. */
  readonly fitsAfterCalls: (price: number) => boolean;
}

/** Decides what is done to each function, by its recursion and by how much work it does without a check. */
export function planFunctions(outline: ModuleOutline, profile: ModuleProfile, exact: boolean): Plan {
  const planner = new Planner(outline, profile, exact);
  return {
    functions: planner.plan(),
    price: (event) => planner.price(event),
    flushesBefore: (index, chain) => planner.flushesBefore(index, chain),
    recursivePrice: (index, chain) => planner.recursivePrice(index, chain),
    fitsAfterCalls: (price) => price <= mostAfterCall,
  };
}

class Planner {
  readonly #outline: ModuleOutline;
  readonly #profile: ModuleProfile;
  readonly #exact: boolean;
  readonly #graph: CallGraph;
  readonly #plans: FunctionPlan[] = [];
  readonly #shared: FunctionPlan[] = [];
  /** For each node, what a call costs the caller, and the work that it may do without a check. */
  readonly #paid: Float64Array;
  readonly #unchecked: Float64Array;

  constructor(outline: ModuleOutline, profile: ModuleProfile, exact: boolean) {
    this.#outline = outline;
    this.#profile = profile;
    this.#exact = exact;
    this.#graph = new CallGraph(outline, profile);
    this.#paid = new Float64Array(this.#graph.outside + 1);
    this.#unchecked = new Float64Array(this.#graph.outside + 1);
    // A caller of an import may be decided before the import is.
    this.#paid.set(outline.importCosts);
  }

  plan(): FunctionPlan[] {
    const { functions, importedFunctions } = this.#outline;
    const graph = this.#graph;
    for (let start = 0, end; start <= graph.outside; start = end) {
      end = graph.componentEnd(start);
      for (let place = start; place < end; place += 1) {
        const node = graph.nodeAt(place);
        if (node >= importedFunctions && node < functions) this.#decide(node);
      }
      // Groups come after all functions of the component.
      for (let place = start; place < end; place += 1) {
        if (graph.nodeAt(place) >= functions) this.#decideGroup(graph.nodeAt(place));
      }
    }
    return this.#plans;
  }

  #decide(node: number): void {
    const { importedFunctions, addressed } = this.#outline;
    const graph = this.#graph;
    const own = this.#profile.functions.at(node - importedFunctions);
    const { hasLoops } = own;
    const isRecursive = graph.isRecursive(node);
    const { unwinds } = this.#profile;
    const unchecked = this.#unpaidBy(node, own);
    const paysEachCall = unchecked > mostAtOnce;
    if (!paysEachCall) this.#chargeRegions(node);
    const paysAtCalls = isRecursive && !hasLoops && !this.#exact && !paysEachCall;
    const paysAfterCalls = paysAtCalls && unchecked <= mostAfterCall && !unwinds && !graph.reachesImports(node);
    // A function that counts checks before its recursive calls; with loops it also checks at its end.
    const checksAtCalls = paysAtCalls || (this.#exact && own.regions > 1);
    const checksEntry = !hasLoops && ((isRecursive && !checksAtCalls) || unchecked > mostUnchecked);
    const isPaidByCallers = !hasLoops && !checksEntry && (!this.#exact || (own.regions === 1 && !addressed.has(node)));
    const counts = !isPaidByCallers && (this.#exact ? own.regions > 1 : hasLoops);
    const flushesAtCalls = counts && (isRecursive || unwinds || graph.height(node) > mostHeight);
    const bits =
      +isPaidByCallers |
      (+checksEntry << 1) |
      (+counts << 2) |
      (+flushesAtCalls << 3) |
      (+paysAtCalls << 4) |
      (+paysAfterCalls << 5) |
      (+paysEachCall << 6);
    // Functions with the same plan share one object.
    this.#plans[node - importedFunctions] = this.#shared[bits] ??= {
      isPaidByCallers,
      checksEntry,
      counts,
      flushesAtCalls,
      paysAtCalls,
      paysAfterCalls,
      paysEachCall,
    };
    this.#unchecked[node] = hasLoops || checksEntry ? 0 : unchecked;
    this.#paid[node] = isPaidByCallers ? unchecked : 0;
  }

  /** An indirect call may reach any function of its group, or one of another module, so it costs as much as the most expensive of them. */
  #decideGroup(node: number): void {
    const { callsOthers } = this.#graph;
    let paid = callsOthers ? mostUnchecked : 0;
    let unchecked = 0;
    for (const member of this.#graph.membersOf(node)) {
      paid = Math.max(paid, this.#paid[member] ?? 0);
      unchecked = Math.max(unchecked, this.#unchecked[member] ?? 0);
    }
    this.#unchecked[node] = unchecked;
    if (!this.#exact) this.#paid[node] = paid;
  }

  /** Returns the work that a function does without a check if each of its regions is executed once. */
  #unpaidBy(node: number, { firstRegion, regions }: FunctionProfile): number {
    let unpaid = 0;
    const end = this.#graph.endOfCalls(node);
    for (let call = this.#graph.firstCall(node); call < end; call += 1) {
      const target = this.#graph.targetOf(call);
      if (this.#isPaidApart(node, target)) continue;
      unpaid += Math.max(this.#unchecked[target] ?? 0, this.#paid[target] ?? 0);
    }
    for (let at = 0; at < regions; at += 1) unpaid += this.#profile.costs.at(firstRegion + at);
    return unpaid;
  }

  /** Adds what calls cost to the regions in which they are. */
  #chargeRegions(node: number): void {
    const graph = this.#graph;
    const end = graph.endOfCalls(node);
    for (let call = graph.firstCall(node); call < end; call += 1) {
      const target = graph.targetOf(call);
      if (this.#paid[target] === 0 || this.#isPaidApart(node, target)) continue;
      const region = this.#profile.events.region(graph.eventOf(call));
      if (region !== noRegion) this.#profile.costs.add(region, this.#paid[target] ?? 0);
    }
  }

  /** Recursive calls are paid where they are made: their price is known only after the whole component is decided. For fuel, each function pays for itself. */
  #isPaidApart(node: number, target: number): boolean {
    return !this.#exact && this.#graph.isSameComponent(node, target);
  }

  price(event: number): number {
    const target = this.#graph.target(event);
    if (target < 0 || (this.#unchecked[target] === 0 && this.#paid[target] === 0)) return -1;
    return this.#paid[target] ?? 0;
  }

  flushesBefore(index: number, chain: number): boolean {
    if (this.#profile.unwinds) return true;
    const graph = this.#graph;
    const end = this.#chainEnd(chain);
    for (let event = chain; event < end; event += 1) {
      const target = graph.target(event);
      if (graph.isSameComponent(index, target) || graph.height(target) > mostHeight) return true;
    }
    return false;
  }

  recursivePrice(index: number, chain: number): number {
    const end = this.#chainEnd(chain);
    let price = 0;
    for (let event = chain; event < end; event += 1) {
      const target = this.#graph.target(event);
      if (this.#isPaidApart(index, target)) price += this.#paid[target] ?? 0;
    }
    return price;
  }

  #chainEnd(chain: number): number {
    const { events } = this.#profile;
    let end = chain + 1;
    while (events.kind(end) === Event.nextCall) end += 1;
    return end;
  }
}
