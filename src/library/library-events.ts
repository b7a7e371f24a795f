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
