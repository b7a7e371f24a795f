import { createGate, type Gate } from '../../wasm/gate/gate.js';
import { describeThrown } from '../../contract/error-wire.js';
import { isPluginError, PluginError } from '../../contract/errors.js';
import type { ModuleReport } from '../../contract/module-report.js';
import type { GateOptions, LoadRequest } from '../../contract/protocol.js';
import { joinChunks } from './integrity.js';
import type { Rewrite } from './metering.js';
import type { OpenSource } from './source.js';

/** A module that passed the gate. It must not run before its hash was compared. */
export interface Compiled {
  readonly module: WebAssembly.Module;
  readonly report: ModuleReport;
  /** The bytes that were read, not the rewritten ones. */
  readonly original: readonly Uint8Array[];
  /** When the last byte had been read; performance.now(). */
  readonly readAt: number;
}

/** Observes the steps of one load. */
export interface CompileObserver {
  onRead(bytes: number): void;
  onAllRead(): void;
}

/** Compiles while the bytes stream in; each chunk passes the gate first. `head` was read already. */
export async function compileStream(
  head: Uint8Array,
  source: OpenSource,
  options: GateOptions,
  label: string,
  observer: CompileObserver,
): Promise<Compiled> {
  const intake = new Intake(gateFor(label, options), head, source, observer);
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    { pull: async (controller) => intake.pull(controller), cancel: () => source.cancel() },
    { highWaterMark: 4 },
  );
  try {
    const response = new Response(body, { headers: { 'content-type': 'application/wasm' } });
    const module = await WebAssembly.compileStreaming(response);
    return { module, ...intake.result() };
  } catch (thrown) {
    source.cancel();
    throw intake.failure ?? compileError(thrown, label);
  }
}

/** Compiles bytes in memory, which is faster than through a Response. `rewrite` meters them. */
export async function compileBytes(
  bytes: Uint8Array,
  options: GateOptions,
  label: string,
  rewrite: Rewrite | null,
): Promise<Compiled> {
  const gate = gateFor(label, options);
  const passed = gate.push(bytes);
  const { rest, report } = gate.finish();
  const readAt = performance.now();
  const gated = joinChunks([...passed, ...rest]);
  const rewritten = rewrite?.(gated).catch((thrown: unknown) => {
    throw namedFailure(thrown, label, 'meter');
  });
  const compiled = (await rewritten) ?? gated;
  try {
    const module = await WebAssembly.compile(compiled);
    return { module, report, original: [bytes], readAt };
  } catch (thrown) {
    throw compileError(thrown, label);
  }
}

/** Reads bytes to their end without compiling them: a manifest, or a module that the page holds compiled already. */
export async function readAll(
  head: Uint8Array,
  source: OpenSource,
  { gate: { maxModuleBytes }, label }: Pick<LoadRequest, 'gate' | 'label'>,
  observer: CompileObserver | null,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (let chunk: Uint8Array | null = head; chunk !== null; chunk = await source.next()) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    observer?.onRead(chunk.length);
    if (sizeBytes <= maxModuleBytes) continue;
    source.cancel();
    throw new PluginError('module-size', {
      message: `${label} is larger than ${maxModuleBytes} bytes`,
      where: label,
      expected: `at most ${maxModuleBytes} bytes`,
      actual: `${sizeBytes} bytes and more`,
      fix: 'Raise maxModuleBytes.',
    });
  }
  return joinChunks(chunks);
}

/** Reads the source, keeps the original bytes, and passes what the gate returns to the compiler. */
class Intake {
  failure: PluginError | null = null;
  readonly #gate: Gate;
  readonly #source: OpenSource;
  readonly #observer: CompileObserver;
  readonly #original: Uint8Array[] = [];
  #next: Uint8Array | null;
  #report: ModuleReport | null = null;
  #readAt = 0;

  constructor(gate: Gate, head: Uint8Array, source: OpenSource, observer: CompileObserver) {
    this.#gate = gate;
    this.#source = source;
    this.#observer = observer;
    this.#next = head;
  }

  /** Enqueues at least one chunk, or closes the stream, or fails it. */
  async pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> {
    try {
      let enqueued = 0;
      while (enqueued === 0) {
        const chunk = this.#next ?? (await this.#source.next());
        this.#next = null;
        if (chunk === null) {
          this.#end(controller);
          return;
        }
        this.#original.push(chunk);
        this.#observer.onRead(chunk.length);
        enqueued = enqueue(controller, this.#gate.push(chunk));
      }
    } catch (thrown) {
      this.failure = isPluginError(thrown)
        ? thrown
        : new PluginError('bug', { message: 'BUG: a module could not be streamed to the compiler', cause: thrown });
      controller.error(this.failure);
    }
  }

  result(): Omit<Compiled, 'module'> {
    if (this.#report === null)
      throw new PluginError('bug', { message: 'BUG: a module was compiled before its end was read' });
    return { report: this.#report, original: this.#original, readAt: this.#readAt };
  }

  #end(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): void {
    const { rest, report } = this.#gate.finish();
    enqueue(controller, rest);
    this.#report = report;
    this.#readAt = performance.now();
    this.#observer.onAllRead();
    controller.close();
  }
}

/** Creates a gate whose errors name the source. */
function gateFor(label: string, options: GateOptions): Gate {
  const gate = createGate(options);
  return {
    push: (chunk) => nameFailures(() => gate.push(chunk), label),
    finish: () => nameFailures(() => gate.finish(), label),
  };
}

/** Runs `work` and adds the source to its errors. */
function nameFailures<Result>(work: () => Result, label: string): Result {
  try {
    return work();
  } catch (thrown) {
    throw namedFailure(thrown, label, 'gate');
  }
}

function namedFailure(thrown: unknown, label: string, who: string): PluginError {
  if (!isPluginError(thrown))
    return new PluginError('bug', { message: `BUG: the ${who} failed on ${label}`, cause: thrown });
  return new PluginError(thrown.code, { ...thrown.toJSON(), message: `${label}: ${thrown.message}` });
}

function enqueue(
  controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>,
  chunks: readonly Uint8Array[],
): number {
  let count = 0;
  for (const chunk of chunks) {
    if (chunk.length === 0) continue;
    controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
    count += 1;
  }
  return count;
}

function compileError(thrown: unknown, label: string): PluginError {
  if (thrown instanceof RangeError) {
    return new PluginError('resources-exhausted', {
      message: `${label} could not be compiled: the engine is out of memory (${describeThrown(thrown)})`,
      fix: 'Close plug-ins that are not in use.',
      cause: thrown,
    });
  }
  return new PluginError('invalid-module', {
    message: `${label} is not a valid module: ${describeThrown(thrown)}`,
    where: label,
    fix: 'The file may be damaged, or use a WebAssembly feature that this browser lacks.',
    cause: thrown,
  });
}
