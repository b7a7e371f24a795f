import type { Tally } from './run.mjs';

declare global {
  interface Window {
    /** Loads and calls generated modules; see e2e/fuzz/generated/page/main.mjs. */
    generated: (from: number, count: number) => Promise<Tally>;
    finishGenerated: () => Promise<{ uncaught: string[]; workers: number }>;
  }
}
