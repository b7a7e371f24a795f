import type { GuestLogLevel } from '../../contract/abi.js';
import type { LogLine } from '../../contract/protocol.js';
import type { StreamName } from '../../contract/wasi.js';

/** Maximum length of a message. A longer one is truncated, and the number of omitted characters is appended. */
const maxMessageLength = 16_384;
/** Capacity of the token bucket, and the tokens added per second. */
const linesPerSecond = 1_000;
/** Number of lines of each call that are sent one by one, so that they are not lost if the plug-in hangs. */
const linesSentAtOnce = 16;
const batchLines = 128;

/** Milliseconds after which a line does not wait for a batch, so that the lines before it are not lost if the plug-in hangs. */
const batchMs = 50;

/** Where the plug-in printed a line, and whether no newline followed. */
export interface PrintedLine {
  readonly stream: StreamName;
  readonly continues: boolean;
}

/**
 * Sends log lines to the page: the first of each call at once, the rest in batches. Lines above the rate limit are only counted, except
 * those that the plug-in prints.
 */
export class Logs {
  readonly #send: (lines: readonly LogLine[], dropped: number) => void;
  #batch: LogLine[] = [];
  #sentThisCall = 0;
  #dropped = 0;
  #tokens = linesPerSecond;
  #refilledAt = 0;
  #postedAt = 0;

  constructor(send: (lines: readonly LogLine[], dropped: number) => void) {
    this.#send = send;
  }

  /** @param printed null for a line that the plug-in logs */
  write(level: GuestLogLevel, message: string, printed: PrintedLine | null = null): void {
    const at = Date.now();
    if (printed === null && !this.#takeToken(at)) {
      this.#dropped += 1;
      return;
    }
    const { stream, continues = false } = printed ?? {};
    this.#batch.push({ level, message: cut(message), at, ...(stream && { stream }), ...(continues && { continues }) });
    const { length } = this.#batch;
    if (this.#sentThisCall < linesSentAtOnce || length >= batchLines || at - this.#postedAt > batchMs) this.#post(at);
  }

  /** Sends the remaining lines of this call. */
  flush(): void {
    if (this.#batch.length > 0 || this.#dropped > 0) this.#post(0);
    this.#sentThisCall = 0;
  }

  #post(at: number): void {
    this.#postedAt = at;
    this.#sentThisCall += this.#batch.length;
    this.#send(this.#batch, this.#dropped);
    this.#batch = [];
    this.#dropped = 0;
  }

  #takeToken(now: number): boolean {
    const refill = Math.floor(((now - this.#refilledAt) * linesPerSecond) / 1_000);
    if (refill > 0) {
      this.#tokens = Math.min(linesPerSecond, this.#tokens + refill);
      this.#refilledAt = now;
    }
    if (this.#tokens <= 0) return false;
    this.#tokens -= 1;
    return true;
  }
}

function cut(message: string): string {
  if (message.length <= maxMessageLength) return message;
  return `${message.slice(0, maxMessageLength)}… (${message.length - maxMessageLength} more characters)`;
}
