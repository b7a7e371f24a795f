import type { MemoryImage } from '../contract/host-function.js';
import type { Pages } from '../contract/units.js';
import { kernelHex } from './kernel.generated.js';

/** What the kernel exports for guests (src/kernel/kernel.as.ts): linked wasm to wasm. */
interface GuestExports {
  readonly alloc: (length: bigint) => bigint;
  readonly free: (handle: bigint) => void;
  readonly length: (handle: bigint) => bigint;
  readonly length_unsafe: (handle: bigint) => bigint;
  readonly load_u8: (address: bigint) => number;
  readonly load_u64: (address: bigint) => bigint;
  readonly store_u8: (address: bigint, value: number) => void;
  readonly store_u64: (address: bigint, value: bigint) => void;
  readonly input_length: () => bigint;
  readonly input_offset: () => bigint;
  readonly input_load_u8: (offset: bigint) => number;
  readonly input_load_u64: (offset: bigint) => bigint;
  readonly output_set: (address: bigint, length: bigint) => void;
  readonly error_set: (handle: bigint) => void;
  readonly error_get: () => bigint;
}

/**
 * What it exports for the host. Addresses and lengths are i32 here, to be read as unsigned: WebKit (2.50) crashes the page
 * when a worker is terminated inside a function that returns an i64 to JavaScript, so that nothing here calls one.
 */
interface HostExports {
  readonly memory: WebAssembly.Memory;
  readonly host_input_set: (handle: bigint, length: bigint) => void;
  readonly host_alloc: (length: number) => number;
  readonly host_length: (handle: bigint) => number;
  readonly host_error: () => number;
  readonly host_output: () => number;
  readonly host_output_length: () => number;
  readonly host_used: () => number;
  readonly host_reset: () => void;
  readonly host_max_pages: (pages: number) => void;
  readonly host_secret: (secret: bigint) => void;
  readonly host_trap: () => void;
}

/** Compiles the kernel that is embedded in this file: under 4 KB, so synchronously. */
export function compileKernel(): WebAssembly.Module {
  return moduleOfHex(kernelHex);
}

export function moduleOfHex(hex: string): WebAssembly.Module {
  return new WebAssembly.Module(Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
}

const pageBytes = 65_536;

/**
 * The host's side of one kernel instance. A guest can overwrite block headers, so all that is read back is hostile: every
 * range is clamped to the memory before a byte is touched.
 */
export class Kernel {
  readonly exports: GuestExports & HostExports;
  #view: Uint8Array<ArrayBuffer>;
  #secret: bigint;

  constructor(module: WebAssembly.Module, maxPages: Pages | number | null) {
    // The kernel is built from this repository and its exports are checked at build time. A plain copy: engines look up
    // what an instance exports in a slow way, each time.
    this.exports = { ...(new WebAssembly.Instance(module).exports as unknown as GuestExports & HostExports) };
    this.limit(maxPages);
    this.#secret = crypto.getRandomValues(new BigInt64Array(1))[0] ?? 0n;
    this.exports.host_secret(this.#secret);
    this.#view = this.#freshView();
  }

  /** Returns what a guest may import from the kernel itself, wasm to wasm, by name. */
  guestImports(): [name: string, value: WebAssembly.ExportValue][] {
    return Object.entries(this.exports).filter(([name]) => name !== 'memory' && !name.startsWith('host_'));
  }

  /** Caps its memory; null leaves the cap as it is. */
  limit(maxPages: Pages | number | null): void {
    if (maxPages !== null) this.exports.host_max_pages(maxPages);
  }

  /** What makes its headers valid: never for guests. */
  get secret(): bigint {
    return this.#secret;
  }

  /** All there is to know of this kernel, as a copy. */
  image(): MemoryImage {
    // All 4 GiB wrap to 0.
    const used = ((this.exports.host_used() - 1) >>> 0) + 1;
    return { bytes: this.#memoryView().slice(0, used), secret: this.#secret };
  }

  /**
   * Becomes what another kernel was. False, and nothing changed, when there is no room.
   * @param image of a kernel under the same cap
   */
  adopt({ bytes, secret }: MemoryImage): boolean {
    const missing = Math.ceil((bytes.length - this.exports.memory.buffer.byteLength) / pageBytes);
    if (missing > 0 && !grows(this.exports.memory, missing)) return false;
    this.exports.host_reset();
    this.#secret = secret;
    this.exports.host_secret(secret);
    this.#memoryView().set(bytes);
    return true;
  }

  /** The bytes of the active block at `handle`, as a view that the next allocation may invalidate; null if there is none. */
  block(handle: bigint): Uint8Array<ArrayBuffer> | null {
    const length = this.exports.host_length(handle);
    return length === 0 ? null : this.#range(Number(BigInt.asUintN(64, handle)), length >>> 0);
  }

  /** Returns a copy of the active block at `handle`, or null if there is none. Handle 0 is the empty string. */
  read(handle: bigint): Uint8Array<ArrayBuffer> | null {
    return handle === 0n ? new Uint8Array(0) : (this.block(handle)?.slice() ?? null);
  }

  /** The block that the plug-in set as its error, if it is one. */
  error(): Uint8Array<ArrayBuffer> | null {
    return this.block(BigInt(this.exports.host_error() >>> 0));
  }

  /** The range that the plug-in set as its output; null if it set none. */
  output(): Uint8Array<ArrayBuffer> | null {
    const address = this.exports.host_output() >>> 0;
    return address === 0 ? null : this.#range(address, this.exports.host_output_length() >>> 0);
  }

  /** Copies `bytes` into a new block. 0n if they are empty or there is no room. */
  store(bytes: Uint8Array): bigint {
    // No block is as long, and more bits would be lost.
    const address = bytes.length > 0xffff_ffff ? 0 : this.exports.host_alloc(bytes.length) >>> 0;
    if (address !== 0) this.#memoryView().set(bytes, address);
    return BigInt(address);
  }

  /** Starts a call: nothing of the last one is left, and `input` is in place. False: it does not fit. */
  begin(input: Uint8Array): boolean {
    this.exports.host_reset();
    if (input.length === 0) return true;
    const handle = this.store(input);
    if (handle === 0n) return false;
    this.exports.host_input_set(handle, BigInt(input.length));
    return true;
  }

  /** `length` bytes from `address`, clamped to the memory. */
  #range(address: number, length: number): Uint8Array<ArrayBuffer> {
    return this.#memoryView().subarray(address, address + length);
  }

  #memoryView(): Uint8Array<ArrayBuffer> {
    // memory.grow detaches the old buffer, which empties the view; only then is there a new one.
    if (this.#view.length === 0) this.#view = this.#freshView();
    return this.#view;
  }

  #freshView(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.exports.memory.buffer);
  }
}

function grows(memory: WebAssembly.Memory, pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch {
    return false;
  }
}
