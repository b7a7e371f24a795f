/** What a call sends: text as UTF-8, bytes, or nothing. */
export type CallSource = string | AllowSharedBufferSource | null | undefined;

/** How one call is made. */
export interface CallOptions {
  /** Gives up the call: a waiting one leaves the queue, a running one is stopped with its instance. */
  readonly signal?: AbortSignal;
  /** Milliseconds, from leaving the queue; the smaller of this and the plug-in's own limit counts. */
  readonly timeoutMs?: number | null;
  /** Hands the input's buffer over instead of copying it: it is empty afterwards. @default false */
  readonly transfer?: boolean;
  /** Work it may do; the smaller of this and the plug-in's own `fuel` counts. Only for a plug-in that has one. */
  readonly fuel?: number | null;
  /** Handed to host functions that run during the call, as it is. It never leaves the page. */
  readonly hostContext?: unknown;
}
