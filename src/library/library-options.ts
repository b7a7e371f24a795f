import type { Host } from '../page/host/host.js';
import type { PluginOptions } from '../page/base/options.js';
import type { Consent } from './permissions/consent.js';
import type { ExtensionPoint } from './run/extension-point.js';
import type { InstalledPlugin } from './view.js';

/** The limits of a library's plug-ins. */
export interface LibraryLimits extends Pick<
  PluginOptions,
  | 'timeoutMs'
  | 'loadTimeoutMs'
  | 'metering'
  | 'fuel'
  | 'maxQueue'
  | 'maxOutputBytes'
  | 'maxHostCalls'
  | 'maxRequests'
  | 'logLevel'
> {
  readonly memory?: NonNullable<PluginOptions['memory']> & {
    /**
     * Pages that a plug-in may have if its user allows it: one that declares more than `maxPages` asks for the right when it is
     * installed. One that declares more than this is refused with `memory-limit`. @default 16_384 (1 GiB)
     */
    readonly maxPagesOnRequest?: number;
  };
}

export interface LibraryOptions {
  /** Runs the plug-ins. */
  readonly host: Host;
  /** The name of the databases. Libraries with the same name on one site share their plug-ins. @default 'default' */
  readonly name?: string;
  /** Asks the user what a plug-in may do: `(request) => sheet.ask(request)` with a `<plugin-consent>`. */
  readonly consent: Consent;
  /** The extension points of the app, so that users see where a plug-in runs. */
  readonly points?: readonly ExtensionPoint[];
  /** The limits of every plug-in. @default 4,096 pages, 10 s a call, 1 MiB of vars, 1,000,000 host calls and 100 HTTP requests a call */
  readonly limits?: LibraryLimits;
  /**
   * Returns further options for a plug-in. The library sets hosts, paths and config itself; `allowedHosts` and `config` are added
   * for a plug-in without a manifest.
   */
  readonly options?: (plugin: InstalledPlugin) => PluginOptions;
  /** The largest size in bytes of a source, of an unpacked bundle, and of all modules of a plug-in together. @default 67_108_864 (64 MiB) */
  readonly maxBytes?: number;
  /**
   * Hosts that may be requested while a plug-in is installed or updated, as patterns of `allowedHosts`. The page's own origin is
   * allowed besides for an address that the app passes, and the source's origin for addresses in it. Requests are GET, without cookies
   * and redirects. @default ['*']: public hosts, and neither local addresses nor the page's own host
   */
  readonly installHosts?: readonly string[];
  /** Milliseconds until opening the database fails with `storage-blocked`. @default 5_000 */
  readonly storageTimeoutMs?: number;
}
