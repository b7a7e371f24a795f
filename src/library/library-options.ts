import type { Host } from '../page/host/host.js';
import type { PluginOptions } from '../page/base/options.js';
import type { Consent } from './permissions/consent.js';
import type { ExtensionPoint } from './run/extension-point.js';
import type { InstalledPlugin } from './view.js';

export interface LibraryOptions {
  /** Runs the plug-ins. */
  readonly host: Host;
  /** Names the databases: libraries of one name on one site are one library. @default 'default' */
  readonly name?: string;
  /** Asks the user what a plug-in may do: `(request) => sheet.ask(request)` with a `<plugin-consent>`. */
  readonly consent: Consent;
  /** Where the app runs plug-ins: what users are told of them. */
  readonly points?: readonly ExtensionPoint[];
  /** What every plug-in is limited to. @default 4,096 pages, 10 s a call, 1 MiB of vars */
  readonly limits?: Pick<
    PluginOptions,
    'memory' | 'timeoutMs' | 'loadTimeoutMs' | 'metering' | 'fuel' | 'maxQueue' | 'maxOutputBytes' | 'logLevel'
  >;
  /** More options for one plug-in, by what it was allowed to do. Hosts, paths and config are the library's. */
  readonly options?: (plugin: InstalledPlugin) => PluginOptions;
  /** Bytes a source, and what a bundle unpacks to, may have. @default 67_108_864 (64 MiB) */
  readonly maxBytes?: number;
  /** Milliseconds the browser's database may take to open. @default 5_000 */
  readonly storagePatienceMs?: number;
}
