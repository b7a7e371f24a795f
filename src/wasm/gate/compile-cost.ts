import { Op } from '../reader/opcodes.js';

/**
 * The cost of compiling one instruction, for each local and each operand on the stack; a plain block costs 1. Measured in Chromium and
 * Firefox with both tiers: e2e/perf/results/compile-cost.json.
 */
export const costWeights = {
  block: 1,
  /** Chromium's first tier takes three to five times as long for an `if` as for a block. */
  if: 4,
  /** Firefox's optimizing tier creates a value for each local in each loop, which takes ten times as long as for a block. */
  loop: 8,
  branch: 1,
  /** For each target of a `br_table`, in addition to the branch. */
  target: 0.125,
  /** A call saves registers. Inside a `try` or `try_table` it counts as a branch instead, because it may continue at a handler. */
  call: 0.015625,
} as const;

/**
 * Estimates the cost of compiling one function: the sum of weight x (locals + operands on the stack) over its blocks, branches and calls.
 * Compilers merge the state of all locals and operands where control flow merges, so their time and memory grow with that sum, not with
 * bytes. After vector instructions and some others, the height is an upper bound until the end of the block. Engines do not compile the
 * unreachable code after a branch, so the height does not matter there.
 */
export class CompileCost {
  /** The parameters and locals of the function. */
  #locals = 0;
  /** The operands on the stack. */
  height = 0;
  cost = 0;
  /** The height of the stack at the start and at the end of each open block. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** The depth of the outermost `try` or `try_table` that is open; -1 for none. */
  #handledFrom = -1;

  /** Starts the next function. */
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

  /** Adds a call that changes the height of the stack by `effect`. */
  call(effect: number): void {
    this.#add(this.#handledFrom < 0 ? costWeights.call : costWeights.branch);
    this.height += effect;
  }

  /** Starts a block, whose parameters are on the stack. */
  open(opcode: number, params: number, results: number): void {
    const height = Math.max(this.height, params);
    this.height = height;
    // The results are merged at the end of the block.
    this.#add(opcode === Op.loop ? costWeights.loop : opcode === Op.if ? costWeights.if : costWeights.block, results);
    if (this.#handledFrom < 0 && (opcode === Op.try || opcode === Op.tryTable)) this.#handledFrom = this.#starts.length;
    this.#starts.push(height);
    this.#ends.push(height - params + results);
  }

  /** Starts the `else` arm of an `if`, or a handler that receives so many `values`. */
  nextArm(values: number): void {
    this.height = (this.#starts.at(-1) ?? 0) + values;
  }

  /** Ends a block, or the function with its last `end`. */
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
