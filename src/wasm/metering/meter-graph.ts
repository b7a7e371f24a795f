import { findComponents } from '../reader/cycles.js';
import type { ValueType } from '../../contract/module-report.js';
import type { Course } from './function-profile.js';
import { Event } from './meter-events.js';
import { mayBeFunction, typeOf } from './meter-module.js';
import type { ModuleOutline } from './meter-module.js';
import { Numbers } from '../reader/numbers.js';

/** The kinds of events that call, by bit. */
const calling: number = [Event.call, Event.nextCall, Event.callIndirect, Event.tailCall, Event.tailCallIndirect].reduce(
  (bits, kind) => bits | (1 << kind),
  0,
);

/**
 * Which function may call which, by whatever way. Node numbers: functions first, then a group for each kind of indirect call, then
 * whatever is outside of the module.
 */
export class CallGraph {
  readonly outside: number;
  /** Whether what is called indirectly may be a function of others: by what the module has, or by what its functions are given. */
  readonly callsOthers: boolean;
  readonly #outline: ModuleOutline;
  readonly #course: Course;
  readonly #groups: readonly (readonly number[])[];
  readonly #groupOfType: readonly number[];
  readonly #reachable: readonly number[];
  /** Where the calls of each own function begin, and of each call, its event and the node that it leads to. */
  readonly #firstCalls: Uint32Array;
  readonly #callEvents = new Numbers();
  readonly #targets = new Numbers();
  /** All nodes, circle by circle, each behind those that it leads to; and the node that each node's circle is known by. */
  readonly #order: Uint32Array;
  readonly #circles: Uint32Array;
  /** By the node that a circle is known by. */
  readonly #isCircle: Uint8Array;
  readonly #heights: Uint32Array;
  readonly #reachesImports: Uint8Array;

  constructor(outline: ModuleOutline, course: Course) {
    this.#outline = outline;
    this.#course = course;
    for (const index of course.referenced) outline.addressed.add(index);
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
    this.#circles = new Uint32Array(nodes);
    this.#isCircle = new Uint8Array(nodes);
    this.#heights = new Uint32Array(nodes);
    this.#reachesImports = new Uint8Array(nodes);
    let found = 0;
    findComponents(
      nodes,
      (node, at) => this.#edge(node, at),
      (node, root) => {
        this.#order[found++] = node;
        this.#circles[node] = root;
      },
    );
    for (let start = 0, end; start < nodes; start = end) {
      end = this.circleEnd(start);
      this.#measure(start, end);
    }
  }

  /** The node at this place of an order in which circles stand behind all that they lead to; those in no circle, alone. */
  nodeAt(place: number): number {
    return this.#order[place] ?? 0;
  }

  /** Where the circle ends in that order that begins at this place. */
  circleEnd(start: number): number {
    const circle = this.#circles[this.nodeAt(start)];
    let end = start + 1;
    while (end <= this.outside && this.#circles[this.nodeAt(end)] === circle) end += 1;
    return end;
  }

  /** Whether a node may lead back to itself. */
  isInCircle(node: number): boolean {
    return this.#isCircle[this.#circles[node] ?? 0] === 1;
  }

  isSameCircle(node: number, other: number): boolean {
    return this.#circles[node] === this.#circles[other];
  }

  /** How many calls, each of a circle or of a function in none, may be open at once in what a node calls, itself included. */
  height(node: number): number {
    return this.#heights[this.#circles[node] ?? 0] ?? 0;
  }

  /** Whether it may call an import, which may throw what this module knows nothing of. */
  reachesImports(node: number): boolean {
    return this.#reachesImports[this.#circles[node] ?? 0] === 1;
  }

  /** The functions that are called by what leads to a group. */
  membersOf(group: number): readonly number[] {
    return this.#groups[group - this.#outline.functions] ?? [];
  }

  /** The calls of a function, from this one up to, not including, `endOfCalls`. */
  firstCall(node: number): number {
    return this.#firstCalls[node - this.#outline.importedFunctions] ?? 0;
  }

  endOfCalls(node: number): number {
    return this.firstCall(node + 1);
  }

  eventOf(call: number): number {
    return this.#callEvents.at(call);
  }

  /** The node that a call leads to. */
  targetOf(call: number): number {
    return this.#targets.at(call);
  }

  /** The node that an event calls; -1 if it calls nothing. */
  target(event: number): number {
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
        return -1;
    }
  }

  /** The node that edge `at` of a node leads to; -1 when there are no more. */
  #edge(node: number, at: number): number {
    const { functions, importedFunctions, outside } = this.#outline;
    if (node === this.outside) return this.#reachable[at] ?? -1;
    if (node >= functions) return this.#groupEdge(node - functions, at);
    if (node < importedFunctions) return at === 0 && outside.has(node) ? this.outside : -1;
    const call = this.firstCall(node) + at;
    return call < this.endOfCalls(node) ? this.targetOf(call) : -1;
  }

  #listCalls(): Uint32Array {
    const { functions, events } = this.#course;
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

  /** What the circle leads to was measured before. */
  #measure(start: number, end: number): void {
    const { functions, importedFunctions } = this.#outline;
    const circle = this.#circles[this.nodeAt(start)] ?? 0;
    let height = 0;
    let reaches = 0;
    let own = 0;
    for (let place = start; place < end; place += 1) {
      const node = this.nodeAt(place);
      if (node < functions) own = 1;
      if (node < importedFunctions || node === this.outside) reaches = 1;
      for (let at = 0, target = this.#edge(node, 0); target !== -1; target = this.#edge(node, ++at)) {
        const other = this.#circles[target] ?? 0;
        if (other === circle) {
          this.#isCircle[circle] = 1;
          continue;
        }
        height = Math.max(height, this.#heights[other] ?? 0);
        reaches |= this.#reachesImports[other] ?? 0;
      }
    }
    this.#heights[circle] = height + own;
    this.#reachesImports[circle] = reaches;
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
