import type { PluginError } from '../contract/errors.js';
import type { RequestEvent } from '../page/base/http-settings.js';
import type { LogRecord } from '../page/base/options.js';

/** What `change` tells: which plug-in; null when it is the block list. Another tab's changes are told too. */
export interface ChangeDetail {
  readonly id: string | null;
}

/** What `failure` tells: a plug-in failed at an extension point, and the app went on without it. */
export interface FailureDetail {
  readonly id: string;
  readonly name: string;
  /** The extension point's name. */
  readonly point: string;
  readonly error: PluginError;
  /** Whether it was turned off. */
  readonly isDisabled: boolean;
}

/** What `request` tells: an HTTP request of a plug-in has ended, refused ones included. */
export interface RequestDetail {
  readonly id: string;
  readonly request: RequestEvent;
}

/** What `log` tells. Values of secret settings are left out. */
export interface LogDetail {
  readonly id: string;
  readonly line: LogRecord;
}
