import { isPluginError } from '../../contract/errors.js';
import { brokeOff } from '../../contract/fetching.js';
import type { PumpMessage } from '../../contract/protocol.js';

/** Chunks larger than this are cut, so that one transfer never holds up the page. */
const mostChunkBytes = 1_048_576;

/** A body that the page reads. */
export interface PageBody {
  readonly reader: ReadableStreamDefaultReader<Uint8Array> | null;
  readonly totalBytes: number | null;
}

/**
 * Reads a body on the page and hands its chunks to the worker, one for each time it asks: streams themselves do not transfer
 * in WebKit.
 */
export class Pump {
  readonly #label: string;
  readonly #open: () => Promise<PageBody>;
  readonly #abort: () => void;
  #body: PageBody | null;
  #rest: Uint8Array = new Uint8Array(0);

  /**
   * @param source the body itself, or what fetches it once the worker asks
   * @param abort ends the request, where it is the page's own: Firefox keeps the connection of a body that is only cancelled
   */
  constructor(label: string, source: PageBody | (() => Promise<PageBody>), abort: () => void = () => {}) {
    this.#label = label;
    this.#abort = abort;
    this.#body = typeof source === 'function' ? null : source;
    this.#open = typeof source === 'function' ? source : (): Promise<PageBody> => Promise.resolve(source);
  }

  /** Answers what is asked over `port`. Gives what stops it. */
  serve(port: MessagePort): () => void {
    port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (data === 'open') this.open(port);
      else if (data === 'pull') void this.#answer(() => this.#pull(), port);
      else this.#cancel(port);
    });
    port.start();
    return () => this.#cancel(port);
  }

  /** Answers an `open`. */
  open(port: MessagePort): void {
    void this.#answer(() => this.#begin(), port);
  }

  async #answer(ask: () => Promise<PumpMessage>, port: MessagePort): Promise<void> {
    try {
      const message = await ask();
      port.postMessage(message, message.type === 'chunk' ? [message.bytes.buffer] : []);
    } catch (thrown) {
      const error = isPluginError(thrown) ? thrown : brokeOff(this.#label, thrown);
      port.postMessage({ type: 'error', error: error.toJSON() } satisfies PumpMessage);
      this.#abort();
    }
  }

  async #begin(): Promise<PumpMessage> {
    this.#body = await this.#open();
    return { type: 'opened', totalBytes: this.#body.totalBytes };
  }

  async #pull(): Promise<PumpMessage> {
    while (this.#rest.length === 0) {
      const step = await this.#body?.reader?.read();
      if (step?.value === undefined) return { type: 'end' };
      this.#rest = step.value;
    }
    const bytes = this.#rest.slice(0, mostChunkBytes);
    this.#rest = this.#rest.subarray(bytes.length);
    return { type: 'chunk', bytes };
  }

  #cancel(port: MessagePort): void {
    port.close();
    this.#body?.reader?.cancel().catch(() => {}); // Already ended: nothing to cancel.
    this.#abort();
  }
}
