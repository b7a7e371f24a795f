import { refuse } from './errno.js';
import type { Work } from './work.js';

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The maximum number of buffers in one list, as on Linux. */
const maxBuffers = 1_024;

/** Returns a pointer or length as an unsigned number: i32 values arrive signed. */
export function unsigned(value: number): number {
  return value < 0 ? value + 4_294_967_296 : value;
}

/** The guest's memory. Every range is checked against its bounds before it is read or written. */
export class GuestMemory {
  readonly #find: () => WebAssembly.Memory | undefined;
  readonly #work: Work;
  #memory: WebAssembly.Memory | undefined;
  #view: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(0));
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** @param find returns the memory; called at the first access, because an exported memory does not exist before its instance */
  constructor(find: () => WebAssembly.Memory | undefined, work: Work) {
    this.#find = find;
    this.#work = work;
  }

  u8(pointer: number): number {
    return this.#at(pointer, 1).getUint8(unsigned(pointer));
  }

  u16(pointer: number): number {
    return this.#at(pointer, 2).getUint16(unsigned(pointer), true);
  }

  u32(pointer: number): number {
    return this.#at(pointer, 4).getUint32(unsigned(pointer), true);
  }

  u64(pointer: number): bigint {
    return this.#at(pointer, 8).getBigUint64(unsigned(pointer), true);
  }

  setU8(pointer: number, value: number): void {
    this.#at(pointer, 1).setUint8(unsigned(pointer), value);
  }

  setU16(pointer: number, value: number): void {
    this.#at(pointer, 2).setUint16(unsigned(pointer), value, true);
  }

  setU32(pointer: number, value: number): void {
    this.#at(pointer, 4).setUint32(unsigned(pointer), value, true);
  }

  setU64(pointer: number, value: bigint): void {
    this.#at(pointer, 8).setBigUint64(unsigned(pointer), value, true);
  }

  /** Returns a view of the bytes, not a copy, and charges them: the caller reads or writes them all. */
  bytes(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    const first = unsigned(pointer);
    this.#at(pointer, unsigned(length));
    this.#work.charge(unsigned(length));
    return this.#bytes.subarray(first, first + unsigned(length));
  }

  text(pointer: number, length: number): string {
    try {
      return strictDecoder.decode(this.bytes(pointer, length));
    } catch (thrown) {
      if (thrown instanceof TypeError) refuse('ilseq');
      throw thrown;
    }
  }

  /** Returns views of the buffers in a list of `iovec` or `ciovec`. */
  buffers(pointer: number, count: number): Uint8Array<ArrayBuffer>[] {
    if (unsigned(count) > maxBuffers) refuse('inval');
    const view = this.#at(pointer, count * 8);
    const found: Uint8Array<ArrayBuffer>[] = [];
    for (let at = unsigned(pointer), end = at + count * 8; at < end; at += 8) {
      found.push(this.bytes(view.getUint32(at, true), view.getUint32(at + 4, true)));
    }
    return found;
  }

  /** Writes a list of zero-terminated texts and the pointers to them. */
  setTexts(pointers: number, buffer: number, texts: readonly string[]): void {
    let at = unsigned(buffer);
    for (const [index, text] of texts.entries()) {
      const encoded = encoder.encode(`${text}\0`);
      this.setU32(unsigned(pointers) + index * 4, at);
      this.bytes(at, encoded.length).set(encoded);
      at += encoded.length;
    }
  }

  /** Returns a view of the current memory; refuses a range that is out of bounds. */
  #at(pointer: number, length: number): DataView<ArrayBuffer> {
    this.#memory ??= this.#find() ?? refuse('fault');
    const buffer = this.#memory.buffer;
    if (this.#view.buffer !== buffer) {
      this.#view = new DataView(buffer);
      this.#bytes = new Uint8Array(buffer);
    }
    if (unsigned(pointer) + length > buffer.byteLength) refuse('fault');
    return this.#view;
  }
}

/** Returns the size in bytes of `texts` as zero-terminated texts. */
export function textBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + encoder.encode(text).length + 1, 0);
}
