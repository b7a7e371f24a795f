import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';

const decoder = new TextDecoder();

/** What a call gave. Its buffer holds exactly the output, and belongs to nobody else. */
export class PluginOutput {
  /** Milliseconds of the function's own run in the worker: without the queue, the way there and back, and copying. */
  readonly guestMs: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>, guestMs: number) {
    this.#bytes = bytes;
    this.guestMs = guestMs;
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  /** The output itself, not a copy: what you write into it, you read back. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** The output as UTF-8; bytes that are not become U+FFFD. */
  text(): string {
    return decoder.decode(this.#bytes);
  }

  /**
   * The output as JSON. `T` is what you expect; it is not checked.
   * @throws PluginError `output-format` when the output is not JSON
   */
  json<T = unknown>(): T {
    const text = this.text();
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new PluginError('output-format', {
        message: `The plug-in's output is not JSON: ${describeThrown(cause)}`,
        expected: 'JSON',
        actual:
          this.byteLength === 0
            ? 'no output'
            : `${this.byteLength} bytes that start with ${JSON.stringify(text.slice(0, 40))}`,
        cause,
      });
    }
  }
}
