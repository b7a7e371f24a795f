/** For tests: a plain model of the kernel, which runs each operation on a kernel too and compares. */
import { bytesAt, firstAddress, headerBytes, pageBytes, sizeOf, type TestKernel } from './kernel.test-kernel.js';

/** What one random number of 32 bits makes a kernel do: four bits choose, the others are the arguments. */
export interface Choice {
  readonly kind: number;
  /** 28 bits. */
  readonly rest: number;
}

export function choiceOf(random: number): Choice {
  return { kind: random & 15, rest: random >>> 4 };
}

/** More are freed instead of allocated. */
const maxLive = 300;
const far = [0n, 1n, 8n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 8n, 2n ** 64n - 1n];

interface Block {
  readonly handle: bigint;
  /** Address behind the payload. */
  readonly end: number;
  readonly content: Uint8Array;
}

class Divergence extends Error {
  override readonly name = 'Divergence';
}

export function same(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Divergence(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}

export function truth(what: string, holds: boolean): void {
  same(what, holds, true);
}

/** Mostly small, at times more than a page, rarely hundreds of kilobytes. */
export function lengthOf(rest: number): number {
  const size = rest >>> 4;
  switch (rest & 15) {
    case 0:
      return (size % 300_000) + 1;
    case 1:
      return (size % 70_000) + 1;
    case 2:
    case 3:
    case 4:
      return (size % 3_000) + 1;
    case 5:
      return ((size % 64) + 1) * 16;
    default:
      return (size % 200) + 1;
  }
}

/** What `kernel` should hold, if its guest stores only inside live blocks. */
export class KernelModel {
  readonly #kernel: TestKernel;
  readonly #limit: number;
  readonly #dead: bigint[] = [];
  #live: Block[] = [];
  /** Freed, and nothing of it reused since. */
  #freed: Block[] = [];
  #input: Block | undefined;
  #output: [bigint, bigint] = [0n, 0n];
  #error = 0n;
  #refusals = 0;
  #view: DataView;

  constructor(kernel: TestKernel, options: { maxPages: number }) {
    this.#kernel = kernel;
    kernel.set_max_pages(options.maxPages);
    kernel.reset();
    this.#limit = Math.max(options.maxPages * pageBytes, kernel.memory.buffer.byteLength);
    this.#view = new DataView(kernel.memory.buffer);
  }

  run({ kind, rest }: Choice): void {
    const block = this.#live[rest % Math.max(1, this.#live.length)];
    switch (kind) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#live.length < maxLive ? this.#alloc(lengthOf(rest)) : this.#free(block);
      case 4:
      case 5:
        return this.#free(block);
      case 6:
        return this.#freeNothing(rest, block);
      case 7:
        return this.#storeByte(rest, block);
      case 8:
      case 9:
        return this.#storeWord(rest, block);
      case 10:
        return this.#load(rest, block);
      case 11:
        return this.#lengths(rest, block);
      case 12:
        return this.#setOutput(rest, block);
      case 13:
        return this.#setError(rest, block);
      case 14:
        return rest % 4 === 0 ? this.#setInput(block) : this.#loadInput(rest);
      default:
        return rest % 64 === 0 ? this.#reset() : this.#metadata();
    }
  }

  /** Compares all there is. */
  finish(): void {
    this.#metadata();
    for (const block of this.#live) this.#compare(block);
    for (const block of this.#freed) this.#compareBytes(block);
    this.#reset();
  }

  /** How many allocs were refused, so that a test can tell that it came to that. */
  get refusals(): number {
    return this.#refusals;
  }

  #current(): DataView {
    if (this.#view.buffer !== this.#kernel.memory.buffer) this.#view = new DataView(this.#kernel.memory.buffer);
    return this.#view;
  }

  #alloc(length: number): void {
    const handle = this.#kernel.alloc(BigInt(length));
    if (handle === 0n) {
      this.#refusals++;
      const room = this.#limit - Number(this.#kernel.used_bytes());
      const reusable = this.#freed.some((block) => block.content.length >= length);
      truth(`alloc of ${length} may be refused`, room < length + headerBytes && !reusable);
      return;
    }
    const address = Number(handle);
    const end = address + sizeOf(this.#kernel, handle);
    this.#freed = this.#freed.filter((block) => end <= Number(block.handle) || block.end <= address);
    truth('the block holds what was asked for', end - address >= length);
    truth('the block is behind the root', address >= firstAddress + headerBytes);
    truth('the block is below the cap', end <= Math.min(this.#limit, this.#kernel.memory.buffer.byteLength));
    for (const other of this.#live) {
      truth('blocks do not overlap', end <= Number(other.handle) - headerBytes || other.end <= address - headerBytes);
    }
    same('length after alloc', this.#kernel.length(handle), BigInt(length));
    bytesAt(this.#kernel, handle, length).fill(address >>> 4);
    this.#live.push({ handle, end, content: new Uint8Array(length).fill(address >>> 4) });
  }

  #compare({ handle, content }: Block): void {
    same('length', this.#kernel.length(handle), BigInt(content.length));
    this.#compareBytes({ handle, content });
  }

  #compareBytes({ handle, content }: Pick<Block, 'handle' | 'content'>): void {
    const actual = bytesAt(this.#kernel, handle, content.length).slice();
    const words = content.length >>> 2;
    const expectedWords = new Int32Array(content.buffer, 0, words);
    const actualWords = new Int32Array(actual.buffer, 0, words);
    for (let index = 0; index < words; index++) {
      if (actualWords[index] !== expectedWords[index]) same(`word ${index}`, actualWords[index], expectedWords[index]);
    }
    for (let index = words * 4; index < content.length; index++) same(`byte ${index}`, actual[index], content[index]);
  }

  #free(block: Block | undefined): void {
    if (block === undefined) return;
    this.#compare(block);
    this.#kernel.free(block.handle);
    this.#live = this.#live.filter((other) => other !== block);
    this.#dead.push(block.handle);
    this.#freed.push(block);
    if (this.#input === block) this.#input = undefined;
    same('length after free', this.#kernel.length(block.handle), 0n);
  }

  #freeNothing(rest: number, block: Block | undefined): void {
    const address = this.#noHandle(rest, block);
    this.#kernel.free(address);
  }

  /** An address that is no live handle: a freed one, one beside a live one, or one far from all. */
  #noHandle(rest: number, block: Block | undefined): bigint {
    const choice = rest >>> 8;
    const dead = this.#dead[choice % Math.max(1, this.#dead.length)];
    let address = far[choice % far.length] ?? 0n;
    if (rest % 3 === 0 && dead !== undefined) address = dead;
    if (rest % 3 === 1 && block !== undefined)
      address = block.handle - 20n + BigInt(choice % (block.content.length + 40));
    return this.#live.some((other) => other.handle === address) ? 0n : address;
  }

  #storeByte(rest: number, block: Block | undefined): void {
    if (block === undefined) return;
    const offset = (rest >>> 8) % block.content.length;
    this.#kernel.store_u8(block.handle + BigInt(offset), rest);
    block.content[offset] = rest;
  }

  #storeWord(rest: number, block: Block | undefined): void {
    if (block === undefined || block.content.length < 8) return;
    const offset = (rest >>> 8) % (block.content.length - 7);
    const value = BigInt(rest) * 0x1_2345_6789n;
    this.#kernel.store_u64(block.handle + BigInt(offset), value);
    new DataView(block.content.buffer).setBigUint64(offset, value, true);
  }

  #load(rest: number, block: Block | undefined): void {
    const wild = far[rest % far.length] ?? 0n;
    same('load_u8 outside', this.#kernel.load_u8(wild), 0);
    same('load_u64 outside', this.#kernel.load_u64(wild), 0n);
    if (block === undefined) return;
    const offset = (rest >>> 8) % block.content.length;
    same('load_u8', this.#kernel.load_u8(block.handle + BigInt(offset)), block.content[offset]);
    const word = BigInt.asUintN(64, this.#kernel.load_u64(block.handle + BigInt(offset)));
    const address = Number(block.handle) + offset;
    const view = this.#current();
    // A word that ends behind memory is 0, wherever it begins.
    const inMemory = address + 8 <= view.byteLength ? view.getBigUint64(address, true) : 0n;
    same('load_u64 and memory', word, inMemory);
    if (offset + 8 > block.content.length) return;
    same('load_u64', word, new DataView(block.content.buffer).getBigUint64(offset, true));
  }

  #lengths(rest: number, block: Block | undefined): void {
    const address = this.#noHandle(rest, block);
    same('length of no handle', this.#kernel.length(address), 0n);
    same('length_unsafe of no handle', this.#kernel.length_unsafe(address), 0n);
    if (block === undefined) return;
    same('length', this.#kernel.length(block.handle), BigInt(block.content.length));
    same('length_unsafe', this.#kernel.length_unsafe(block.handle), BigInt(block.content.length));
  }

  #setOutput(rest: number, block: Block | undefined): void {
    const wild = far[rest % far.length] ?? 0n;
    if (rest % 2 === 0 || block === undefined) {
      this.#kernel.output_set(rest % 4 === 0 || block === undefined ? wild : block.handle, (2n ** 63n) | wild);
      this.#kernel.output_set(wild, BigInt(rest % 4));
    } else {
      const offset = (rest >>> 8) % block.content.length;
      const length = (rest >>> 4) % (block.content.length - offset + 1);
      this.#output = [block.handle + BigInt(offset), BigInt(length)];
      this.#kernel.output_set(...this.#output);
    }
    this.#metadata();
  }

  #setError(rest: number, block: Block | undefined): void {
    const wild = far[rest % far.length] ?? 0n;
    this.#kernel.error_set(wild);
    if (wild === 0n) this.#error = 0n;
    if (rest % 2 === 1 && block !== undefined) {
      this.#kernel.error_set(block.handle);
      this.#error = block.handle;
    }
    this.#metadata();
  }

  #setInput(block: Block | undefined): void {
    if (block === undefined) return;
    this.#kernel.input_set(block.handle, BigInt(block.content.length));
    this.#input = block;
    this.#metadata();
  }

  #loadInput(rest: number): void {
    const content = this.#input?.content ?? new Uint8Array(0);
    const offset = (rest >>> 3) % (content.length + 10);
    same('input_load_u8', this.#kernel.input_load_u8(BigInt(offset)), content[offset] ?? 0);
    const word = offset + 8 > content.length ? 0n : new DataView(content.buffer).getBigUint64(offset, true);
    same('input_load_u64', BigInt.asUintN(64, this.#kernel.input_load_u64(BigInt(offset))), word);
    const wild = far[rest % far.length] ?? 0n;
    same('input_load_u8 past the end', this.#kernel.input_load_u8(wild | (2n ** 40n)), 0);
    same('input_load_u64 past the end', this.#kernel.input_load_u64(wild | (2n ** 40n)), 0n);
  }

  #metadata(): void {
    same('input_offset', this.#kernel.input_offset(), this.#input?.handle ?? 0n);
    same('input_length', this.#kernel.input_length(), BigInt(this.#input?.content.length ?? 0));
    same('output_offset', this.#kernel.output_offset(), this.#output[0]);
    same('output_length', this.#kernel.output_length(), this.#output[1]);
    same('error_get', this.#kernel.error_get(), this.#error);
    same('memory_bytes', this.#kernel.memory_bytes(), BigInt(this.#kernel.memory.buffer.byteLength));
    truth('memory is within the cap', this.#kernel.memory.buffer.byteLength <= this.#limit);
  }

  #reset(): void {
    this.#kernel.reset();
    this.#dead.push(...this.#live.map((block) => block.handle));
    this.#dead.splice(0, this.#dead.length - 100);
    this.#live = [];
    this.#freed = [];
    this.#input = undefined;
    this.#output = [0n, 0n];
    this.#error = 0n;
    this.#metadata();
  }
}
