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
  /** The function that calls, and the first of the calls that stand next to each other. */
  #index = 0;
  #chain = 0;

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
    else if (plan.paysBehind) return this.#behind(event, counter);
    else if (kind !== Event.nextCall) this.#before(event, plan, counter);
    if (plan.paysCalls) this.#counting.pay(this.#plan.price(event));
    return 0;
  }

  /** Before all calls that stand next to each other. */
  #before(event: number, plan: FunctionPlan, counter: number): void {
    if (plan.paysCircle) this.#take(event, counter);
    else if (plan.flushesCalls && this.#plan.mayComeBack(this.#index, event)) {
      this.#counting.flushAndClear(counter, plan.paysCalls ? 0 : this.#plan.circlePrice(this.#index, event));
    }
  }

  /** What it counted ends with the function. */
  #beforeTailCall(event: number, plan: FunctionPlan, counter: number): void {
    if (plan.counts) this.#counting.flushAndClear(counter);
    if (plan.counts || plan.paysCircle) this.#take(event, counter);
  }

  /** Behind the last of the calls that stand next to each other. */
  #behind(event: number, counter: number): number {
    const events = this.#events;
    if (events.kind(event) !== Event.nextCall) this.#chain = event;
    if (events.kind(event + 1) === Event.nextCall) return 0;
    const place = events.place(event);
    const length = this.#lengthAt(place);
    this.#output.copy(place, place + length);
    this.#take(this.#chain, counter);
    return length;
  }

  /** Takes what those calls cost that may come back, and asks. */
  #take(event: number, counter: number): void {
    const price = this.#plan.circlePrice(this.#index, event);
    if (price > 0) this.#counting.take(price, counter);
  }
}
