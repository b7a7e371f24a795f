import type { StreamName } from '../../../contract/wasi.js';
import { sendQuestion } from '../../suspend/questions.js';
import type { Allowance } from './allowance.js';
import type { OutputStream } from './streams.js';

/** Smaller writes are collected. */
const chunkBytes = 65_536;
const mostPieceBytes = 1_048_576;
/** Pieces that are sent at once, so that they are not lost if the plug-in hangs; one more every `pieceMs` milliseconds. */
const piecesAtOnce = 64;
const pieceMs = 1;

/** Sends bytes to the page. */
export class PageStream implements OutputStream {
  readonly #stream: StreamName;
  readonly #allowance: Allowance;
  readonly #chunk = new Uint8Array(chunkBytes);
  #length = 0;
  #atOnce = piecesAtOnce;
  #countedAt = 0;

  constructor(stream: StreamName, allowance: Allowance) {
    this.#stream = stream;
    this.#allowance = allowance;
  }

  write(bytes: Uint8Array): number {
    const taken = this.#allowance.take(bytes.length);
    if (this.#length + taken > chunkBytes) this.flush();
    if (taken > chunkBytes) {
      for (let start = 0; start < taken; start += mostPieceBytes) {
        this.#send(bytes.slice(start, Math.min(taken, start + mostPieceBytes)));
      }
      return taken;
    }
    this.#chunk.set(taken === bytes.length ? bytes : bytes.subarray(0, taken), this.#length);
    this.#length += taken;
    if (this.#length === chunkBytes) this.flush();
    return taken;
  }

  pace(): void {
    if (this.#length > 0 && this.#isDue()) this.flush();
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#send(this.#chunk.slice(0, this.#length));
    this.#length = 0;
  }

  #send(bytes: Uint8Array<ArrayBuffer>): void {
    sendQuestion(0, ['print', this.#stream, bytes], [bytes.buffer]);
  }

  #isDue(): boolean {
    const now = performance.now();
    this.#atOnce = Math.min(piecesAtOnce, this.#atOnce + (now - this.#countedAt) / pieceMs);
    this.#countedAt = now;
    if (this.#atOnce < 1) return false;
    this.#atOnce -= 1;
    return true;
  }
}
