import { type CapabilityGroup, groupImports } from '../../wasm/inspect.js';
import type { MemoryReport, ProducerReport, TableReport } from '../../contract/module-report.js';
import type { IndexedExport, IndexedImport } from '../../wasm/module-index.js';
import type { LoadTimings, StartModule } from '../../contract/protocol.js';
import type { Sha256Hex } from '../../contract/units.js';
import type { LoadedEntry } from '../loading/loaded.js';

/** What is known about a plug-in without running it. The plug-in's author chose every name in it: show names as text only. */
export interface Inspection {
  readonly modules: readonly ModuleInspection[];
  /** The imports of all modules, grouped by capability. */
  readonly capabilities: readonly CapabilityGroup[];
}

export interface ModuleInspection {
  readonly name: string;
  /** False for a module that the app compiled itself: it could not be checked or limited. */
  readonly gated: boolean;
  /** Whether its code was rewritten, so that it can be stopped inside its worker. */
  readonly metered: boolean;
  /** Null if not gated. */
  readonly sizeBytes: number | null;
  readonly sha256: Sha256Hex | null;
  /** Pages of 64 KiB. */
  readonly memories: readonly MemoryReport[];
  readonly tables: readonly TableReport[];
  readonly imports: readonly IndexedImport[];
  readonly exports: readonly IndexedExport[];
  /** Languages and tools that produced it, from its `producers` section. */
  readonly producers: readonly ProducerReport[];
  /** The origin of its bytes. */
  readonly from: LoadedEntry['from'];
  readonly timings: LoadTimings;
}

/** Describes the modules of a plug-in. */
export function inspectModules(modules: readonly StartModule[], entries: readonly LoadedEntry[]): Inspection {
  const names = modules.map(({ name }) => name);
  return {
    modules: entries.map((entry, index) => inspectModule(names[index] ?? '', entry)),
    capabilities: groupImports(
      entries.flatMap(({ index }) => index.imports),
      names,
    ),
  };
}

function inspectModule(name: string, { report, index, sha256, from, metered, timings }: LoadedEntry): ModuleInspection {
  return {
    name,
    gated: report !== null,
    metered,
    sizeBytes: report?.sizeBytes ?? null,
    sha256,
    memories: report?.memories ?? [],
    tables: report?.tables ?? [],
    imports: index.imports,
    exports: [...index.exports.values()],
    producers: report?.producers ?? [],
    from,
    timings,
  };
}
