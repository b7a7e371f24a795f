import type { Tally } from './run.mjs';

declare global {
  interface Window {
    /** Loads and calls that many generated modules, in e2e/fuzz/generated/page/main.mjs. */
    generated: (from: number, count: number) => Promise<Tally>;
    finishGenerated: () => Promise<{ uncaught: string[]; workers: number }>;
  }
}
