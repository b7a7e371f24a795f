import type { ModuleReport } from '../../contract/module-report.js';
import type { LoadTimings } from '../../contract/protocol.js';
import type { Sha256Hex } from '../../contract/units.js';
import { isMetered, ModuleIndex } from '../../wasm/module-index.js';

/** A compiled module and what is known about it. */
export interface LoadedEntry {
  readonly module: WebAssembly.Module;
  /** Null for a module that the app compiled itself: its bytes cannot be read. */
  readonly report: ModuleReport | null;
  readonly index: ModuleIndex;
  readonly sha256: Sha256Hex | null;
  /** `app`: the app compiled it itself. */
  readonly from: 'network' | 'cache' | 'memory' | 'app';
  /** Whether its code was rewritten, so that it can be stopped inside its worker. */
  readonly metered: boolean;
  readonly timings: LoadTimings;
}

/** Describes a module that the app compiled itself. */
export function fromApp(module: WebAssembly.Module): LoadedEntry {
  return {
    module,
    report: null,
    index: new ModuleIndex(module, null),
    sha256: null,
    from: 'app',
    metered: isMetered(module),
    timings: { readMs: 0, compileMs: 0 },
  };
}
