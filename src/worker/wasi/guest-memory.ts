import { refuse } from './errno.js';

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** In one list of buffers; as on Linux. */
const maxBuffers = 1_024;

/** A pointer or length as the guest means it: JavaScript gets i32 values signed. */
export function unsigned(value: number): number {
  return value < 0 ? value + 4_294_967_296 : value;
}

/** The guest's memory: what a pointer of the guest's names is looked at only after it was found to be inside. */
export class GuestMemory {
  readonly #find: () => WebAssembly.Memory | undefined;
  #memory: WebAssembly.Memory | undefined;
  #view: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(0));
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** Asked when it is first needed: an instance's own memory is there only after the instance. */
  constructor(find: () => WebAssembly.Memory | undefined) {
    this.#find = find;
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

  /** The bytes themselves, not a copy. */
  bytes(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    const first = unsigned(pointer);
    this.#at(pointer, unsigned(length));
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

  /** Where the bytes of a list of `iovec` or `ciovec` are. */
  buffers(pointer: number, count: number): Uint8Array<ArrayBuffer>[] {
    if (unsigned(count) > maxBuffers) refuse('inval');
    const view = this.#at(pointer, count * 8);
    const found: Uint8Array<ArrayBuffer>[] = [];
    for (let at = unsigned(pointer), end = at + count * 8; at < end; at += 8) {
      found.push(this.bytes(view.getUint32(at, true), view.getUint32(at + 4, true)));
    }
    return found;
  }

  /** A list of texts, each ended by a zero, and of pointers to them. */
  setTexts(pointers: number, buffer: number, texts: readonly string[]): void {
    let at = unsigned(buffer);
    for (const [index, text] of texts.entries()) {
      const encoded = encoder.encode(`${text}\0`);
      this.setU32(unsigned(pointers) + index * 4, at);
      this.bytes(at, encoded.length).set(encoded);
      at += encoded.length;
    }
  }

  /** A view of the memory as it is now, if the range lies inside. */
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

/** Bytes that `texts` take as a list of texts, each ended by a zero. */
export function textBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + encoder.encode(text).length + 1, 0);
}
