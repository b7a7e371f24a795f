/** A page of an app with a service worker, in a frame: the specs' own page has none. */
import { check } from '../assert.js';
import type { SpecContext } from '../harness.js';
import type { LongPollEnd, LongPollQuestion } from './worker.js';

export class LongPollPage {
  readonly #window: Window & typeof globalThis;
  readonly scope: string;

  private constructor(window: Window & typeof globalThis, scope: string) {
    this.#window = window;
    this.scope = scope;
  }

  static async open(context: SpecContext, query: string = ''): Promise<LongPollPage> {
    if (!context.secure) context.skip('there are no service workers on insecure pages');
    const scope = context.url('/long-polled/');
    const script = context.url(`/long-polled/service-worker.js${query}`);
    const registration = await navigator.serviceWorker.register(script, { scope });
    context.defer(() => registration.unregister());
    await until(() => registration.active?.scriptURL === script && registration.active.state === 'activated');
    const frame = document.createElement('iframe');
    const loaded = new Promise((resolve) => {
      frame.addEventListener('load', resolve, { once: true });
    });
    frame.src = context.url('/long-polled/index.html');
    document.body.append(frame);
    context.defer(() => frame.remove());
    await loaded;
    const window = frame.contentWindow as (Window & typeof globalThis) | null;
    check(window !== null, 'the frame has no window');
    await until(() => window.navigator.serviceWorker.controller?.scriptURL === script);
    return new LongPollPage(window, scope);
  }

  post(message: unknown, transfer: Transferable[] = []): void {
    this.#window.navigator.serviceWorker.controller?.postMessage(message, transfer);
  }

  answer(channel: string, number: number, body: Uint8Array<ArrayBuffer>): void {
    this.post({ tenon: 'long-poll-answer', channel, number, body: body.buffer }, [body.buffer]);
  }

  drop(channel: string): void {
    this.post({ tenon: 'long-poll-drop', channel });
  }

  url(channel: string, number: number): string {
    return `${this.scope}tenon-long-poll/${channel}/${number}`;
  }

  fetch(url: string, options: RequestInit = {}): Promise<Response> {
    return this.#window.fetch(url, options);
  }

  /**
   * A worker that this page's service worker controls. Chromium, while it puts a former service worker of the same scope away, may
   * fail what is asked of the new one: then another try is made.
   */
  async worker(context: SpecContext): Promise<BlockingWorker> {
    for (let attempt = 1; ; attempt += 1) {
      // WebKit controls only the first of several workers that load the same address at once; hence an address for each.
      const worker = new this.#window.Worker(`${this.scope}worker.js?${crypto.randomUUID()}`);
      context.defer(() => worker.terminate());
      const runs = await new Promise<boolean>((resolve) => {
        worker.addEventListener('message', () => resolve(true), { once: true });
        worker.addEventListener('error', () => resolve(false), { once: true });
      });
      if (runs) return new BlockingWorker(worker);
      check(attempt < 3, 'the worker did not load, three times');
    }
  }
}

/** Asks one question after the other; between a question and its end nothing else runs in it. */
export class BlockingWorker {
  readonly #worker: Worker;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Settles once the worker is about to block. */
  async ask(question: LongPollQuestion): Promise<{ readonly end: Promise<LongPollEnd> }> {
    const asking = this.#next();
    this.#worker.postMessage(question);
    await asking;
    return { end: this.#next() as Promise<LongPollEnd> };
  }

  #next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => resolve(data), { once: true });
      this.#worker.addEventListener('error', () => reject(new Error('the worker failed')), { once: true });
    });
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}
