import { PluginError } from '../../contract/errors.js';
import type { CallInput, CallLimits, StartReply, StartRequest } from '../../contract/protocol.js';
import type { VarChange } from '../../contract/var-change.js';
import type { FilesReply, FilesRequest } from '../../contract/wasi.js';
import { Deadline } from '../base/deadline.js';
import {
  type CallEnd,
  parseCallReply,
  parseDone,
  parseEvent,
  parseStartReply,
  type ParsedEvent,
} from '../workers/wire.js';
import type { RunnerHandle } from '../workers/worker-pool.js';

/** A metered guest stops itself in time. What still runs so much later is ended with its worker. */
export const meteredGraceMs = 250;

export type LogEvent = Extract<ParsedEvent, { kind: 'log' }>;
/** What an instance tells beside its answers. */
export type InstanceEvent = Exclude<ParsedEvent, { kind: 'progress' }>;

interface StartParts {
  readonly worker: RunnerHandle;
  readonly request: StartRequest;
  readonly limitMs: number;
  readonly name: string;
  readonly onEvent: (event: InstanceEvent) => void;
  /** What it asks of the page; not parsed yet. */
  readonly onQuestion: (question: unknown) => void;
}

/** One live plug-in instance, in a worker of its own. */
export class Instance {
  readonly #worker: RunnerHandle;

  private constructor(worker: RunnerHandle) {
    this.#worker = worker;
  }

  /** Instantiates, runs start sections and init hooks; past `limitMs` the worker is ended. Whoever fails here ends the worker. */
  static async start(parts: StartParts): Promise<{ readonly instance: Instance; readonly reply: StartReply }> {
    const { worker, request, limitMs, name, onEvent, onQuestion } = parts;
    worker.onEvent = (data): void => {
      // Lists that are no answers.
      if (Array.isArray(data)) {
        onQuestion(data);
        return;
      }
      const event = parseEvent(data);
      if (event !== null && event.kind !== 'progress') onEvent(event);
    };
    const deadline = new Deadline(() => worker.end(startTimeout(name, limitMs)));
    deadline.start(request.limits === null ? limitMs : limitMs + meteredGraceMs);
    try {
      const reply = await worker.request((api) => api.start(request), parseStartReply);
      return { instance: new Instance(worker), reply };
    } catch (error) {
      worker.end(new PluginError('closed', { message: `${name} did not start` }));
      throw error;
    } finally {
      deadline.stop();
    }
  }

  get ended(): boolean {
    return this.#worker.ended;
  }

  call(name: string, input: CallInput, vars: readonly VarChange[] | null, limits: CallLimits | null): Promise<CallEnd> {
    return this.#worker.request((api) => api.call(name, input, vars, limits), parseCallReply);
  }

  /** Interrupts a metered guest by a message. */
  interrupt(): void {
    // A worker that ends meanwhile has ended the call too.
    this.#worker.request((api) => api.interrupt(), parseDone).catch(() => {});
  }

  reset(): Promise<void> {
    return this.#worker.request((api) => api.reset(), parseDone);
  }

  async files(request: FilesRequest): Promise<FilesReply> {
    const { parseFilesReply } = await import('../files/plugin-files.js');
    return this.#worker.request((api) => api.files(request), parseFilesReply);
  }

  /** Ends the worker, whatever it is doing; what waits for it is rejected with `error`. */
  end(error: PluginError): void {
    this.#worker.end(error);
  }
}

function startTimeout(name: string, limitMs: number): PluginError {
  return new PluginError('load-timeout', {
    message: `${name} stopped after ${limitMs} ms: it was still instantiating, in its start section or in an init hook`,
    where: name,
    expected: `ready within ${limitMs} ms`,
    actual: `still running after ${limitMs} ms`,
    fix: 'Raise loadTimeoutMs or remove the plug-in.',
    details: { limitMs, phase: 'starting' },
  });
}
