import { type Endpoint, transfer, wrap } from 'comlink';
import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { type ComlinkCall, packCall, unpackAnswer } from '../../contract/frames.js';

/** A worker's object as the page sees it: every answer is unknown until it is parsed. */
export type WorkerClient<Api> = {
  readonly [Method in keyof Api]: Api[Method] extends (...args: infer Args) => unknown
    ? (...args: Args) => Promise<unknown>
    : never;
};

/** What is used of a worker. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener<Kind extends keyof WorkerEventMap>(
    type: Kind,
    listener: (event: WorkerEventMap[Kind]) => void,
  ): void;
  terminate(): void;
}

/** A worker and the calls that wait for it. Each settles exactly once, also when the worker dies under them. */
export class WorkerHandle<Api> {
  /** Messages that are no answers: logs, progress. As hostile as all that a worker sends. */
  onEvent: (event: unknown) => void = () => {};
  /** Told once, when the worker ends for any reason. */
  onEnd: (error: PluginError) => void = () => {};
  readonly #worker: WorkerLike;
  readonly #endpoint: AnswersOnly;
  /** Held for as long as the worker: a proxy that is collected closes the channel (Comlink #667). */
  readonly #api: WorkerClient<Api>;
  readonly #pending = new Set<(error: PluginError) => void>();
  #end: PluginError | null = null;
  #answered = false;

  constructor(worker: WorkerLike) {
    this.#worker = worker;
    this.#endpoint = new AnswersOnly(worker, (event) => this.onEvent(event));
    // Comlink's own type says the same in more words.
    const remote = wrap<Api>(this.#endpoint) as unknown as WorkerClient<Api>;
    this.#api = rememberMethods(remote);
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.end(this.#deathOf(event));
    });
    worker.addEventListener('messageerror', () => {
      this.end(new PluginError('protocol', { message: 'The worker sent a message that cannot be read' }));
    });
  }

  get ended(): boolean {
    return this.#end !== null;
  }

  /** Asks the worker. Rejects with what ended the worker, if it ends first. */
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

  /** Brings the worker what is no call of a method. */
  send(message: unknown, transfers: Transferable[]): void {
    if (this.#end === null) this.#worker.postMessage(message, transfers);
  }

  /** Terminates the worker; everything that waits for it is rejected with `error`. */
  end(error: PluginError): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#worker.terminate();
    this.#endpoint.letGo();
    for (const reject of this.#pending) reject(error);
    this.#pending.clear();
    this.onEnd(error);
  }

  #deathOf(event: ErrorEvent): PluginError {
    if (this.#answered) {
      return new PluginError('worker-died', {
        message: `The plug-in's worker ended: ${event.message || 'no reason given'}`,
      });
    }
    return new PluginError('worker-start', {
      message: `The plug-in's worker did not start: ${event.message || 'its script could not be loaded'}`,
      fix: 'Serve worker.js next to the library, or give createHost its address as workerUrl; a Content-Security-Policy must allow it in worker-src.',
    });
  }
}

/** Comlink makes a proxy at every look at a method, and the collector has to clear each away: one of each is enough. */
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
 * What of a worker Comlink sees on the page: plain answers, and nothing else. Comlink's own message kinds can carry ports and
 * thrown values; a hostile worker must not reach that code.
 *
 * Comlink keeps this for as long as a proxy of it lives. While it knew the worker, and so its handle and the handle's
 * proxies, none of them ever went: it lets go when the worker ends.
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
      // Comlink reads nothing but the data; an event made for it would cost a tenth of a short call.
      else if (typeof listener === 'function') listener({ data: answer } as MessageEvent);
    });
  }

  // Comlink stops listening only when it is told farewell by a peer.
  removeEventListener(): void {}

  letGo(): void {
    this.#worker = null;
    this.#onEvent = (): void => {};
  }
}

/** What cannot be read or cloned on its way to a worker. */
export function cannotSend(thrown: unknown): PluginError {
  return new PluginError('invalid-argument', {
    message: `This cannot be sent to the plug-in's worker: ${describeThrown(thrown)}`,
    fix: 'An ArrayBuffer that was already transferred, or a value that cannot be cloned, is the usual reason.',
    cause: thrown,
  });
}

/** Marks what a message hands over instead of copying. */
export function passAlong<Message extends object>(message: Message, transfers: Transferable[]): Message {
  return transfers.length === 0 ? message : transfer(message, transfers);
}
