import { type CapabilityGroup, groupImports } from '../../wasm/inspect.js';
import type { MemoryReport, ProducerReport, TableReport } from '../../contract/module-report.js';
import type { IndexedExport, IndexedImport } from '../../wasm/module-index.js';
import type { LoadTimings, StartModule } from '../../contract/protocol.js';
import type { Sha256Hex } from '../../contract/units.js';
import type { LoadedEntry } from '../loading/loaded.js';

/** What is known of a plug-in without running it. Every name in it was chosen by the plug-in's author: show it as text. */
export interface Inspection {
  readonly modules: readonly ModuleInspection[];
  /** What the imports of all modules allow, by capability. */
  readonly capabilities: readonly CapabilityGroup[];
}

export interface ModuleInspection {
  readonly name: string;
  /** False: the app compiled it itself, and nobody could look inside or limit it. */
  readonly gated: boolean;
  /** Its code was rewritten, so that it can be stopped where it runs. */
  readonly metered: boolean;
  /** Null where not gated. */
  readonly sizeBytes: number | null;
  readonly sha256: Sha256Hex | null;
  /** Pages of 64 KiB. */
  readonly memories: readonly MemoryReport[];
  readonly tables: readonly TableReport[];
  readonly imports: readonly IndexedImport[];
  readonly exports: readonly IndexedExport[];
  /** Languages and tools that made it, as it says itself. */
  readonly producers: readonly ProducerReport[];
  /** Where its bytes came from. */
  readonly from: LoadedEntry['from'];
  readonly timings: LoadTimings;
}

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
