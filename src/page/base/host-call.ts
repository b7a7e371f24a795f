import type { GuestLogLevel } from '../../contract/abi.js';
import type { CallOptions, CallSource } from './call-options.js';
import type { PluginOutput } from './output.js';

/** What can be called on behalf of a call: a `Plugin`. */
export interface CallTarget {
  call(name: string, input?: CallSource, options?: CallOptions): Promise<PluginOutput>;
}

/** The call of a plug-in during which a host function runs. */
export interface HostCall {
  /** The plug-in's name. */
  readonly plugin: string;
  /** What the app passed to `plugin.call` as `hostContext`: that very value. */
  readonly hostContext: unknown;
  /** Aborted when the call is given up, runs out of time or ends. */
  readonly signal: AbortSignal;
  /** Writes to the plug-in's log. */
  readonly log: (level: GuestLogLevel, message: string) => void;
  /**
   * Calls another plug-in on behalf of this call.
   * @throws PluginError `reentrant` at once when that plug-in waits for this very call
   */
  readonly call: (plugin: CallTarget, name: string, input?: CallSource, options?: CallOptions) => Promise<PluginOutput>;
}
