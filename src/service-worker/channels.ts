import type { LongPollAddress } from '../contract/waiting/long-polling.js';

export interface LongPollOptions {
  /** Milliseconds that one request is kept open before the worker is asked to send it again. @default 20_000 */
  readonly holdMs?: number;
  /** Milliseconds that an answer waits for its question, and that a dropped channel is remembered. @default 60_000 */
  readonly keepMs?: number;
}

/** The result of a question. */
export type LongPollAnswer = ArrayBuffer | 'ask-again' | 'dropped';

/** A channel's worker is blocked while it asks: there is one question, or one early answer, at a time. */
type Channel =
  | { readonly state: 'asked'; readonly number: number; readonly settle: (answer: LongPollAnswer) => void }
  | { readonly state: 'answered'; readonly number: number; readonly body: ArrayBuffer; readonly done: () => void }
  | { readonly state: 'dropped' };

interface Entry {
  readonly channel: Channel;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Matches questions and answers, whichever arrives first. One without a counterpart is dropped after a while. */
export class LongPollChannels {
  readonly #holdMs: number;
  readonly #keepMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor({ holdMs = 20_000, keepMs = 60_000 }: LongPollOptions) {
    this.#holdMs = holdMs;
    this.#keepMs = keepMs;
  }

  ask({ channel: name, number }: LongPollAddress): Promise<LongPollAnswer> {
    const now = this.#entries.get(name)?.channel;
    if (now?.state === 'dropped') return Promise.resolve('dropped');
    if (now?.state === 'answered' && now.number === number) {
      this.#end(name, 'ask-again');
      return Promise.resolve(now.body);
    }
    return new Promise((settle) => {
      this.#begin(name, { state: 'asked', number, settle }, this.#holdMs);
    });
  }

  /** Resolves when the service worker need not stay alive for this answer any longer. */
  answer({ channel: name, number, body }: LongPollAddress & { readonly body: ArrayBuffer }): Promise<void> {
    const now = this.#entries.get(name)?.channel;
    if (now?.state === 'asked' && now.number === number) {
      this.#end(name, body);
      return Promise.resolve();
    }
    // The channel was dropped, or a later question was asked already.
    if (now !== undefined && (now.state === 'dropped' || now.number > number)) return Promise.resolve();
    return new Promise((done) => {
      this.#begin(name, { state: 'answered', number, body, done }, this.#keepMs);
    });
  }

  drop(name: string): Promise<void> {
    this.#end(name, 'dropped');
    this.#begin(name, { state: 'dropped' }, this.#keepMs);
    return Promise.resolve();
  }

  #begin(name: string, channel: Channel, forMs: number): void {
    this.#end(name, 'ask-again');
    this.#entries.set(name, { channel, timer: setTimeout(() => this.#end(name, 'ask-again'), forMs) });
  }

  #end(name: string, last: LongPollAnswer): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    clearTimeout(entry.timer);
    this.#entries.delete(name);
    if (entry.channel.state === 'asked') entry.channel.settle(last);
    if (entry.channel.state === 'answered') entry.channel.done();
  }
}
