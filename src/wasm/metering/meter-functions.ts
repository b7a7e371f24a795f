import { Event } from './meter-events.js';
import { addBody, copyBody, fillBody, initBody, lengthBody, spendBody } from './meter-helpers.js';
import type { MeterIndexes } from './meter-helpers.js';
import type { ModuleOutline } from './meter-module.js';

/** The functions that metering adds behind those that a module has: `spend`, `add`, and those that stand for bulk instructions. */
export class AddedFunctions {
  /** Type indexes. */
  readonly types: number[];
  readonly bodies: Uint8Array[];
  readonly #outline: ModuleOutline;
  readonly #indexes: MeterIndexes;
  readonly #known = new Map<string, number>();

  constructor(outline: ModuleOutline, indexes: MeterIndexes) {
    this.#outline = outline;
    this.#indexes = indexes;
    this.types = [indexes.spendType, indexes.askType];
    this.bodies = [spendBody(indexes), addBody(indexes)];
  }

  /** The index of the one that stands for an event, of this kind and value. */
  for(kind: number, value: number): number {
    const key = kind === Event.memoryInit ? `${kind} ${value}` : String(kind);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const index = this.#outline.functions + this.bodies.length;
    this.#known.set(key, index);
    this.types.push(kind === Event.length ? this.#indexes.askType : this.#indexes.bulkType);
    this.bodies.push(this.#bodyFor(kind, value));
    return index;
  }

  #bodyFor(kind: number, value: number): Uint8Array {
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
