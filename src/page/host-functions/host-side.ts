import type { GuestLogLevel } from '../../contract/abi.js';
import type { PluginError } from '../../contract/errors.js';
import type { StartHost } from '../../contract/host-function.js';
import type { VarChange } from '../../contract/var-change.js';
import type { CallProgram } from '../../contract/wasi.js';
import type { CallPlan } from '../base/program-plan.js';

/** The page's side of a plug-in's host functions and HTTP. `HostCalls`, which implements it, is in a lazy chunk. */
export interface HostSide {
  /** Number of WebAssembly memories on the page for each instance. */
  readonly memories: number;
  connect(events: HostEvents): HostLink;
}

/** Callbacks of a {@link HostLink} to the instance's slot. */
export interface HostEvents {
  readonly log: (level: GuestLogLevel, message: string) => void;
  /** Called each time that a host function has run for another `stuckAfterMs`. */
  readonly stuck: (functionName: string) => void;
  /** Posts a message to the worker. */
  readonly send: (message: unknown, transfer: Transferable[]) => void;
  /** Called when the worker must be ended, with the reason: it sent a message that does not follow the protocol, for example. */
  readonly breach: (error: PluginError) => void;
  /** Returns all vars as they were when the running call started. */
  readonly vars: () => readonly VarChange[];
  readonly hasVar: (key: string) => boolean;
}

/** The connection between one instance and the page's side of its plug-in. */
export interface HostLink {
  readonly start: StartHost;
  /** Whether a host function is running synchronously now. A call that starts while it does is re-entrant. */
  readonly inHandler: boolean;
  /** Parses and handles a request of the worker. */
  receive(request: unknown): void;
  /**
   * Starts a call, and returns what its program is given besides its set-up. Throws or rejects if the program's input cannot be read.
   */
  begin(scope: CallScope): CallProgram | null | Promise<CallProgram>;
  /** Resolves when all that the call printed is written: null, or why it could not be. Returns null if nothing is to be waited for. */
  written(): Promise<PluginError | null> | null;
  /** Ends the call, and returns the changes of vars that its requests contained and that its host functions made. */
  end(): readonly VarChange[];
  /** Returns the original error of a host function, with its cause, if the call failed with that error; else `error`. */
  original(error: PluginError): PluginError;
  /** Rejects what the running call waits for with `error`: a request, or that its output is written. Returns false if it waits for nothing. */
  giveUp(error: PluginError): boolean;
  close(): void;
}

/** Properties of the running call that host functions receive. */
export interface CallScope {
  readonly hostContext: unknown;
  /** The plug-ins that wait for this call, this one included. */
  readonly ancestors: readonly object[];
  /** What the call changes for its program; null if that is nothing. */
  readonly program: CallPlan | null;
}
