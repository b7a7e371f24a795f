/** Longer lines are split. */
const maxLineBytes = 16_384;

const newline = 10;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The input that a plug-in reads on descriptor 0. */
export class InputStream {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#position;
  }

  read(target: Uint8Array): number {
    const count = Math.min(target.length, this.left);
    target.set(this.#bytes.subarray(this.#position, this.#position + count));
    this.#position += count;
    return count;
  }

  rewind(): void {
    this.#position = 0;
  }
}

/** A stream that a plug-in writes to. */
export interface OutputStream {
  write(bytes: Uint8Array): void;
  /** Writes out a line that has no end yet. */
  flush(): void;
}

/** Discards all output. */
export const nowhere: OutputStream = { write: () => {}, flush: () => {} };

/** Calls back with each line, without its line end. */
export class LineStream implements OutputStream {
  readonly #onLine: (line: string) => void;
  readonly #pending = new Uint8Array(maxLineBytes);
  #length = 0;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length;) {
      const room = start + maxLineBytes - this.#length;
      const found = bytes.subarray(start, room).indexOf(newline);
      const end = found === -1 ? Math.min(bytes.length, room) : start + found;
      this.#pending.set(bytes.subarray(start, end), this.#length);
      this.#length += end - start;
      if (found !== -1) this.#emit();
      else if (this.#length === maxLineBytes) this.#emit();
      start = found === -1 ? end : end + 1;
    }
  }

  flush(): void {
    if (this.#length > 0) this.#emit();
  }

  #emit(): void {
    const end = this.#pending[this.#length - 1] === 13 ? this.#length - 1 : this.#length;
    const line = decoder.decode(this.#pending.subarray(0, end));
    this.#length = 0;
    this.#onLine(line);
  }
}
