import type { Tally } from './run.mjs';

/** What one module and its metered twins came to. */
export interface TwinsReply {
  /** False: this engine does not take the module, or it runs too long. */
  compared: boolean;
  faults: string[];
}

declare global {
  interface Window {
    /** Loads and calls that many generated modules, in e2e/generated/page/main.mjs. */
    generated: (from: number, count: number) => Promise<Tally>;
    finishGenerated: () => Promise<{ uncaught: string[]; workers: number }>;
  }
}
