/**
 * For tests: a port of the kernel of the Extism runtime, with its own layout, headers and arithmetic
 * (https://github.com/extism/extism/blob/main/kernel/src/lib.rs). Names and the order of steps follow that file, so that the two
 * can be compared line by line. It differs only where the contract closes a case of the original: lengths and addresses
 * that overflow 32 bits, and words that end behind memory.
 */

const pageSize = 65_536;
/** `MemoryRoot` lies at address 1 and takes 64 bytes; the first block follows. */
const rootSize = 64;
const blocksAt = 1 + rootSize;
/** `MemoryBlock`: status u8 at 0, size u32 at 4, used u32 at 8. */
const blockSize = 12;

const unused = 0;
const active = 1;
const freed = 2;

export class ReferenceKernel {
  bytes = new Uint8Array(pageSize);
  position = 0;
  /** Bytes available to the allocator; memory never shrinks. */
  memoryLength = pageSize - rootSize;
  error = 0;
  inputOffset = 0;
  inputLength = 0;
  outputOffset = 0;
  outputLength = 0;
  /** Where `alloc` last split off or reused a block: its address and size before; null when it appended. */
  lastReused: { readonly data: number; readonly size: number } | null = null;
  #view = new DataView(this.bytes.buffer);

  reset(): void {
    this.bytes.fill(unused, blocksAt, blocksAt + this.position);
    this.position = 0;
    this.error = 0;
    this.inputOffset = 0;
    this.inputLength = 0;
    this.outputOffset = 0;
    this.outputLength = 0;
  }

  /** As a new instance: one page. */
  renew(): void {
    this.reset();
    this.memoryLength = pageSize - rootSize;
  }

  alloc(length: number): number {
    this.lastReused = null;
    if (length === 0) return 0;
    const left = this.memoryLength - this.position - rootSize;
    const lengthWithBlock = length + blockSize;
    if (lengthWithBlock >= left) {
      if (lengthWithBlock <= this.position) {
        const block = this.#findFreeBlock(length);
        if (block !== 0) {
          this.#setUsed(block, length);
          this.#setStatus(block, active);
          return block + blockSize;
        }
      }
      this.#grow(Math.ceil((lengthWithBlock - left) / pageSize) * pageSize);
    }
    const block = blocksAt + this.position;
    this.position += lengthWithBlock;
    this.#setStatus(block, active);
    this.#setSize(block, length);
    this.#setUsed(block, length);
    return block + blockSize;
  }

  free(p: number): void {
    const block = this.#findBlock(p);
    if (block === 0) return;
    this.#setStatus(block, freed);
    if (p === this.inputOffset) this.inputLength = 0;
  }

  length(p: number): number {
    const block = this.#findBlock(p);
    return block === 0 ? 0 : this.#used(block);
  }

  load8(p: number): number {
    return this.bytes[p] ?? 0;
  }

  load64(p: number): bigint {
    return p + 8 > this.bytes.length ? 0n : this.#view.getBigUint64(p, true);
  }

  store8(p: number, value: number): void {
    this.bytes[p] = value;
  }

  store64(p: number, value: bigint): void {
    this.#view.setBigUint64(p, value, true);
  }

  inputLoad8(offset: number): number {
    return offset >= this.inputLength ? 0 : this.load8(this.inputOffset + offset);
  }

  inputLoad64(offset: number): bigint {
    return offset + 8 > this.inputLength ? 0n : this.load64(this.inputOffset + offset);
  }

  inputSet(p: number, length: number): void {
    this.inputOffset = p;
    this.inputLength = length;
  }

  outputSet(p: number, length: number): void {
    if (!this.#inBounds(p) || !this.#inBounds(p + length - 1)) return;
    this.outputOffset = p;
    this.outputLength = length;
  }

  errorSet(p: number): void {
    if (p === 0 || this.#inBounds(p)) this.error = p;
  }

  /** What the host does with bytes for the guest: `memory_new`. */
  store(bytes: Uint8Array): number {
    const p = this.alloc(bytes.length);
    if (p !== 0) this.bytes.set(bytes, p);
    return p;
  }

  #findFreeBlock(length: number): number {
    const end = blocksAt + this.position;
    for (let block = blocksAt; block < end; block = this.#next(block)) {
      const size = this.#size(block);
      if (this.#status(block) !== freed || size < length) continue;
      this.lastReused = { data: block + blockSize, size };
      if (size - length < 128) return block;
      this.#setSize(block, size - length - blockSize);
      this.#setUsed(block, 0);
      const tail = this.#next(block);
      this.#setSize(tail, length);
      return tail;
    }
    return 0;
  }

  #findBlock(p: number): number {
    const end = blocksAt + this.position;
    for (let block = blocksAt; block < end && block < p; block = this.#next(block)) {
      if (block + blockSize === p) return this.#status(block) === active ? block : 0;
    }
    return 0;
  }

  #grow(bytes: number): void {
    this.memoryLength += bytes;
    const size = this.memoryLength + rootSize;
    if (size <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(size, this.bytes.length * 2));
    grown.set(this.bytes);
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  #inBounds(p: number): boolean {
    return p >= blocksAt && p < blocksAt + this.memoryLength;
  }

  #next(block: number): number {
    return block + blockSize + this.#size(block);
  }

  #status(block: number): number {
    return this.bytes[block] ?? unused;
  }

  #size(block: number): number {
    return this.#view.getUint32(block + 4, true);
  }

  #used(block: number): number {
    return this.#view.getUint32(block + 8, true);
  }

  #setStatus(block: number, status: number): void {
    this.bytes[block] = status;
  }

  #setSize(block: number, size: number): void {
    this.#view.setUint32(block + 4, size, true);
  }

  #setUsed(block: number, used: number): void {
    this.#view.setUint32(block + 8, used, true);
  }
}
