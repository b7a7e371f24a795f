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
  locals = 0;
  /** The operands on the stack. Negative where unreachable code takes values from an empty stack. */
  height = 0;
  cost = 0;
  /** How many blocks are open. */
  depth = 0;
  /** The height of the stack at the start and at the end of each open block. */
  starts: Int32Array = new Int32Array(64);
  ends: Int32Array = new Int32Array(64);
  /** What a call costs here: more inside a `try` or `try_table`. */
  callWeight: number = costWeights.call;
  /** The depth of the outermost `try` or `try_table` that is open; -1 for none. */
  #handledFrom = -1;

  /** Starts the next function. */
  begin(locals: number): void {
    this.locals = locals;
    this.height = 0;
    this.cost = 0;
    this.depth = 0;
    this.#handle(-1);
  }

  branch(weight: number = costWeights.branch): void {
    this.#add(weight);
  }

  /** Adds a call that changes the height of the stack by `effect`. */
  call(effect: number): void {
    this.#add(this.callWeight);
    this.height += effect;
  }

  /** Starts a block, whose parameters are on the stack. */
  open(opcode: number, params: number, results: number): void {
    const height = Math.max(this.height, params);
    this.height = height;
    // The results are merged at the end of the block.
    this.#add(opcode === Op.loop ? costWeights.loop : opcode === Op.if ? costWeights.if : costWeights.block, results);
    if (this.#handledFrom < 0 && (opcode === Op.try || opcode === Op.tryTable)) this.#handle(this.depth);
    if (this.depth === this.starts.length) this.#grow();
    this.starts[this.depth] = height;
    this.ends[this.depth] = height - params + results;
    this.depth += 1;
  }

  /** Starts the `else` arm of an `if`, or a handler that receives so many `values`. */
  nextArm(values: number): void {
    this.height = (this.depth > 0 ? (this.starts[this.depth - 1] ?? 0) : 0) + values;
  }

  /** Ends a block, or the function with its last `end`. */
  close(): void {
    if (this.depth === 0) {
      this.height = 0;
      return;
    }
    this.depth -= 1;
    this.height = this.ends[this.depth] ?? 0;
    if (this.depth === this.#handledFrom) this.#handle(-1);
  }

  #handle(from: number): void {
    this.#handledFrom = from;
    this.callWeight = from < 0 ? costWeights.call : costWeights.branch;
  }

  #grow(): void {
    const [starts, ends] = [this.starts, this.ends];
    this.starts = new Int32Array(2 * starts.length);
    this.ends = new Int32Array(2 * ends.length);
    this.starts.set(starts);
    this.ends.set(ends);
  }

  #add(weight: number, more = 0): void {
    if (this.height < 0) this.height = 0;
    this.cost += weight * (this.locals + this.height + more);
  }
}
