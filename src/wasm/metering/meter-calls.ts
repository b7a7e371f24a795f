import type { Counting } from './meter-counting.js';
import { Event } from './meter-events.js';
import type { Events } from './meter-events.js';
import type { FunctionPlan, Plan } from './meter-plan.js';
import type { Output } from './output.js';

/** Writes what is paid, handed over and asked where a function calls, as its plan says. */
export class Calls {
  readonly #output: Output;
  readonly #counting: Counting;
  readonly #events: Events;
  readonly #plan: Plan;
  readonly #lengthAt: (place: number) => number;
  /** The function that calls. */
  #index = 0;
  /** What is paid behind the calls that stand next to each other; 0: nothing is. */
  #behind = 0;

  /** `lengthAt`: how many bytes the instruction at a place has. */
  constructor(output: Output, counting: Counting, events: Events, plan: Plan, lengthAt: (place: number) => number) {
    this.#output = output;
    this.#counting = counting;
    this.#events = events;
    this.#plan = plan;
    this.#lengthAt = lengthAt;
  }

  /** From here on, calls are those of this function. */
  enter(index: number): void {
    this.#index = index;
  }

  /** At an event that calls: gives how many bytes it takes the place of. */
  write(event: number, plan: FunctionPlan, counter: number): number {
    const kind = this.#events.kind(event);
    if (kind === Event.tailCall || kind === Event.tailCallIndirect) this.#beforeTailCall(event, plan, counter);
    else if (kind !== Event.nextCall) this.#beforeChain(event, plan, counter);
    if (plan.paysCalls) this.#counting.pay(this.#plan.price(event));
    const isLast = this.#events.kind(event + 1) !== Event.nextCall;
    return isLast && this.#behind > 0 ? this.#payBehind(event, counter) : 0;
  }

  #beforeChain(event: number, plan: FunctionPlan, counter: number): void {
    this.#behind = 0;
    if (plan.paysCircle) {
      const price = this.#plan.circlePrice(this.#index, event);
      if (plan.paysBehind && this.#plan.fitsBehind(price)) this.#behind = price;
      else this.#take(price, counter);
    } else if (plan.flushesCalls && this.#plan.handsOver(this.#index, event)) {
      this.#counting.flushAndClear(counter, plan.paysCalls ? 0 : this.#plan.circlePrice(this.#index, event));
    }
  }

  /** What was counted ends with the function. */
  #beforeTailCall(event: number, plan: FunctionPlan, counter: number): void {
    this.#behind = 0;
    const price = plan.paysCalls ? 0 : this.#plan.circlePrice(this.#index, event);
    if (plan.counts) this.#counting.flushAndClear(counter, price);
    else if (plan.paysCircle) this.#take(price, counter);
  }

  /** Gives how long the call is. */
  #payBehind(event: number, counter: number): number {
    const place = this.#events.place(event);
    const length = this.#lengthAt(place);
    this.#output.copy(place, place + length);
    this.#take(this.#behind, counter);
    return length;
  }

  #take(price: number, counter: number): void {
    if (price > 0) this.#counting.take(price, counter);
  }
}
