import type { Allowance } from './allowance.js';
import type { OutputStream } from './streams.js';

/** Longer lines are cut, between two characters. */
const maxLineBytes = 16_384;
/** What a line takes on the page besides its bytes. */
const lineOverheadBytes = 64;

const newline = 10;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Calls `onLine` with each line, without its newline. `continues`: no newline followed, because the line was cut or was flushed. The texts,
 * with a newline after each that does not continue, are what was written.
 */
export class LineStream implements OutputStream {
  readonly #onLine: (line: string, continues: boolean) => void;
  readonly #allowance: Allowance;
  readonly #pending = new Uint8Array(maxLineBytes);
  #length = 0;

  constructor(onLine: (line: string, continues: boolean) => void, allowance: Allowance) {
    this.#onLine = onLine;
    this.#allowance = allowance;
  }

  write(bytes: Uint8Array): number {
    for (let start = 0; start < bytes.length;) {
      if (this.#allowance.take(1) === 0) return start;
      const room = Math.min(bytes.length, start + maxLineBytes - this.#length);
      const found = bytes.subarray(start, room).indexOf(newline);
      const end = found === -1 ? room : start + found;
      this.#allowance.spend(end - start);
      this.#pending.set(bytes.subarray(start, end), this.#length);
      this.#length += end - start;
      if (found !== -1) this.#emit(this.#length, false);
      else if (this.#length === maxLineBytes) this.#emit(endOfWholeCharacters(this.#pending), true);
      start = found === -1 ? end : end + 1;
    }
    return bytes.length;
  }

  /** Lines are sent by the log. */
  pace(): void {}

  flush(): void {
    if (this.#length > 0) this.#emit(this.#length, true);
  }

  /** Emits the first `end` bytes of what is pending, and keeps the rest. */
  #emit(end: number, continues: boolean): void {
    const line = decoder.decode(this.#pending.subarray(0, end));
    this.#pending.copyWithin(0, end, this.#length);
    this.#length -= end;
    this.#allowance.spend(lineOverheadBytes);
    this.#onLine(line, continues);
  }
}

/** Returns where the last character begins if it is not whole; else the length of `bytes`. Bytes that are no UTF-8 are not looked at. */
export function endOfWholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >> 6 === 0b10) continue;
    // The lead byte says how many bytes the character has: 2 from 0xc0, 3 from 0xe0, 4 from 0xf0.
    const needed = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
