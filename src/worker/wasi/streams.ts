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
  /** Emits the last line even if it does not end in a newline. */
  flush(): void;
}

/** Discards all output. */
export const nowhere: OutputStream = { write: () => {}, flush: () => {} };

/** Bytes that a {@link Tail} keeps. */
const tailBytes = 8_192;

/** Passes all output to the next stream, and keeps the last bytes. */
export class Tail implements OutputStream {
  readonly #next: OutputStream;
  readonly #kept = new Uint8Array(2 * tailBytes);
  #length = 0;
  #isCut = false;

  constructor(next: OutputStream) {
    this.#next = next;
  }

  write(bytes: Uint8Array): void {
    this.#next.write(bytes);
    const last = bytes.subarray(-tailBytes);
    if (last.length < bytes.length || this.#length + last.length > this.#kept.length) {
      const from = Math.max(0, this.#length - tailBytes);
      this.#kept.copyWithin(0, from, this.#length);
      this.#length -= from;
      this.#isCut = true;
    }
    this.#kept.set(last, this.#length);
    this.#length += last.length;
  }

  flush(): void {
    this.#next.flush();
  }

  /** Returns the last lines, at most 8 KiB of them. */
  text(): string {
    const from = Math.max(0, this.#length - tailBytes);
    const bytes = this.#kept.subarray(from, this.#length);
    // After truncation the first line may be incomplete, and is left out.
    const start = from > 0 || this.#isCut ? bytes.indexOf(newline) + 1 : 0;
    return decoder.decode(bytes.subarray(start === bytes.length ? 0 : start)).trimEnd();
  }

  clear(): void {
    this.#length = 0;
    this.#isCut = false;
  }
}

/** Calls `onLine` with each line, without its line terminator. */
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
