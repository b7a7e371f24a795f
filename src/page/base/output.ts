import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The output of a call. Its buffer holds exactly the output and is shared with no one. */
export class PluginOutput {
  /** Milliseconds that the function ran in the worker: without queueing, messaging and copying. */
  readonly guestMs: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>, guestMs: number) {
    this.#bytes = bytes;
    this.guestMs = guestMs;
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  /** Returns the output itself, not a copy. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** Decodes the output as UTF-8. Invalid bytes become U+FFFD; a byte order mark is kept. */
  text(): string {
    return decoder.decode(this.#bytes);
  }

  /**
   * Parses the output as JSON. `T` is not checked.
   * @throws PluginError `output-format` if the output is not JSON
   */
  json<T = unknown>(): T {
    // JSON may start with a byte order mark, which text() keeps.
    const text = this.text().replace(/^\uFEFF/u, '');
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
