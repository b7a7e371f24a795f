import type { GuestLogLevel } from '../../contract/abi.js';
import type { PluginError } from '../../contract/errors.js';
import type { StartHost } from '../../contract/host-function.js';
import type { VarChange } from '../../contract/var-change.js';

/** The page's side of what a plug-in asks for while it runs. Its making (host-calls.ts) is a part that loads on demand. */
export interface HostSide {
  /** WebAssembly memories that one instance takes on the page. */
  readonly memories: number;
  connect(events: HostEvents): HostLink;
}

/** What the page's side tells the instance's slot. */
export interface HostEvents {
  readonly log: (level: GuestLogLevel, message: string) => void;
  /** A host function has kept a call waiting for too long, while others wait behind it. */
  readonly stuck: (functionName: string) => void;
  /** Brings a message to the worker. */
  readonly send: (message: unknown, transfer: Transferable[]) => void;
  /** The worker sent what is not in the protocol. */
  readonly breach: (error: PluginError) => void;
  /** All vars as the running call found them. */
  readonly vars: () => readonly VarChange[];
}

/** One instance's line to the page. */
export interface HostLink {
  readonly start: StartHost;
  /** A host function runs right now: whoever calls is called by the plug-in itself. */
  readonly inHandler: boolean;
  /** What the worker asks, as hostile as all that a worker sends. */
  hear(question: unknown): void;
  begin(scope: CallScope): void;
  /** The call is over. Gives the vars that host functions saw or changed in it. */
  end(): readonly VarChange[];
  /** What a host function failed with, as it was thrown, if that is what the call failed with. */
  original(error: PluginError): PluginError;
  /** Ends the wait of the running call. False: it is not waiting. */
  giveUp(error: PluginError): boolean;
  close(): void;
}

/** What host functions are told of the call that is running. */
export interface CallScope {
  readonly hostContext: unknown;
  /** Plug-ins that wait for this call, this one included. */
  readonly ancestors: readonly object[];
}
