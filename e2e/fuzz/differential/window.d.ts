/** One module, three times: as the gate lets it through, and metered at both levels. */
export interface DifferentialModules {
  readonly plain: WebAssembly.Module;
  readonly fuel: WebAssembly.Module;
  readonly interrupt: WebAssembly.Module;
}

/** What one module and its metered versions came to. */
export interface DifferentialReply {
  /** False: the gate or this engine does not take the module, nobody provides what it imports, or it runs too long. */
  readonly compared: boolean;
  readonly faults: readonly string[];
}

declare global {
  interface Window {
    /**
     * Compares the module at that address with its metered versions, in e2e/fuzz/differential/page/main.mjs. `allowGc`: it is ours, and may have
     * garbage-collected types.
     */
    compareWithMetered: (url: string, allowGc: boolean) => Promise<DifferentialReply>;
  }
}
