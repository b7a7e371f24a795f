import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { jsonFault } from '../../manifest/json-limits.js';

/** `json()` parses on the page's thread, so it takes no more than this. */
const mostSyncBytes = 1_048_576;
const defaultMaxValues = 200_000;
const syncLimits = { maxChars: mostSyncBytes, maxDepth: 1_000, maxValues: defaultMaxValues };

/** The limits of `parseJson()`. Receiving the parsed value takes the page's thread time for each value. */
export interface ParseJsonOptions {
  /** Arrays and objects inside each other. @default 512 */
  readonly maxDepth?: number;
  /** Objects, arrays and commas in the text: at least the number of values. @default 200_000 */
  readonly maxValues?: number;
}

/** Parses JSON in a worker. */
export type ParseOffPage = (bytes: Uint8Array<ArrayBuffer>, options: Required<ParseJsonOptions>) => Promise<unknown>;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The output of a call. Its buffer holds exactly the output and is shared with no one. */
export class PluginOutput {
  /** Milliseconds that the function ran in the worker: without queueing, messaging and copying. */
  readonly guestMs: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  readonly #parse: ParseOffPage;

  constructor(bytes: Uint8Array<ArrayBuffer>, guestMs: number, parse: ParseOffPage) {
    this.#bytes = bytes;
    this.#parse = parse;
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
   * Parses the output as JSON, on the page's thread. `T` is not checked.
   * @throws PluginError `output-format` if the output is not JSON; `output-too-large` above 1 MiB, 200,000 values or a depth
   * of 1,000: use `parseJson()`
   */
  json<T = unknown>(): T {
    if (this.byteLength > mostSyncBytes) {
      throw tooLargeForPage(`expected at most ${mostSyncBytes} bytes, found ${this.byteLength}`);
    }
    // JSON may start with a byte order mark, which text() keeps.
    const text = this.text().replace(/^\uFEFF/u, '');
    const fault = jsonFault(text, syncLimits);
    if (fault !== null) throw tooLargeForPage(fault);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw notJson(describeThrown(cause), this.byteLength, text, cause);
    }
  }

  /**
   * Parses the output as JSON of any size, in a worker. `T` is not checked.
   * @throws PluginError `output-format` if the output is not JSON or exceeds a limit; `load-timeout` after 10 s
   * @example await (await plugin.call('list')).parseJson()
   */
  async parseJson<T = unknown>({ maxDepth = 512, maxValues = defaultMaxValues }: ParseJsonOptions = {}): Promise<T> {
    return (await this.#parse(this.#bytes, { maxDepth, maxValues })) as T;
  }
}

function notJson(fault: string, byteLength: number, text: string, cause?: unknown): PluginError {
  return new PluginError('output-format', {
    message: `The plug-in's output is not JSON: ${fault}`,
    expected: 'JSON',
    actual: byteLength === 0 ? 'no output' : `${byteLength} bytes that start with ${JSON.stringify(text.slice(0, 40))}`,
    cause,
  });
}

function tooLargeForPage(fault: string): PluginError {
  return new PluginError('output-too-large', {
    message: `The plug-in's output is too large for json(): ${fault}`,
    fix: 'Use await output.parseJson(), with maxValues or maxDepth if its limits are too low as well.',
  });
}
