import type { GuestLogLevel } from '../../contract/abi.js';
import type { LogLine } from '../../contract/protocol.js';

/** Maximum length of a message. A longer one is truncated, and the number of omitted characters is appended. */
const maxMessageLength = 16_384;
/** Capacity of the token bucket, and the tokens added per second. */
const linesPerSecond = 1_000;
/** Number of lines of each call that are sent one by one, so that they are not lost if the plug-in hangs. */
const linesSentAtOnce = 16;
const batchLines = 128;

/** Sends log lines to the page: the first of each call at once, the rest in batches. Lines above the rate limit are only counted. */
export class Logs {
  readonly #send: (lines: readonly LogLine[], dropped: number) => void;
  #batch: LogLine[] = [];
  #sentThisCall = 0;
  #dropped = 0;
  #tokens = linesPerSecond;
  #refilledAt = 0;

  constructor(send: (lines: readonly LogLine[], dropped: number) => void) {
    this.#send = send;
  }

  write(level: GuestLogLevel, message: string, stream?: 'stdout' | 'stderr'): void {
    const at = Date.now();
    if (!this.#takeToken(at)) {
      this.#dropped += 1;
      return;
    }
    this.#batch.push({ level, message: cut(message), at, ...(stream === undefined ? {} : { stream }) });
    if (this.#sentThisCall < linesSentAtOnce || this.#batch.length >= batchLines) this.#post();
  }

  /** Sends the remaining lines of this call. */
  flush(): void {
    if (this.#batch.length > 0 || this.#dropped > 0) this.#post();
    this.#sentThisCall = 0;
  }

  #post(): void {
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
