import { admit } from '../reader/caps.js';
import { encodeU32, Reader } from '../reader/reader.js';

/**
 * Holds back the export section, and the custom sections after it, until it is known whether a start section follows: the start function
 * becomes one more export.
 */
export class HeldExports {
  readonly #head: Uint8Array;
  readonly #body: Uint8Array;
  #after: Uint8Array = new Uint8Array(64);
  #afterLength = 0;

  /** `head`: the id and the size of the section, as they came. */
  constructor(head: Uint8Array, body: Uint8Array) {
    this.#head = head;
    this.#body = body;
  }

  /** Takes what follows the export section. It is copied, because it may come byte by byte. */
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

  /** Returns everything as it came. */
  unchanged(): Uint8Array[] {
    return [this.#head, this.#body, ...this.#rest()];
  }

  /** Returns everything with one more export, of a function. */
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
