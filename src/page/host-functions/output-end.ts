import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import type { OutputFunction, OutputSink } from '../base/wasi-options.js';

/** Writes what a plug-in prints on one stream, one piece after the other. */
export class OutputEnd {
  readonly #where: string;
  readonly #write: OutputFunction;
  readonly #onIdle: () => void;
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #isWriting = false;
  /** Whether the piece that is being written is one of an earlier call, which was aborted. */
  #isOld = false;
  #failure: PluginError | null = null;

  /** @param onIdle called when all pieces are written, or one could not be */
  constructor(where: string, sink: OutputSink, onIdle: () => void) {
    this.#where = where;
    this.#write = typeof sink === 'function' ? sink : (bytes) => writeOnce(sink, bytes);
    this.#onIdle = onIdle;
  }

  /** Whether nothing that the running call printed is left to be written. */
  get isIdle(): boolean {
    return !this.#isWriting || (this.#isOld && this.#queue.length === 0);
  }

  /** Why a piece could not be written since `begin`. Later pieces are dropped. */
  get failure(): PluginError | null {
    return this.#failure;
  }

  /** Forgets what is not written yet, and a failure, before a call. */
  begin(): void {
    this.#queue = [];
    this.#failure = null;
    this.#isOld = this.#isWriting;
  }

  print(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#failure !== null) return;
    this.#queue.push(bytes);
    if (!this.#isWriting) this.#writeNext();
  }

  #writeNext(): void {
    this.#isOld = false;
    for (let bytes = this.#queue.shift(); bytes !== undefined; bytes = this.#queue.shift()) {
      try {
        const given = this.#write(bytes);
        if (!isThenable(given)) continue;
        this.#isWriting = true;
        Promise.resolve(given).then(
          () => this.#writeNext(),
          (thrown: unknown) => (this.#isOld ? this.#writeNext() : this.#fail(thrown)),
        );
        return;
      } catch (thrown) {
        this.#fail(thrown);
        return;
      }
    }
    this.#settle();
  }

  #fail(cause: unknown): void {
    this.#queue = [];
    this.#failure ??= new PluginError('host-function', {
      message: `Output of the plug-in could not be written to ${this.#where}: ${describeThrown(cause)}`,
      where: this.#where,
      cause,
    });
    this.#settle();
  }

  #settle(): void {
    this.#isWriting = false;
    this.#onIdle();
  }
}

/** Writes one piece. The stream is not locked afterwards, so that the app can close it, or pass it on. */
function writeOnce(stream: WritableStream<Uint8Array<ArrayBuffer>>, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const writer = stream.getWriter();
  const written = writer.write(bytes);
  writer.releaseLock();
  return written;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
