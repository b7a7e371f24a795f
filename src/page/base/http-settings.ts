import type { HostMatcher } from '../../manifest/hosts.js';

/** One HTTP request of a plug-in, told when it has ended, however it ended. */
export interface RequestEvent {
  /** The plug-in's name. */
  readonly plugin: string;
  /** Upper case; empty where the plug-in's request could not be read. */
  readonly method: string;
  /** As it was parsed, without user name and password; as the plug-in wrote it, cut, where it is no URL. */
  readonly url: string;
  /** Null where no answer came. */
  readonly status: number | null;
  /** Bytes of the answer's body that were read, decoded. */
  readonly bytes: number;
  readonly ms: number;
  /** Why it was refused or failed; null when the plug-in got its answer. */
  readonly reason: string | null;
}

/** What a plug-in's HTTP requests run under. */
export interface HttpSettings {
  /** The plug-in's name. */
  readonly plugin: string;
  /** As manifest and options give them together. */
  readonly allowedHosts: readonly string[];
  /** A drop-in's own check instead; null: the patterns of `allowedHosts`. */
  readonly matchHost: HostMatcher | null;
  readonly maxResponseBytes: number;
  readonly followRedirects: boolean;
  /** The app's own; null: the page's. */
  readonly fetch: typeof fetch | null;
  readonly onRequest: ((event: RequestEvent) => void) | null;
}
