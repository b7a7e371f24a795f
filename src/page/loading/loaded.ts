import type { ModuleReport } from '../../contract/module-report.js';
import type { LoadTimings } from '../../contract/protocol.js';
import type { Sha256Hex } from '../../contract/units.js';
import { isMetered, ModuleIndex } from '../../wasm/module-index.js';

/** A compiled module and what is known of it. */
export interface LoadedEntry {
  readonly module: WebAssembly.Module;
  /** Null for a module that the app compiled itself, which nobody could look into. */
  readonly report: ModuleReport | null;
  readonly index: ModuleIndex;
  readonly sha256: Sha256Hex | null;
  /** `app`: the app compiled it itself. */
  readonly from: 'network' | 'cache' | 'memory' | 'app';
  /** Its code was rewritten, so that it can be stopped where it runs. */
  readonly metered: boolean;
  readonly timings: LoadTimings;
}

/** A source turned out to be a manifest: its text, for the page to parse. */
export interface LoadedText {
  readonly kind: 'manifest';
  readonly text: string;
}

/** A module that the app compiled itself. */
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
