/** For tests: runs random sequences of calls of `extism:host/env` imports, on this runtime and on a port of the reference. */
import { defaultLimits, referenceSemantics } from '../../contract/policy.js';
import { compileKernel, Kernel } from '../../kernel/kernel.js';
import { ReferenceKernel } from '../../kernel/kernel.test-reference.js';
import { Vars } from '../../kernel/vars.js';
import type { PageImport } from '../suspend/waiter.js';
import { decodeStrict } from './blocks.js';
import { GuestFailure } from './guest-failure.js';
import { HostWork } from './host-work.js';
import { envImports, type GuestState } from './imports.js';
import { Logs } from './logs.js';
import { Meter } from './meter.js';

class Divergence extends Error {
  override readonly name = 'Divergence';
}

function same(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Divergence(`${what}: expected ${String(expected)}, found ${String(actual)}`);
}

export type EqualBytes = (one: Uint8Array, other: Uint8Array) => boolean;

/** Returns a seeded generator of integers from 0 to `limit` - 1. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  };
}

/** A block that exists in both kernels: its handle here, and its address in the reference. */
interface Block {
  readonly handle: bigint;
  readonly reference: number;
  readonly length: number;
  state: 'active' | 'freed' | 'reused';
}

/** Logs that keep the last message instead of sending it. */
class LastLine extends Logs {
  message: string | null = null;

  constructor() {
    super(() => {});
  }

  override write(_level: string, message: string): void {
    this.message = message;
  }
}

/** An import of `extism:host/env`, as a guest calls it. */
type Import = (...args: (bigint | number)[]) => bigint | number | undefined;

const valueLengths = [0, 1, 7, 12, 40, 150, 400, 3_000];
const far = [1n, 8n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 8n, 2n ** 64n - 1n];
const randomBytes = Uint8Array.from({ length: 100_000 }, (_value, index) => (index * 2_654_435_761) >>> 13);
/** Addresses of two fields of the kernel's data (kernel.as.ts): how far the reference's memory has grown, and where the index of blocks is. */
const grownAt = 72;
const indexAt = 84;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

function notText(level: string, length: number): string {
  return `The plug-in logged ${length} bytes at ${level} that are not UTF-8`;
}

/** How often each case occurred, so that a test can check that the sequences cover all cases. */
export interface SequenceCounts {
  allocations: number;
  reusedWhole: number;
  reusedTail: number;
  doubleFrees: number;
  freesOfTakenBlocks: number;
  loadsAfterFree: number;
  indexed: number;
}

export class SequenceRunner {
  readonly counts: SequenceCounts = {
    allocations: 0,
    reusedWhole: 0,
    reusedTail: 0,
    doubleFrees: 0,
    freesOfTakenBlocks: 0,
    loadsAfterFree: 0,
    indexed: 0,
  };
  readonly #equal: EqualBytes;
  readonly #kernel = new Kernel(compileKernel(), null);
  readonly #reference = new ReferenceKernel();
  readonly #config = new Map(valueLengths.map((length, index) => [`k${index}`, 'v'.repeat(length)]));
  readonly #vars = new Vars(Number.MAX_SAFE_INTEGER, 'full');
  readonly #modelVars = new Map<string, Uint8Array>();
  readonly #failure = new GuestFailure(() => {});
  readonly #meter = new Meter(this.#failure, null);
  readonly #logs = new LastLine();
  readonly #run: Readonly<Record<string, Import>>;
  #random = randomNumbers(0);
  #blocks: Block[] = [];
  /** Blocks that were passed to config_get, var_get, var_set, http_request or a log import, which own them. */
  #taken: Block[] = [];
  #input: Block | null = null;
  #output: { readonly block: Block; readonly offset: number; readonly length: number } | null = null;
  #error: Block | null = null;
  #answerLength = 0;
  #request: [request: string, body: Uint8Array | null] = ['', null];

  constructor(equal: EqualBytes) {
    this.#equal = equal;
    this.#config.set('', 'empty');
    const state: GuestState = {
      kernel: this.#kernel,
      vars: this.#vars,
      config: this.#config,
      logs: this.#logs,
      failure: this.#failure,
      meter: this.#meter,
      work: new HostWork(this.#failure, this.#meter, Infinity),
      policy: {
        limits: { ...defaultLimits, maxPages: null },
        semantics: referenceSemantics,
        allowGc: false,
        logLevel: 'info',
        afterHostFailure: 'keep',
        metering: null,
      },
      emptyOutput: { isSet: false },
      release: this.#kernel.exports.free,
      wasi: null,
      edge: { enter: (run) => run(), closure: (run) => run },
      waiting: (pageImport) => this.#answered(pageImport),
      pageFunction: () => undefined,
      workerFunction: () => undefined,
    };
    this.#run = Object.fromEntries(envImports(state)) as unknown as Record<string, Import>;
  }

  /** Runs the sequence for `seed`, then compares all blocks, the output and the error. */
  run(seed: number): void {
    this.#random = randomNumbers(seed);
    this.#begin();
    const long = this.#random(400) === 0;
    const operations = long ? 300 + this.#random(600) : 8 + this.#random(28);
    for (let left = operations; left > 0; left--) this.#operation(long);
    this.#compareAll();
  }

  #begin(): void {
    const random = this.#random;
    if (random(4) !== 0) {
      new DataView(this.#kernel.exports.memory.buffer).setBigUint64(grownAt, 0n, true);
      this.#reference.renew();
    }
    this.#reference.reset();
    this.#vars.clear();
    this.#modelVars.clear();
    this.#blocks = [];
    this.#taken = [];
    this.#output = null;
    this.#error = null;
    const length = [0, 1 + random(200), 1 + random(70_000), 62_000 + random(3_400)][random(4)] ?? 0;
    const input = randomBytes.subarray(0, length);
    same('the input fits', this.#kernel.begin(input), true);
    const reference = this.#reference.store(input);
    this.#input = length === 0 ? null : { handle: this.#call('input_offset'), reference, length, state: 'active' };
    this.#reference.inputSet(reference, length);
    if (this.#input !== null) this.#blocks.push(this.#input);
  }

  #operation(long: boolean): void {
    const random = this.#random;
    const block = this.#blocks[random(this.#blocks.length)];
    switch (random(24)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        this.#alloc(this.#length(long));
        return;
      case 5:
      case 6:
      case 7:
        this.#free(block);
        return;
      case 8:
        this.#free(this.#taken[random(this.#taken.length)]);
        return;
      case 9:
        return this.#freeNothing(block);
      case 10:
      case 11:
        return this.#store(block);
      case 12:
      case 13:
        return this.#load(block);
      case 14:
        return this.#lengths(block);
      case 15:
        return this.#loadInput();
      case 16:
        return this.#setOutput(block);
      case 17:
        return this.#setError(block);
      case 18:
      case 19:
        return this.#getConfig(this.#key());
      case 20:
        return this.#getVar(this.#key());
      case 21:
        return this.#setVar(this.#key(), block);
      case 22:
        return this.#requestHttp(this.#key(), block);
      default:
        return this.#log(block);
    }
  }

  #call(name: string, ...args: (bigint | number)[]): bigint {
    const result = this.#run[name]?.(...args);
    return typeof result === 'bigint' ? BigInt.asUintN(64, result) : 0n;
  }

  #length(long: boolean): number {
    const random = this.#random;
    switch (random(long ? 64 : 16)) {
      case 0:
        return 1 + random(70_000);
      case 1:
      case 2:
      case 3:
        return 1 + random(5_000);
      case 4:
        return 0;
      default:
        return 1 + random(random(2) === 0 ? 40 : 300);
    }
  }

  #alloc(length: number): Block | null {
    return this.#made(this.#call('alloc', BigInt(length)), this.#reference.alloc(length), length);
  }

  /** Records a block that both kernels allocated. Older blocks that it overlaps are marked `reused` and not compared again. */
  #made(handle: bigint, reference: number, length: number): Block | null {
    same('a handle', handle !== 0n, reference !== 0);
    if (reference === 0) return null;
    this.counts.allocations++;
    const { lastReused } = this.#reference;
    if (lastReused !== null) {
      if (lastReused.data === reference) this.counts.reusedWhole++;
      else this.counts.reusedTail++;
      const end = lastReused.data + lastReused.size;
      for (const block of this.#blocks) {
        if (block.reference + block.length > lastReused.data && block.reference < end) block.state = 'reused';
      }
    }
    const block: Block = { handle, reference, length, state: 'active' };
    this.#blocks.push(block);
    return block;
  }

  /** Frees the handle of `block`, which may have been freed before and may now be that of another block. */
  #free(block: Block | undefined): void {
    if (block === undefined) return;
    if (block.state !== 'active') this.counts.doubleFrees++;
    if (this.#taken.includes(block)) this.counts.freesOfTakenBlocks++;
    this.#call('free', block.handle);
    this.#reference.free(block.reference);
    this.#freed(block);
  }

  #freed({ reference }: Block): void {
    for (const block of this.#blocks) {
      if (block.reference === reference && block.state === 'active') block.state = 'freed';
    }
  }

  #freeNothing(block: Block | undefined): void {
    this.#call('free', far[this.#random(far.length)] ?? 0n);
    this.#call('free', 0n);
    if (block === undefined || block.state === 'reused' || block.length === 1) return;
    this.#call('free', block.handle + BigInt(1 + this.#random(block.length - 1)));
  }

  #store(block: Block | undefined): void {
    if (block === undefined || block.state === 'reused') return;
    const offset = this.#random(block.length);
    const value = this.#random(0x1_0000_0000);
    const address = block.handle + BigInt(offset);
    if (offset + 8 > block.length) {
      this.#call('store_u8', address, value);
      this.#reference.store8(block.reference + offset, value);
    } else {
      const word = BigInt(value) * 0x1_2345_6789n;
      this.#call('store_u64', address, word);
      this.#reference.store64(block.reference + offset, word);
    }
  }

  #load(block: Block | undefined): void {
    const wild = far[this.#random(far.length)] ?? 0n;
    same('load_u64 out of bounds', this.#call('load_u64', wild), 0n);
    if (block === undefined || block.state === 'reused') return;
    if (block.state === 'freed') this.counts.loadsAfterFree++;
    const offset = this.#random(block.length);
    const address = block.handle + BigInt(offset);
    same('load_u8', this.#run['load_u8']?.(address), this.#reference.load8(block.reference + offset));
    if (offset + 8 > block.length) return;
    same('load_u64', this.#call('load_u64', address), this.#reference.load64(block.reference + offset));
  }

  #lengths(block: Block | undefined): void {
    same('length out of bounds', this.#call('length', far[this.#random(far.length)] ?? 0n), 0n);
    if (block === undefined) return;
    const expected = BigInt(this.#reference.length(block.reference));
    same('length', this.#call('length', block.handle), expected);
    same('length_unsafe', this.#call('length_unsafe', block.handle), expected);
    if (block.state === 'reused' || block.length === 1) return;
    const inside = block.handle + BigInt(1 + this.#random(block.length - 1));
    same('length of an interior pointer', this.#call('length', inside), 0n);
    same('length_unsafe of an interior pointer', this.#call('length_unsafe', inside), 0n);
  }

  #loadInput(): void {
    const length = this.#reference.inputLength;
    same('input_length', this.#call('input_length'), BigInt(length));
    const offset = this.#random(length + 12);
    if (this.#input?.state === 'reused') return;
    same('input_load_u8', this.#run['input_load_u8']?.(BigInt(offset)), this.#reference.inputLoad8(offset));
    same('input_load_u64', this.#call('input_load_u64', BigInt(offset)), this.#reference.inputLoad64(offset));
  }

  #setOutput(block: Block | undefined): void {
    const wild = far[this.#random(far.length)] ?? 0n;
    this.#call('output_set', wild, 1n);
    this.#call('output_set', 0n, 0n);
    if (block === undefined || block.state === 'reused') return;
    const offset = this.#random(block.length);
    const length = 1 + this.#random(block.length - offset);
    this.#call('output_set', block.handle + BigInt(offset), BigInt(length));
    this.#reference.outputSet(block.reference + offset, length);
    this.#output = { block, offset, length };
  }

  #setError(block: Block | undefined): void {
    this.#call('error_set', far[1 + this.#random(far.length - 1)] ?? 0n);
    const set = this.#random(4) === 0 ? undefined : block;
    this.#call('error_set', set?.handle ?? 0n);
    this.#reference.errorSet(set?.reference ?? 0);
    this.#error = set ?? null;
    same('error_get', this.#call('error_get'), set?.handle ?? 0n);
  }

  /** Returns a new block that contains a random key, or null for handle 0. */
  #key(): Block | null {
    const key = this.#random(10);
    const block = key === 0 ? null : this.#alloc(2);
    if (block === null) return null;
    for (const [offset, code] of [0x6b, 0x30 + key - 1].entries()) {
      this.#call('store_u8', block.handle + BigInt(offset), code);
      this.#reference.store8(block.reference + offset, code);
    }
    return block;
  }

  #bytesOf({ reference }: Block): Uint8Array {
    return this.#reference.bytes.subarray(reference, reference + this.#reference.length(reference));
  }

  #textOf(key: Block | null): string {
    return key === null ? '' : decoder.decode(this.#bytesOf(key));
  }

  /** Frees `block` in the reference, because imports free the blocks that are passed to them. */
  #take(block: Block | null): void {
    if (block === null) return;
    this.#reference.free(block.reference);
    this.#freed(block);
    this.#taken.push(block);
  }

  #getConfig(key: Block | null): void {
    const value = encoder.encode(this.#config.get(this.#textOf(key)) ?? '');
    this.#take(key);
    this.#gave('config_get', this.#call('config_get', key?.handle ?? 0n), value);
    if (key !== null && this.#reference.length(key.reference) === 0) this.#traps('config_get', key.handle);
  }

  /** Checks that an import returned a new block with the length of `value`, or handle 0 if `value` is empty. */
  #gave(name: string, handle: bigint, value: Uint8Array): void {
    const block = this.#made(handle, this.#reference.store(value), value.length);
    same(`${name} returned a value`, handle !== 0n, block !== null);
  }

  #traps(name: string, ...args: bigint[]): void {
    let thrown: unknown = null;
    try {
      this.#call(name, ...args);
    } catch (error) {
      thrown = error;
    }
    this.#failure.clear();
    same(`${name} with an invalid handle traps`, thrown !== null, true);
  }

  #getVar(key: Block | null): void {
    const value = this.#modelVars.get(this.#textOf(key)) ?? new Uint8Array(0);
    this.#take(key);
    this.#gave('var_get', this.#call('var_get', key?.handle ?? 0n), value);
  }

  /** The value is an active block, the block of the key, or handle 0, which deletes the var. */
  #setVar(key: Block | null, block: Block | undefined): void {
    const choice = this.#random(4);
    const active = block !== undefined && block.length < 5_000 && this.#reference.length(block.reference) > 0;
    const value = choice === 0 ? key : choice === 1 || !active ? null : block;
    const name = this.#textOf(key);
    if (value === null) this.#modelVars.delete(name);
    else this.#modelVars.set(name, this.#bytesOf(value).slice());
    this.#take(key);
    this.#take(value);
    this.#call('var_set', key?.handle ?? 0n, value?.handle ?? 0n);
  }

  #requestHttp(key: Block | null, block: Block | undefined): void {
    const active = block !== undefined && block.length < 5_000 && this.#reference.length(block.reference) > 0;
    const body = this.#random(3) === 0 ? key : active ? block : null;
    const text = this.#textOf(key);
    const bytes = body === null ? null : this.#bytesOf(body).slice();
    this.#take(key);
    this.#take(body);
    const handle = this.#call('http_request', key?.handle ?? 0n, body?.handle ?? 0n);
    const [request, sent] = this.#request;
    same('the request', request, text);
    same('a body', sent !== null, bytes !== null);
    if (sent !== null && bytes !== null) same('the body', this.#equal(sent, bytes), true);
    this.#gave('http_request', handle, randomBytes.subarray(0, this.#answerLength));
    same('the status', this.#run['http_status_code']?.(), 200);
  }

  /** Creates an import that is answered at once, in place of the page. */
  #answered(pageImport: PageImport): WebAssembly.ImportValue {
    return (...args: bigint[]) => {
      const [, text, body] = pageImport.ask(...args)?.question ?? [];
      this.#request = [text as string, body as Uint8Array | null];
      this.#answerLength = (this.#answerLength * 7 + 13) % 290;
      const answered = randomBytes.subarray(0, this.#answerLength);
      return pageImport.answer({ status: 200, headers: null, body: answered });
    };
  }

  #log(block: Block | undefined): void {
    const level = ['trace', 'info', 'error'][this.#random(3)] ?? 'info';
    const active = block !== undefined && block.length < 300 && this.#reference.length(block.reference) > 0;
    const message = active ? block : null;
    const bytes = message === null ? new Uint8Array(0) : this.#bytesOf(message);
    const text = level === 'trace' ? null : (decodeStrict(bytes) ?? notText(level, bytes.length));
    this.#logs.message = null;
    this.#take(message);
    this.#call(`log_${level}`, message?.handle ?? 0n);
    same('the line', this.#logs.message, text);
  }

  #compareAll(): void {
    for (const block of this.#blocks) {
      same('length at the end', this.#call('length', block.handle), BigInt(this.#reference.length(block.reference)));
      if (block.state !== 'reused') this.#compare(`a block that is ${block.state}`, block, 0, block.length);
    }
    if (this.#output !== null && this.#output.block.state !== 'reused') {
      const { block, offset, length } = this.#output;
      const { outputOffset, outputLength } = this.#reference;
      same('the range of the output', outputOffset === block.reference + offset && outputLength === length, true);
      const output = this.#kernel.output() ?? new Uint8Array(0);
      same(
        'the output',
        this.#equal(output, this.#reference.bytes.subarray(outputOffset, outputOffset + length)),
        true,
      );
    }
    const error = this.#kernel.error();
    const length = this.#error === null ? 0 : this.#reference.length(this.#reference.error);
    same('bytes of the error', error?.length ?? 0, length);
    if (error !== null && this.#error !== null) same('the error', this.#equal(error, this.#bytesOf(this.#error)), true);
    if (new DataView(this.#kernel.exports.memory.buffer).getUint32(indexAt, true) !== 0) this.counts.indexed++;
  }

  #compare(what: string, block: Block, offset: number, length: number): void {
    const at = Number(block.handle) + offset;
    const actual = new Uint8Array(this.#kernel.exports.memory.buffer, at, length);
    const expected = this.#reference.bytes.subarray(block.reference + offset, block.reference + offset + length);
    same(`bytes of ${what}`, this.#equal(actual, expected), true);
  }
}
