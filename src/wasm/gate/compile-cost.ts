import { Op } from '../reader/opcodes.js';

/**
 * What one instruction costs a compiler for each local and each operand on the stack. The unit is what a plain block costs. Measured in
 * Chromium and Firefox with both tiers: e2e/perf/results/compile-cost.json.
 */
export const costWeights = {
  block: 1,
  /** Chromium's first tier takes three to five times as long for an `if` as for a block. */
  if: 4,
  /** In Firefox's optimizing tier each local has a value of its own in each loop: ten times what a block takes. */
  loop: 8,
  branch: 1,
  /** Each target of a `br_table`, besides the branch. */
  target: 0.125,
  /** A call saves what is in registers. One that may throw to a handler of its function is a branch too. */
  call: 0.015625,
} as const;

/**
 * Estimates what it costs an engine to compile one function: the sum over its blocks, branches and calls of weight x (locals + operands
 * on the stack). Compilers merge the state of every local and operand where control flow meets, so their time and memory grow with that
 * sum, not with bytes. After vector instructions and some others the stack may seem higher than it is, until the end of the block. Code
 * after a branch is not compiled, so any height will do there.
 */
export class CompileCost {
  /** The parameters and locals of the function. */
  #locals = 0;
  /** The operands on the stack. */
  height = 0;
  cost = 0;
  /** The height at the start and at the end of each open block. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** The depth of the outermost `try` or `try_table` that is open; -1 for none. */
  #handledFrom = -1;

  /** Begins the next function. */
  begin(locals: number): void {
    this.#locals = locals;
    this.height = 0;
    this.cost = 0;
    this.#starts.length = 0;
    this.#ends.length = 0;
    this.#handledFrom = -1;
  }

  branch(weight: number = costWeights.branch): void {
    this.#add(weight);
  }

  /** Takes a call that changes the height of the stack by `effect`. */
  call(effect: number): void {
    this.#add(this.#handledFrom < 0 ? costWeights.call : costWeights.branch);
    this.height += effect;
  }

  /** Opens a block, whose parameters are on the stack. */
  open(opcode: number, params: number, results: number): void {
    const height = Math.max(this.height, params);
    this.height = height;
    // The results are merged at the end of the block.
    this.#add(opcode === Op.loop ? costWeights.loop : opcode === Op.if ? costWeights.if : costWeights.block, results);
    if (this.#handledFrom < 0 && (opcode === Op.try || opcode === Op.tryTable)) this.#handledFrom = this.#starts.length;
    this.#starts.push(height);
    this.#ends.push(height - params + results);
  }

  /** Begins the second arm of an `if`, or a handler that receives `values`. */
  nextArm(values: number): void {
    this.height = (this.#starts.at(-1) ?? 0) + values;
  }

  /** Ends a block. The last `end` is that of the function. */
  close(): void {
    this.#starts.pop();
    this.height = this.#ends.pop() ?? 0;
    if (this.#starts.length === this.#handledFrom) this.#handledFrom = -1;
  }

  #add(weight: number, more = 0): void {
    if (this.height < 0) this.height = 0;
    this.cost += weight * (this.#locals + this.height + more);
  }
}
