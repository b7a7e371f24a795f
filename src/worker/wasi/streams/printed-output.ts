import { PluginError } from '../../../contract/errors.js';
import type { OutputStream } from './streams.js';

/** Keeps what the running call prints, as the call's output. */
export class PrintedOutput implements OutputStream {
  readonly #maxBytes: number;
  readonly #fail: (error: PluginError) => never;
  #kept = new Uint8Array(65_536);
  #length = 0;

  /** @param fail ends the call */
  constructor(maxBytes: number, fail: (error: PluginError) => never) {
    this.#maxBytes = maxBytes;
    this.#fail = fail;
  }

  write(bytes: Uint8Array): number {
    const length = this.#length + bytes.length;
    if (length > this.#maxBytes) this.#fail(outputTooLarge(this.#maxBytes));
    if (length > this.#kept.length) {
      const larger = new Uint8Array(Math.min(this.#maxBytes, Math.max(length, 2 * this.#kept.length)));
      larger.set(this.#kept.subarray(0, this.#length));
      this.#kept = larger;
    }
    this.#kept.set(bytes, this.#length);
    this.#length = length;
    return bytes.length;
  }

  pace(): void {}

  flush(): void {}

  /** Returns a view of what was printed; null if that is nothing. */
  get bytes(): Uint8Array<ArrayBuffer> | null {
    return this.#length === 0 ? null : this.#kept.subarray(0, this.#length);
  }

  clear(): void {
    if (this.#length > 65_536) this.#kept = new Uint8Array(65_536);
    this.#length = 0;
  }
}

function outputTooLarge(maxOutputBytes: number): PluginError {
  return new PluginError('output-too-large', {
    message: `Output too large: expected at most ${maxOutputBytes} bytes, found more: the plug-in prints its output`,
    expected: `at most ${maxOutputBytes} bytes`,
    fix: 'Raise maxOutputBytes, or set wasi.stdout to a function or a WritableStream.',
  });
}
