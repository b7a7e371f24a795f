import { PluginError } from '../../contract/errors.js';
import type { CallProgram, StreamName } from '../../contract/wasi.js';
import type { CallPlan, StreamEnds } from '../base/program-plan.js';
import { InputEnd } from './input-end.js';
import { OutputEnd } from './output-end.js';

type Piece = Uint8Array<ArrayBuffer>;

/** The page's side of the standard streams of one instance. */
export class ProgramStreams {
  readonly #ends: readonly OutputEnd[];
  readonly #output: ReadonlyMap<StreamName, OutputEnd>;
  readonly #ownInput: InputEnd | null;
  #input: InputEnd | null;
  /** Resolves the promise of `written`; null if nobody waits. */
  #onWritten: (() => void) | null = null;

  constructor({ stdin, stdout, stderr }: StreamEnds) {
    const onIdle = (): void => {
      if (this.#isIdle) this.#wake();
    };
    const output = new Map<StreamName, OutputEnd>();
    if (stdout !== null) output.set('stdout', new OutputEnd('wasi.stdout', stdout, onIdle));
    if (stderr !== null) output.set('stderr', new OutputEnd('wasi.stderr', stderr, onIdle));
    this.#output = output;
    this.#ends = [...output.values()];
    this.#input = this.#ownInput = stdin === null ? null : new InputEnd(stdin);
  }

  /**
   * Starts a call, and returns what its program is given besides its set-up. Where the plug-in cannot wait, input that is on the page is read first.
   * @throws PluginError `cannot-wait`, `input-too-large`, `host-function` if the input cannot be read
   */
  begin(plan: CallPlan | null, canWait: boolean, signal: AbortSignal): CallProgram | null | Promise<CallProgram> {
    for (const end of this.#ends) end.begin();
    const replaced = plan?.stdin ?? null;
    this.#input = replaced === null ? this.#ownInput : new InputEnd(replaced);
    const stdin = plan?.wire.stdin ?? null;
    const isOnPage = stdin === 'page' || (stdin === null && this.#ownInput !== null);
    if (canWait || !isOnPage || this.#input === null) return plan?.wire ?? null;
    this.#input.rewind();
    const wire = plan?.wire ?? { args: null, env: null };
    return this.#input.all(signal).then((bytes) => ({ ...wire, stdin: bytes }));
  }

  end(): void {
    this.#input?.end();
    this.#input = this.#ownInput;
  }

  /** @throws PluginError `protocol` for a stream that is not on the page */
  print(stream: StreamName, bytes: Piece): void {
    const end = this.#output.get(stream);
    if (end === undefined) throw unknownStream(stream);
    end.print(bytes);
  }

  /** Resolves when all that was printed is written: null, or why it could not be. Returns null if nothing is to be waited for. */
  written(): Promise<PluginError | null> | null {
    if (this.#isIdle) return this.#failure === null ? null : Promise.resolve(this.#failure);
    return new Promise((resolve) => {
      this.#onWritten = () => resolve(this.#failure);
    });
  }

  /** Stops waiting for what is being written. Returns false if nobody waits. */
  giveUp(): boolean {
    return this.#wake();
  }

  /** Answers the question for input. */
  async read(anew: boolean, withinMs: number | null, signal: AbortSignal): Promise<Piece | null | false> {
    const failure = this.#failure;
    if (failure !== null) throw failure;
    if (anew) this.#input?.rewind();
    return this.#input === null ? null : this.#input.next(withinMs, signal);
  }

  get #isIdle(): boolean {
    return this.#ends.every(({ isIdle }) => isIdle);
  }

  get #failure(): PluginError | null {
    return this.#ends.find(({ failure }) => failure !== null)?.failure ?? null;
  }

  #wake(): boolean {
    const wake = this.#onWritten;
    this.#onWritten = null;
    wake?.();
    return wake !== null;
  }
}

function unknownStream(stream: StreamName): PluginError {
  return new PluginError('protocol', {
    message: `Message from the plug-in's worker does not follow the protocol: ${stream} is not on the page`,
    where: stream,
  });
}
