import type { PluginError } from '../contract/errors.js';
import type { RequestEvent } from '../page/base/http-settings.js';
import type { LogRecord } from '../page/base/options.js';

/** The detail of `change`: the plug-in, or null for the block list. Other tabs' changes are dispatched too. */
export interface ChangeDetail {
  readonly id: string | null;
}

/** The detail of `failure`: a plug-in failed at an extension point, and the run continued without it. */
export interface FailureDetail {
  readonly id: string;
  readonly name: string;
  /** The extension point's name. */
  readonly point: string;
  readonly error: PluginError;
  /** Whether the plug-in was disabled. */
  readonly isDisabled: boolean;
}

/** The detail of `quarantine`: a page crashed while the plug-in ran, so the library disabled it. It may not be the cause. */
export interface QuarantineDetail {
  readonly id: string;
  readonly name: string;
  /** How many pages crashed in a row while this version ran. */
  readonly crashes: number;
  /** Whether this version is blocked: the second crash in a row blocks it. */
  readonly isBlocked: boolean;
}

/** The detail of `request`: an HTTP request of a plug-in has ended or was refused. */
export interface RequestDetail {
  readonly id: string;
  readonly request: RequestEvent;
}

/** The detail of `log`. Values of secret settings are masked. */
export interface LogDetail {
  readonly id: string;
  readonly line: LogRecord;
}

/** The events that a library dispatches, by type. */
export interface LibraryEvents {
  readonly change: CustomEvent<ChangeDetail>;
  readonly failure: CustomEvent<FailureDetail>;
  readonly log: CustomEvent<LogDetail>;
  readonly quarantine: CustomEvent<QuarantineDetail>;
  readonly request: CustomEvent<RequestDetail>;
}
