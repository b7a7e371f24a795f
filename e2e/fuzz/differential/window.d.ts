/** One module in three versions: as the gate returns it, and metered at both levels. */
export interface DifferentialModules {
  readonly plain: WebAssembly.Module;
  readonly fuel: WebAssembly.Module;
  readonly interrupt: WebAssembly.Module;
}

/** The result of comparing one module with its metered versions. */
export interface DifferentialReply {
  /** False when the gate or the engine refuses the module, an import is unresolved, or it runs too long. */
  readonly compared: boolean;
  readonly faults: readonly string[];
}

declare global {
  interface Window {
    /**
     * Compares the module at a URL with its metered versions; see e2e/fuzz/differential/page/main.mjs. `allowGc` allows
     * garbage-collected types.
     */
    compareWithMetered: (url: string, allowGc: boolean) => Promise<DifferentialReply>;
  }
}
