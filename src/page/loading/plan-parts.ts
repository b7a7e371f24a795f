import { type MeterLevel, type Policy, referenceSemantics, type Semantics } from '../../contract/policy.js';
import { wasiNamespace } from '../../contract/abi.js';
import type { GateOptions, StartModule } from '../../contract/protocol.js';
import type { WasiSetup } from '../../contract/wasi.js';
import type { CombinedSettings } from '../../manifest/limits.js';
import type { WaitingWay } from '../../contract/host-function.js';
import type { HostSide } from '../host-functions/host-side.js';
import type { LiveSet } from '../scheduler/live-set.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { LoadedEntry } from './loaded.js';
import type { PluginSettings } from '../base/options.js';

/** What a host gives all its plug-ins. */
export interface PlannerContext {
  readonly pool: WorkerPool;
  readonly live: LiveSet;
  readonly fetch: typeof fetch | null;
  /** The way of waiting that the app wants; null: the fastest that works. */
  readonly waiting: WaitingWay | null;
}

/** Everything about a plug-in but its workers: loaded, checked, and with its policy settled. */
export interface PluginPlan {
  readonly name: string;
  readonly modules: readonly StartModule[];
  /** What was loaded, module by module. */
  readonly entries: readonly LoadedEntry[];
  /** The module that is called. */
  readonly main: string;
  readonly config: ReadonlyMap<string, string>;
  readonly timeoutMs: number | null;
  readonly policy: Policy;
  /** Null when no module imports WASI. */
  readonly wasi: WasiSetup | null;
  readonly allowedHosts: readonly string[];
  /** What the page runs for the plug-in; null when it asks for nothing. */
  readonly host: HostSide | null;
}

export function gateOptions({ limits }: CombinedSettings, settings: PluginSettings): GateOptions {
  const { maxModuleBytes, maxTableEntries, allowGc } = settings;
  const metering = meterLevel(settings);
  const maxPages = semanticsOf(settings).memoryScope === 'kernel' ? null : limits.maxPages;
  return { maxModuleBytes, maxPages, maxTableEntries, allowGc, metering };
}

function semanticsOf({ profile }: PluginSettings): Semantics {
  return profile?.semantics ?? referenceSemantics;
}

/** WebKit goes on with a loop for ever, even when its worker was terminated; and starting always has a limit, calls may have one. */
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
  const { maxTableEntries, maxModuleBytes, maxOutputBytes, allowGc, logLevel } = settings;
  return Object.freeze({
    limits: { maxPages, maxTableEntries, maxModuleBytes, maxHttpResponseBytes, maxVarBytes, maxOutputBytes },
    semantics: semanticsOf(settings),
    allowGc,
    logLevel,
    // Modules that could not be metered, or that the app compiled itself, are ended from outside.
    metering: level !== 'interrupt' || entries.some(({ metered }) => metered) ? level : null,
  });
}

/** What a plug-in that imports WASI is given; null for others. */
export async function planWasi(
  name: string,
  modules: readonly StartModule[],
  settings: PluginSettings,
  combined: CombinedSettings,
): Promise<WasiSetup | null> {
  settings.profile?.checkModules(modules);
  const imports = modules.flatMap(({ module }) => WebAssembly.Module.imports(module));
  if (!imports.some(({ module }) => module === wasiNamespace)) return null;
  const { wasiSetup } = await import('./wasi-setup.js');
  return wasiSetup(name, settings, combined);
}

/** The last part of a URL's path, or a file's own name. */
export function labelName(label: string): string {
  const path = label.replace(/[?#].*$/, '');
  return path.slice(path.lastIndexOf('/') + 1) || 'plugin';
}
