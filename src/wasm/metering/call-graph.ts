import { findComponents } from '../reader/cycles.js';
import type { ValueType } from '../../contract/module-report.js';
import { Numbers } from '../reader/numbers.js';
import { mayBeFunction, typeOf } from './outline.js';
import type { ModuleOutline } from './outline.js';
import { Event } from './profile.js';
import type { ModuleProfile } from './profile.js';

/** The events that are calls, as a set of bits. */
const calling: number = [Event.call, Event.nextCall, Event.callIndirect, Event.tailCall, Event.tailCallIndirect].reduce(
  (bits, kind) => bits | (1 << kind),
  0,
);

/**
 * Which function may call which, directly or not. The nodes are the functions, then one group for each type of indirect calls, then one
 * node that stands for everything outside of the module. Recursion is a cycle of this graph.
 */
export class CallGraph {
  readonly outside: number;
  /** Whether an indirect call may reach a function of another module, also by references that are passed as parameters. */
  readonly callsOthers: boolean;
  readonly #outline: ModuleOutline;
  readonly #profile: ModuleProfile;
  readonly #groups: readonly (readonly number[])[];
  readonly #groupOfType: readonly number[];
  readonly #reachable: readonly number[];
  /** For each function of the module, its first call; for each call, its event and the node that it leads to. */
  readonly #firstCalls: Uint32Array;
  readonly #callEvents = new Numbers();
  readonly #targets = new Numbers();
  /** All nodes, component by component, each after those that it leads to; for each node, the node that identifies its component. */
  readonly #order: Uint32Array;
  readonly #components: Uint32Array;
  /** These are indexed by the node that identifies a component. */
  readonly #isCyclic: Uint8Array;
  readonly #heights: Uint32Array;
  readonly #reachesImports: Uint8Array;

  constructor(outline: ModuleOutline, profile: ModuleProfile) {
    this.#outline = outline;
    this.#profile = profile;
    for (const index of profile.referenced) outline.addressed.add(index);
    this.#reachable = [...outline.addressed];
    this.callsOthers =
      outline.callsOthers || this.#reachable.some((index) => typeOf(outline, index).params.some(mayBeFunction));
    const { groups, ofType } = groupByType(outline);
    this.#groups = groups;
    this.#groupOfType = ofType;
    this.outside = outline.functions + groups.length;
    this.#firstCalls = this.#listCalls();
    const nodes = this.outside + 1;
    this.#order = new Uint32Array(nodes);
    this.#components = new Uint32Array(nodes);
    this.#isCyclic = new Uint8Array(nodes);
    this.#heights = new Uint32Array(nodes);
    this.#reachesImports = new Uint8Array(nodes);
    let found = 0;
    findComponents(
      nodes,
      (node, at) => this.#edge(node, at),
      (node, root) => {
        this.#order[found++] = node;
        this.#components[node] = root;
      },
    );
    for (let start = 0, end; start < nodes; start = end) {
      end = this.componentEnd(start);
      this.#measure(start, end);
    }
  }

  /** Returns a node by its place in an order in which every component comes after those that it leads to. */
  nodeAt(place: number): number {
    return this.#order[place] ?? 0;
  }

  /** Returns the place after the component that begins at this place. */
  componentEnd(start: number): number {
    const component = this.#components[this.nodeAt(start)];
    let end = start + 1;
    while (end <= this.outside && this.#components[this.nodeAt(end)] === component) end += 1;
    return end;
  }

  /** Whether a node may lead back to itself. */
  isRecursive(node: number): boolean {
    return this.#isCyclic[this.#components[node] ?? 0] === 1;
  }

  isSameComponent(node: number, other: number): boolean {
    return this.#components[node] === this.#components[other];
  }

  /** Returns how many components a chain of calls from a node may pass, its own included. */
  height(node: number): number {
    return this.#heights[this.#components[node] ?? 0] ?? 0;
  }

  /** Whether a node may call an import, which may throw an exception that this module does not know of. */
  reachesImports(node: number): boolean {
    return this.#reachesImports[this.#components[node] ?? 0] === 1;
  }

  /** Returns the functions that an indirect call of a group may reach. */
  membersOf(group: number): readonly number[] {
    return this.#groups[group - this.#outline.functions] ?? [];
  }

  /** Returns the first call of a function; those up to, not including, `endOfCalls` are its calls. */
  firstCall(node: number): number {
    return this.#firstCalls[node - this.#outline.importedFunctions] ?? 0;
  }

  endOfCalls(node: number): number {
    return this.firstCall(node + 1);
  }

  eventOf(call: number): number {
    return this.#callEvents.at(call);
  }

  /** Returns the node that a call leads to. */
  targetOf(call: number): number {
    return this.#targets.at(call);
  }

  /** Returns the node that an event calls; -1 if it is not a call. */
  target(event: number): number {
    const value = this.#profile.events.value(event);
    switch (this.#profile.events.kind(event)) {
      case Event.call:
      case Event.nextCall:
      case Event.tailCall:
        return value;
      case Event.callIndirect:
      case Event.tailCallIndirect:
        return this.#outline.functions + (this.#groupOfType[value] ?? 0);
      default:
        return -1;
    }
  }

  /** Returns the target of the edge `at` of a node; -1 when there is none. */
  #edge(node: number, at: number): number {
    const { functions, importedFunctions, outside } = this.#outline;
    if (node === this.outside) return this.#reachable[at] ?? -1;
    if (node >= functions) return this.#groupEdge(node - functions, at);
    if (node < importedFunctions) return at === 0 && outside.has(node) ? this.outside : -1;
    const call = this.firstCall(node) + at;
    return call < this.endOfCalls(node) ? this.targetOf(call) : -1;
  }

  #listCalls(): Uint32Array {
    const { functions, events } = this.#profile;
    const first = new Uint32Array(functions.length + 1);
    let event = 0;
    for (let index = 0; index < functions.length; index += 1) {
      first[index] = this.#targets.length;
      for (const end = functions.endOfEvents(index); event < end; event += 1) {
        if (((calling >> events.kind(event)) & 1) === 0) continue;
        this.#callEvents.push(event);
        this.#targets.push(this.target(event));
      }
    }
    first[functions.length] = this.#targets.length;
    return first;
  }

  #groupEdge(group: number, at: number): number {
    const members = this.#groups[group] ?? [];
    if (at < members.length) return members[at] ?? -1;
    return at === members.length && this.callsOthers ? this.outside : -1;
  }

  /** Measures a component. Those that it leads to were measured before. */
  #measure(start: number, end: number): void {
    const { functions, importedFunctions } = this.#outline;
    const component = this.#components[this.nodeAt(start)] ?? 0;
    let height = 0;
    let reaches = 0;
    let own = 0;
    for (let place = start; place < end; place += 1) {
      const node = this.nodeAt(place);
      if (node < functions) own = 1;
      if (node < importedFunctions || node === this.outside) reaches = 1;
      for (let at = 0, target = this.#edge(node, 0); target !== -1; target = this.#edge(node, ++at)) {
        const other = this.#components[target] ?? 0;
        if (other === component) {
          this.#isCyclic[component] = 1;
          continue;
        }
        height = Math.max(height, this.#heights[other] ?? 0);
        reaches |= this.#reachesImports[other] ?? 0;
      }
    }
    this.#heights[component] = height + own;
    this.#reachesImports[component] = reaches;
  }
}

interface TypeGroups {
  readonly groups: number[][];
  readonly ofType: number[];
}

/**
 * Groups the addressed functions by the type that an indirect call names. Types are equal by structure, not by index. Where one type
 * could be a subtype of another, all functions are one group.
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
