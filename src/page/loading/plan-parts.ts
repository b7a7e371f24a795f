import { type MeterLevel, type Policy, referenceSemantics, type Semantics } from '../../contract/policy.js';
import type { GateOptions, StartModule } from '../../contract/protocol.js';
import type { CombinedSettings } from '../../manifest/limits.js';
import type { WaitingWay } from '../../contract/host-function.js';
import type { HostSide } from '../host-functions/host-side.js';
import type { HostFunctions } from '../base/host-function.js';
import type { LoadedEntry } from './loaded.js';
import type { Loader } from './loader.js';
import type { NormalizedOptions } from './normalize.js';
import type { PluginSettings } from '../base/options.js';
import type { WasiPlan } from '../base/program-plan.js';
import { lazyChunk } from '../base/lazy-chunk.js';

/** What the host decides for all its plug-ins. */
export interface PlannerContext {
  /** The app's own `fetch`; null: the page's. */
  readonly fetch: typeof fetch | null;
  /** The way of waiting that the app chose; null: the fastest that works. */
  readonly waiting: WaitingWay | null;
}

/** A plug-in that is ready to start: its modules are loaded and checked, and its policy is frozen. */
export interface PluginPlan {
  readonly name: string;
  readonly modules: readonly StartModule[];
  /** What is known of each module, in the same order. */
  readonly entries: readonly LoadedEntry[];
  /** The name of the module whose exports are called. */
  readonly main: string;
  readonly config: ReadonlyMap<string, string>;
  readonly timeoutMs: number | null;
  readonly policy: Policy;
  /** Null when no module imports WASI. */
  readonly wasi: WasiPlan | null;
  readonly allowedHosts: readonly string[];
  /** The hosts that a foreign manifest asks for: a request must match both lists. Null or absent: only `allowedHosts`. */
  readonly requestedHosts?: readonly string[] | null;
  /** The page's side of host functions and HTTP; null for a plug-in that imports neither. */
  readonly host: HostSide | null;
  /** Host functions of the app, imported or not; absent if there are none. */
  readonly functions?: HostFunctions;
}

export function gateOptions({ limits }: CombinedSettings, settings: PluginSettings): GateOptions {
  const { maxModuleBytes, maxTableEntries, maxCompileCost, allowGc } = settings;
  const metering = meterLevel(settings);
  const maxPages = semanticsOf(settings).memoryScope === 'kernel' ? null : limits.maxPages;
  return { maxModuleBytes, maxPages, maxTableEntries, maxCompileCost, allowGc, metering };
}

function semanticsOf({ profile }: PluginSettings): Semantics {
  return profile?.semantics ?? referenceSemantics;
}

/** With `auto` and no fuel, meters in WebKit only: there a loop continues even after its worker was terminated. */
function meterLevel({ metering, fuel }: PluginSettings): MeterLevel | null {
  if (fuel !== null) return 'fuel';
  const isOn = metering === 'auto' ? navigator.vendor.startsWith('Apple') : metering;
  return isOn ? 'interrupt' : null;
}

export function toPolicy(
  { limits }: CombinedSettings,
  settings: PluginSettings,
  entries: readonly LoadedEntry[],
): Policy {
  const level = meterLevel(settings);
  const { maxPages, maxHttpResponseBytes, maxVarBytes } = limits;
  const { maxTableEntries, maxModuleBytes, maxOutputBytes, maxHostCalls, allowGc, logLevel, afterHostFailure } =
    settings;
  return Object.freeze({
    limits: {
      maxPages,
      maxTableEntries,
      maxModuleBytes,
      maxHttpResponseBytes,
      maxVarBytes,
      maxOutputBytes,
      maxHostCalls,
    },
    semantics: semanticsOf(settings),
    allowGc,
    logLevel,
    afterHostFailure,
    // A module that could not be metered, or that the app compiled itself, is stopped by terminating its worker.
    metering: level !== 'interrupt' || entries.some(({ metered }) => metered) ? level : null,
  });
}

/** Returns what a plug-in that imports WASI is given; null for others. */
export async function planWasi(
  name: string,
  entries: readonly LoadedEntry[],
  { settings, combined }: NormalizedOptions,
  loader: Loader,
): Promise<WasiPlan | null> {
  const importsWasi = entries.some(({ index }) => index.importsWasi());
  settings.profile?.checkWasi(importsWasi);
  if (!importsWasi) return null;
  const { planProgram } = await lazyChunk(() => import('./wasi-setup.js'));
  const urls = { url: loader.urlOf('wasi'), storeUrl: loader.urlOf('store'), filesUrl: loader.urlOf('files') };
  return planProgram({ name, entries, settings, combined, urls });
}

/** Returns the last segment of a URL's path, or a file's own name. */
export function labelName(label: string): string {
  const [path = ''] = label.split(/[?#]/, 1);
  return path.slice(path.lastIndexOf('/') + 1) || 'plugin';
}
