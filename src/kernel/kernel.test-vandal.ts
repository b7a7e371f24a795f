import {
  firstAddress,
  forgeHeader,
  headerBytes,
  indexAddress,
  pageBytes,
  type TestKernel,
} from './kernel.test-kernel.js';
import { lengthOf, same, truth, type Choice } from './kernel.test-model.js';

/** For tests: a guest that stores anywhere, above all over headers and the index. Nothing here trusts what the kernel holds. */
export class Vandal {
  readonly #kernel: TestKernel;
  readonly #secret: bigint;
  readonly #handles: bigint[] = [];
  readonly #limit: number;

  constructor(kernel: TestKernel, options: { maxPages: number; secret: bigint }) {
    this.#kernel = kernel;
    this.#secret = options.secret;
    kernel.set_max_pages(options.maxPages);
    kernel.set_secret(options.secret);
    kernel.reset();
    this.#limit = Math.max(options.maxPages * pageBytes, kernel.memory.buffer.byteLength);
  }

  run({ kind, rest }: Choice): void {
    const handle = this.#handles[(rest >>> 4) % Math.max(1, this.#handles.length)] ?? 0n;
    const other = this.#handles[(rest >>> 14) % Math.max(1, this.#handles.length)] ?? 0n;
    const header = handle - BigInt(headerBytes);
    switch (kind) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#alloc(lengthOf(rest));
      case 4:
      case 5:
      case 6:
        return this.#kernel.free(handle);
      case 7:
        // Sizes, lengths and check words with single bytes of noise.
        return this.#kernel.store_u8(header + BigInt(rest % headerBytes), rest >>> 20);
      case 8:
        return this.#kernel.store_u64(header + BigInt(rest & 8), BigInt(rest) * 0x9_8765_4321n);
      case 9:
        return this.#overwriteIndex(other, rest);
      case 10:
        return this.#copyHeader(header, other - BigInt(headerBytes));
      case 11:
      case 12:
        return this.#forge(Number(header), rest);
      case 13:
        return this.#kernel.store_u64(BigInt(rest % (this.#limit + 100)), BigInt(rest) << 20n);
      case 14:
        this.#kernel.output_set(other + BigInt(rest & 0xffff), BigInt(rest >>> 8));
        this.#kernel.error_set(other + BigInt(rest & 0xff) - 128n);
        return this.check(other);
      default:
        this.#kernel.input_set(other, this.#kernel.length(other));
        return this.check(handle + BigInt(rest & 63) - 32n);
    }
  }

  /** Reads all that a host reads, and finds each range in bounds. */
  check(handle: bigint): void {
    const size = BigInt(this.#kernel.memory.buffer.byteLength);
    const first = BigInt(firstAddress);
    const inBounds = (p: bigint, length: bigint) => p >= first && length >= 0n && p + length <= size;
    const output = this.#kernel.output_offset();
    truth('output in bounds', output === 0n || inBounds(output, this.#kernel.output_length()));
    const error = this.#kernel.error_get();
    truth('error in bounds', error === 0n || inBounds(error, this.#kernel.length(error)));
    const input = this.#kernel.input_offset();
    truth('input in bounds', input === 0n || inBounds(input, this.#kernel.input_length()));
    this.#kernel.input_load_u64(this.#kernel.input_length() - 8n);
    for (const length of [this.#kernel.length(handle), this.#kernel.length_unsafe(handle)]) {
      truth('length in bounds', length === 0n || inBounds(handle, length));
    }
    truth('used in bounds', this.#kernel.used_bytes() <= size);
    truth('memory within the cap', size <= BigInt(this.#limit));
  }

  #alloc(length: number): void {
    const handle = this.#kernel.alloc(BigInt(length));
    if (handle === 0n) return;
    same('length after alloc', this.#kernel.length(handle), BigInt(length));
    this.check(handle);
    this.#handles.push(handle);
    if (this.#handles.length > 100) this.#handles.shift();
  }

  /** A word of the index: a size, another block's header, or a link, with noise. */
  #overwriteIndex(other: bigint, rest: number): void {
    const index = indexAddress(this.#kernel);
    if (index === 0) return;
    const values = [rest & 0xffff, 0xffff_ffff, Number(other) - headerBytes, rest & 63, 0];
    const value = BigInt(values[(rest >>> 20) % values.length] ?? 0);
    const address = BigInt(index + ((rest >>> 8) & 0x3ff & ~3));
    const both = this.#kernel.load_u64(address);
    this.#kernel.store_u64(address, (both & ~0xffff_ffffn) | BigInt.asUintN(32, value));
  }

  #copyHeader(from: bigint, to: bigint): void {
    for (const offset of [0n, 4n]) this.#kernel.store_u64(to + offset, this.#kernel.load_u64(from + offset));
  }

  /** A header with a true check word, as if the guest knew the secret: at a block, inside one, unaligned, at the end. */
  #forge(nearby: number, rest: number): void {
    const places = [
      nearby,
      nearby + 16 * ((rest >>> 6) & 15),
      nearby + ((rest >>> 6) & 31),
      this.#limit - 16 - (rest & 31),
    ];
    const sizes = [16, 32, 48, 17, rest & 0xffff, (rest & 0xffff) << 4, 0xffff_fff0, 0xffff_ffff, 0];
    const size = sizes[(rest >>> 11) % sizes.length] ?? 0;
    const length = (rest & 3) === 0 ? 0 : (rest & 3) === 1 ? 1 : (sizes[(rest >>> 15) % sizes.length] ?? 0);
    const header = places[(rest >>> 19) & 3] ?? 0;
    forgeHeader(this.#kernel, header, { size, length, secret: this.#secret });
    this.#handles.push(BigInt(header + headerBytes));
  }
}
