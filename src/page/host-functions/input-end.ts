import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { PageInput } from '../base/wasi-options.js';

const where = 'wasi.stdin';
const pieceBytes = 1_048_576;
/** What is read before a call, where the plug-in cannot wait for the page. */
const mostReadAhead = 67_108_864;
const longestTimerMs = 2_147_483_647;
const encoder = new TextEncoder();

type Piece = Uint8Array<ArrayBuffer> | null;

/** Reads standard input for one instance, piece by piece. */
export class InputEnd {
  readonly #source: PageInput;
  #position = 0;
  #reader: ReadableStreamDefaultReader<unknown> | null = null;
  /** The piece that is being read, if the plug-in did not wait until it was there. */
  #reading: Promise<Piece> | null = null;

  constructor(source: PageInput) {
    this.#source = source;
  }

  /** Starts again: a file from its start, a stream where it is. */
  rewind(): void {
    this.#position = 0;
  }

  /** Resolves to bytes, null at the end, or false if there are none within so many milliseconds. */
  async next(withinMs: number | null, signal: AbortSignal): Promise<Piece | false> {
    const reading = (this.#reading ??= this.#read(signal));
    // While nobody waits for it, a failure is kept for the next question.
    reading.catch(() => {});
    if (withinMs !== null && (await isLate(reading, withinMs))) return false;
    if (this.#reading === reading) this.#reading = null;
    return reading;
  }

  /** Reads everything. @throws PluginError `cannot-wait` for a function; `input-too-large` */
  async all(signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    if (typeof this.#source === 'function') throw cannotAsk();
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for (let piece = await this.#read(signal); piece !== null; piece = await this.#read(signal)) {
      length += piece.length;
      if (length > mostReadAhead) throw tooLarge();
      pieces.push(piece);
    }
    return new Uint8Array(await new Blob(pieces).arrayBuffer());
  }

  /** Ends a call: an answer that is late is dropped, and the stream is no longer locked. */
  end(): void {
    this.#reading = null;
    this.#reader?.releaseLock();
    this.#reader = null;
  }

  async #read(signal: AbortSignal): Promise<Piece> {
    try {
      for (;;) {
        const piece = toBytes(await this.#piece(signal));
        // A read of no bytes would be the end of the input.
        if (piece === null || piece.length > 0) return piece;
      }
    } catch (cause) {
      if (isPluginError(cause)) throw cause;
      throw new PluginError('host-function', {
        message: `Input for the plug-in could not be read from ${where}: ${describeThrown(cause)}`,
        where,
        cause,
      });
    }
  }

  async #piece(signal: AbortSignal): Promise<unknown> {
    const source = this.#source;
    if (typeof source === 'function') return source(signal);
    if (source instanceof Blob) {
      if (this.#position >= source.size) return null;
      const start = this.#position;
      this.#position += pieceBytes;
      return source.slice(start, this.#position).arrayBuffer();
    }
    this.#reader ??= source.getReader();
    const { done, value } = await this.#reader.read();
    return done ? null : value;
  }
}

/** Resolves to whether `reading` has not settled within so many milliseconds. */
function isLate(reading: Promise<unknown>, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), Math.min(withinMs, longestTimerMs));
    const settled = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    reading.then(settled, settled);
  });
}

function toBytes(value: unknown): Piece {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return encoder.encode(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  if (value instanceof ArrayBuffer) return new Uint8Array(value).slice();
  throw new PluginError('host-function', {
    message: `Invalid input for the plug-in from ${where}: expected text or bytes, found ${typeof value}`,
    where,
    expected: 'text or bytes',
    actual: typeof value,
  });
}

/** Returns the error for a function as standard input of a plug-in that cannot wait. */
export function cannotAsk(): PluginError {
  return new PluginError('cannot-wait', {
    message: `Plug-in cannot wait for a function as ${where}: no JSPI, cross-origin isolation or long-polling service worker`,
    where,
    fix: 'Pass text, bytes, a Blob or a ReadableStream, serve the page with COOP and COEP headers, or register a service worker that calls serveLongPolledRequests of tenon/service-worker.',
  });
}

function tooLarge(): PluginError {
  return new PluginError('input-too-large', {
    message: `Input too large: ${where} has more than ${mostReadAhead} bytes, and the plug-in cannot wait for the page`,
    where,
    expected: `at most ${mostReadAhead} bytes`,
    fix: 'Serve the page with COOP and COEP headers, or register a service worker that calls serveLongPolledRequests of tenon/service-worker.',
  });
}
