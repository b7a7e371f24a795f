const newline = 10;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A stream that a plug-in writes to. */
export interface OutputStream {
  /** Takes bytes from the start of `bytes`, which it copies, and returns how many. 0: the stream is full. */
  write(bytes: Uint8Array): number;
  /** Called after each write of the plug-in: sends what was taken, unless that was done often in the last milliseconds. */
  pace(): void;
  /** Sends what it has taken and not sent yet. */
  flush(): void;
}

/** Discards all output. */
export const nowhere: OutputStream = { write: ({ length }) => length, pace: () => {}, flush: () => {} };

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

  write(bytes: Uint8Array): number {
    const taken = this.#next.write(bytes);
    this.#keep(bytes.subarray(0, taken));
    return taken;
  }

  pace(): void {
    this.#next.pace();
  }

  flush(): void {
    this.#next.flush();
  }

  #keep(bytes: Uint8Array): void {
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
