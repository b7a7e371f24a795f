import type { HostMatcher } from '../../manifest/hosts.js';

/** Describes one HTTP request of a plug-in after it has ended, with an answer or an error. */
export interface RequestEvent {
  /** The plug-in's name. */
  readonly plugin: string;
  /** In upper case; empty if the plug-in's request could not be parsed. */
  readonly method: string;
  /** The parsed URL without user name and password. If it is not a URL: the plug-in's text, truncated. */
  readonly url: string;
  /** The HTTP status; null if there was no answer. */
  readonly status: number | null;
  /** Decoded bytes of the answer's body that were read. */
  readonly bytes: number;
  readonly ms: number;
  /** The message of the error; null if the plug-in received an answer. */
  readonly reason: string | null;
}

/** The rules for one plug-in's HTTP requests. */
export interface HttpSettings {
  /** The plug-in's name. */
  readonly plugin: string;
  /** The host patterns of the options, or those of a manifest that the app wrote. */
  readonly allowedHosts: readonly string[];
  /** The host patterns that a foreign manifest asks for: a request must match both lists. Null: any host of `allowedHosts`. */
  readonly requestedHosts: readonly string[] | null;
  /** The compatibility profile's own check; null: the patterns of `allowedHosts`. */
  readonly matchHost: HostMatcher | null;
  readonly maxResponseBytes: number;
  readonly followRedirects: boolean;
  /** The app's own `fetch`; null: the page's. */
  readonly fetch: typeof fetch | null;
  readonly onRequest: ((event: RequestEvent) => void) | null;
}
