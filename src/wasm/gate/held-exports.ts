import { admit } from '../reader/caps.js';
import { encodeU32, Reader } from '../reader/reader.js';

/**
 * Buffers the export section, and the custom sections after it, until it is known whether a start section follows. If so, the start
 * function is added to the exports.
 */
export class HeldExports {
  readonly #head: Uint8Array;
  readonly #body: Uint8Array;
  #after: Uint8Array = new Uint8Array(64);
  #afterLength = 0;

  /** @param head the bytes of the section's id and size, as the module encodes them */
  constructor(head: Uint8Array, body: Uint8Array) {
    this.#head = head;
    this.#body = body;
  }

  /** Appends bytes that follow the export section. They are copied into one buffer, because they may arrive one at a time. */
  append(bytes: Uint8Array): void {
    const length = this.#afterLength + bytes.length;
    admit('bytes in one section', length, 'custom sections after the exports');
    if (length > this.#after.length) {
      const larger = new Uint8Array(Math.max(length, this.#after.length * 2));
      larger.set(this.#after.subarray(0, this.#afterLength));
      this.#after = larger;
    }
    this.#after.set(bytes, this.#afterLength);
    this.#afterLength = length;
  }

  /** Returns all buffered bytes unchanged. */
  unchanged(): Uint8Array[] {
    return [this.#head, this.#body, ...this.#rest()];
  }

  /** Returns all buffered bytes, with the export of a function added. */
  withFunction(name: string, index: number): Uint8Array[] {
    const reader = new Reader(this.#body, 'export', 0);
    const count = encodeU32(reader.u32() + 1);
    const entries = this.#body.subarray(reader.position);
    const text = new TextEncoder().encode(name);
    const added = [...encodeU32(text.length), ...text, 0, ...encodeU32(index)];
    const head = [7, ...encodeU32(count.length + entries.length + added.length), ...count];
    return [Uint8Array.from(head), entries, Uint8Array.from(added), ...this.#rest()];
  }

  #rest(): Uint8Array[] {
    return this.#afterLength === 0 ? [] : [this.#after.subarray(0, this.#afterLength)];
  }
}
