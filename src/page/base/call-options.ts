import type { ProgramOptions } from './wasi-options.js';

/** The input of a call: text, which is encoded as UTF-8, bytes, or nothing. */
export type CallSource = string | AllowSharedBufferSource | null | undefined;

/** The options of one call. */
export interface CallOptions extends ProgramOptions {
  /** Aborts the call. A queued call leaves the queue; a running one is stopped, if need be with its instance. */
  readonly signal?: AbortSignal;
  /** Milliseconds that the call may take once it has left the queue. The smaller of this and the plug-in's own limit applies. */
  readonly timeoutMs?: number | null;
  /** Transfers the input's buffer instead of copying it, which detaches it. @default false */
  readonly transfer?: boolean;
  /** Work that the call may do. The smaller of this and the plug-in's own `fuel` applies. Only for plug-ins created with `fuel`. */
  readonly fuel?: number | null;
  /** Passed unchanged to host functions that run during the call. It never leaves the page. */
  readonly hostContext?: unknown;
}
