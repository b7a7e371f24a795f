import { type Endpoint, transfer, wrap } from 'comlink';
import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { type ComlinkCall, packCall, unpackAnswer } from '../../contract/frames.js';

/** A worker's API as the page sees it: every answer is `unknown` until it is parsed. */
export type WorkerClient<Api> = {
  readonly [Method in keyof Api]: Api[Method] extends (...args: infer Args) => unknown
    ? (...args: Args) => Promise<unknown>
    : never;
};

/** The part of `Worker` that a {@link WorkerHandle} uses. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener<Kind extends keyof WorkerEventMap>(
    type: Kind,
    listener: (event: WorkerEventMap[Kind]) => void,
  ): void;
  terminate(): void;
}

/** A worker and its pending requests. Each request settles exactly once, also when the worker dies. */
export class WorkerHandle<Api> {
  /** Receives messages that are not answers, such as logs and progress. They are not parsed yet. */
  onEvent: (event: unknown) => void = () => {};
  /** Called once, when the worker ends for any reason. */
  onEnd: (error: PluginError) => void = () => {};
  readonly #worker: WorkerLike;
  readonly #script: string;
  readonly #endpoint: AnswersOnly;
  /** Referenced as long as the worker runs: when a proxy is garbage-collected, Comlink closes its channel (Comlink #667). */
  readonly #api: WorkerClient<Api>;
  readonly #pending = new Set<(error: PluginError) => void>();
  #end: PluginError | null = null;
  #answered = false;

  /** @param script the file that the worker runs, for errors */
  constructor(worker: WorkerLike, script: string) {
    this.#worker = worker;
    this.#script = script;
    this.#endpoint = new AnswersOnly(worker, (event) => this.onEvent(event));
    // Comlink's own type is equivalent, but more complex.
    const remote = wrap<Api>(this.#endpoint) as unknown as WorkerClient<Api>;
    this.#api = rememberMethods(remote);
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.end(this.#deathOf(event));
    });
    worker.addEventListener('messageerror', () => {
      this.end(new PluginError('protocol', { message: 'Message from the worker cannot be deserialized' }));
    });
  }

  get ended(): boolean {
    return this.#end !== null;
  }

  /** Sends a request. Rejects with the error that ended the worker if it ends before it replies. */
  request<Value>(send: (api: WorkerClient<Api>) => Promise<unknown>, parse: (reply: unknown) => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#end !== null) {
        reject(this.#end);
        return;
      }
      this.#pending.add(reject);
      send(this.#api).then(
        (reply) => {
          this.#answered = true;
          this.#pending.delete(reject);
          try {
            resolve(parse(reply));
          } catch (error) {
            reject(error);
          }
        },
        (thrown: unknown) => {
          this.#pending.delete(reject);
          reject(cannotSend(thrown));
        },
      );
    });
  }

  /** Posts a message that is not a method call. */
  send(message: unknown, transfers: Transferable[]): void {
    if (this.#end === null) this.#worker.postMessage(message, transfers);
  }

  /** Terminates the worker and rejects all pending requests with `error`. */
  end(error: PluginError): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#worker.terminate();
    this.#endpoint.release();
    for (const reject of this.#pending) reject(error);
    this.#pending.clear();
    this.onEnd(error);
  }

  #deathOf(event: ErrorEvent): PluginError {
    if (this.#answered) {
      return new PluginError('worker-died', {
        message: `The plug-in's worker ended: ${event.message || 'the browser reported no reason'}`,
      });
    }
    return new PluginError('worker-start', {
      message: `The worker of ${this.#script} did not start: ${event.message || 'its script could not be loaded'}`,
      where: this.#script,
      fix: 'Serve worker.js and loader.js next to the library, or name their folder in assets of createHost, and allow both in worker-src of the Content-Security-Policy.',
    });
  }
}

/** Caches a proxy for each method: Comlink creates a new one at every access, which the garbage collector has to remove. */
function rememberMethods<Client extends object>(remote: Client): Client {
  const methods = new Map<string | symbol, unknown>();
  return new Proxy(remote, {
    get: (target, name) => {
      const method: unknown = methods.get(name) ?? Reflect.get(target, name);
      methods.set(name, method);
      return method;
    },
  });
}

/**
 * The endpoint that Comlink uses on the page. It passes on plain answers and nothing else: Comlink's other message kinds can carry
 * ports and thrown values, and a hostile worker must not reach that code.
 *
 * Comlink references the endpoint as long as a proxy of it exists. The endpoint references the worker, whose listeners reference the handle
 * and so the proxies. `release` breaks this cycle when the worker ends, so that all of them can be garbage-collected.
 */
class AnswersOnly implements Endpoint {
  #worker: WorkerLike | null;
  #onEvent: (event: unknown) => void;

  constructor(worker: WorkerLike, onEvent: (event: unknown) => void) {
    this.#worker = worker;
    this.#onEvent = onEvent;
  }

  postMessage(message: ComlinkCall, transfer?: Transferable[]): void {
    const frame = packCall(message);
    if (frame !== null) this.#worker?.postMessage(frame, transfer ?? []);
  }

  addEventListener(_type: string, listener: EventListenerOrEventListenerObject): void {
    this.#worker?.addEventListener('message', (event: MessageEvent<unknown>) => {
      const answer = unpackAnswer(event.data);
      if (answer === null) this.#onEvent(event.data);
      // Comlink reads only `data`. Creating a real event would take a tenth of the time of a short call.
      else if (typeof listener === 'function') listener({ data: answer } as MessageEvent);
    });
  }

  // Comlink removes its listener only after a release message from its peer, which is never sent.
  removeEventListener(): void {}

  release(): void {
    this.#worker = null;
    this.#onEvent = (): void => {};
  }
}

/** Returns the error for a value that cannot be cloned or transferred to a worker. */
export function cannotSend(thrown: unknown): PluginError {
  return new PluginError('invalid-argument', {
    message: `Value cannot be sent to the plug-in's worker: ${describeThrown(thrown)}`,
    fix: 'Pass an ArrayBuffer that has not been transferred, and only values that can be cloned.',
    cause: thrown,
  });
}

/** Marks the objects that a message transfers instead of copying. */
export function withTransfer<Message extends object>(message: Message, transfers: Transferable[]): Message {
  return transfers.length === 0 ? message : transfer(message, transfers);
}
