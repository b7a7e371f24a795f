import type { InputSetup } from '../../../contract/wasi.js';

const noBytes = new Uint8Array(0);

/** What is left of one source of input. */
interface Source {
  bytes: Uint8Array;
  position: number;
  /** Whether the page has more, and must be asked for it. */
  isOpen: boolean;
  /** Whether the page has not been asked since the program started. */
  isNew: boolean;
}

/** The input that a plug-in reads on descriptor 0: that of the instance, or of one call. */
export class InputStream {
  readonly #setup: InputSetup;
  #own: Source;
  #now: Source;

  constructor(setup: InputSetup) {
    this.#setup = setup;
    this.#now = this.#own = sourceOf(setup);
  }

  get left(): number {
    return this.#now.bytes.length - this.#now.position;
  }

  /** Whether the page must be asked for bytes before `read` can return any. */
  get mustAsk(): boolean {
    return this.left === 0 && this.#now.isOpen;
  }

  /** Whether the next question to the page is the first since the program started. */
  get isNew(): boolean {
    return this.#now.isNew;
  }

  /** Takes the page's answer: bytes, null at the end of the input, or false if there are none yet. */
  feed(answer: Uint8Array | null | false): void {
    this.#now.isNew = false;
    if (answer === null) this.#now.isOpen = false;
    else if (answer !== false) Object.assign(this.#now, { bytes: answer, position: 0 });
  }

  read(target: Uint8Array): number {
    const { bytes, position } = this.#now;
    const count = Math.min(target.length, this.left);
    target.set(bytes.subarray(position, position + count));
    this.#now.position += count;
    return count;
  }

  /** Reads another input until `restore`. */
  replace(setup: InputSetup): void {
    this.#now = sourceOf(setup);
  }

  restore(): void {
    this.#now = this.#own;
  }

  /** Starts again with the input of the instance, for a program that is started again. An input of the call stays. */
  rewind(): void {
    const isReplaced = this.#now !== this.#own;
    this.#own = sourceOf(this.#setup);
    if (!isReplaced) this.#now = this.#own;
  }
}

function sourceOf(setup: InputSetup): Source {
  const isOpen = setup === 'page';
  return { bytes: isOpen ? noBytes : setup, position: 0, isOpen, isNew: true };
}
