import { GuestContext, type GuestContextParts } from '../../kernel/guest-context.js';
import type { HostCall } from './host-call.js';

/** The plug-in's memory and vars, and the current call, as a raw host function accesses them. */
export class CallContext extends GuestContext implements HostCall {
  readonly plugin: HostCall['plugin'];
  readonly hostContext: unknown;
  readonly signal: AbortSignal;
  readonly call: HostCall['call'];

  constructor(parts: GuestContextParts, call: HostCall) {
    super(parts);
    this.plugin = call.plugin;
    this.hostContext = call.hostContext;
    this.signal = call.signal;
    this.call = (...args) => call.call(...args);
  }
}
