/** For tests: a fresh kernel, with its exports typed and its layout named. */
import { kernelHex } from './kernel.generated.js';

export interface TestKernel {
  readonly memory: WebAssembly.Memory;
  alloc(length: bigint): bigint;
  free(handle: bigint): void;
  length(handle: bigint): bigint;
  length_unsafe(handle: bigint): bigint;
  load_u8(p: bigint): number;
  load_u64(p: bigint): bigint;
  store_u8(p: bigint, value: number): void;
  store_u64(p: bigint, value: bigint): void;
  input_length(): bigint;
  input_offset(): bigint;
  input_load_u8(offset: bigint): number;
  input_load_u64(offset: bigint): bigint;
  output_set(p: bigint, length: bigint): void;
  error_set(handle: bigint): void;
  error_get(): bigint;
  input_set(handle: bigint, length: bigint): void;
  output_offset(): bigint;
  output_length(): bigint;
  reset(): void;
  memory_bytes(): bigint;
  used_bytes(): bigint;
  set_max_pages(pages: number): void;
  set_secret(secret: bigint): void;
}

interface HostExports {
  host_output(): number;
  host_output_length(): number;
  host_used(): number;
  readonly host_input_set: (handle: bigint, length: bigint) => void;
  readonly host_reset: () => void;
  readonly host_max_pages: (pages: number) => void;
  readonly host_secret: (secret: bigint) => void;
}

export const pageBytes = 65_536;
export const headerBytes = 12;
/** Address of the first header; below it is the root. */
export const firstAddress = 92;

export function kernelBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(kernelHex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

const kernelModule = new WebAssembly.Module(kernelBytes());

export function newKernel(): TestKernel {
  // The build verifies that these are the exports.
  const exports = new WebAssembly.Instance(kernelModule).exports as unknown as TestKernel & HostExports;
  return {
    ...exports,
    output_offset: () => BigInt(exports.host_output() >>> 0),
    output_length: () => BigInt(exports.host_output_length() >>> 0),
    memory_bytes: () => BigInt(exports.memory.buffer.byteLength),
    // All 4 GiB wrap to 0.
    used_bytes: () => BigInt(((exports.host_used() - 1) >>> 0) + 1),
    input_set: exports.host_input_set,
    reset: exports.host_reset,
    set_max_pages: exports.host_max_pages,
    set_secret: exports.host_secret,
  };
}

/** Where the root says how many bytes the reference's blocks take up. */
const positionAt = 64;

export function positionOf(kernel: TestKernel): number {
  return Number(new DataView(kernel.memory.buffer).getBigUint64(positionAt, true));
}

/** Where the root says how far the reference's memory has grown, which outlives `reset`. */
const grownAt = 72;

/** Where the root says where the index is; 0 while there is none. */
const indexAt = 84;

export function indexAddress(kernel: TestKernel): number {
  return new DataView(kernel.memory.buffer).getUint32(indexAt, true);
}

/** Lets the kernel decide as one with a single page. */
export function forgetGrowth(kernel: TestKernel): void {
  new DataView(kernel.memory.buffer).setBigUint64(grownAt, 0n, true);
}

/** The payload bytes that the block at `handle` has, as its header says. */
export function sizeOf(kernel: TestKernel, handle: bigint): number {
  return new DataView(kernel.memory.buffer).getUint32(Number(handle) - headerBytes, true);
}

export function bytesAt(kernel: TestKernel, handle: bigint, length: number): Uint8Array {
  return new Uint8Array(kernel.memory.buffer, Number(handle), length);
}

/** The check word that the kernel puts into a header, for tests that forge one. */
export function checkWord(header: number, size: number, length: number, secret: bigint): number {
  const words = (BigInt(length >>> 0) << 32n) | BigInt(size >>> 0);
  const product = BigInt.asUintN(64, ((words ^ BigInt.asUintN(64, secret)) + BigInt(header)) * 0x9e3779b97f4a7c15n);
  return Number(product >> 32n);
}

/** Writes a header as the kernel would, but with the stores that a guest has. */
export function forgeHeader(
  kernel: TestKernel,
  header: number,
  parts: { size: number; length: number; secret: bigint },
): void {
  const { size, length, secret } = parts;
  const words = [size, length, checkWord(header, size, length, secret)];
  for (const [index, word] of words.entries()) {
    for (let byte = 0; byte < 4; byte++) {
      kernel.store_u8(BigInt(header + index * 4 + byte), (word >>> (byte * 8)) & 0xff);
    }
  }
}

/** Whether every byte of memory is zero, but for what outlives `reset`. */
export function isAllZero(kernel: TestKernel): boolean {
  return new Int32Array(kernel.memory.buffer).every((word, index) => word === 0 || index >> 1 === grownAt >> 3);
}
