import type { GuestLogLevel } from '../../contract/abi.js';
import type { CallOptions, CallSource } from './call-options.js';
import type { PluginOutput } from './output.js';

/** What a host function can call: a `Plugin`. */
export interface CallTarget {
  call(name: string, input?: CallSource, options?: CallOptions): Promise<PluginOutput>;
}

/** The call of a plug-in during which a host function runs. */
export interface HostCall {
  /** The plug-in's name. */
  readonly plugin: string;
  /** The value that the app passed to `plugin.call` as `hostContext`. */
  readonly hostContext: unknown;
  /** Aborted when the call is aborted, times out or ends. */
  readonly signal: AbortSignal;
  /** Writes a line to the plug-in's log. */
  readonly log: (level: GuestLogLevel, message: string) => void;
  /**
   * Calls another plug-in on behalf of this call.
   * @throws PluginError `reentrant`, at once, if that plug-in is waiting for this call
   */
  readonly call: (plugin: CallTarget, name: string, input?: CallSource, options?: CallOptions) => Promise<PluginOutput>;
}
