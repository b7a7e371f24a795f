import type { Outcome } from './run.mjs';

declare global {
  interface Window {
    /** Runs the hostile plug-in of that name; see e2e/security/hostile/page/main.mjs. */
    hostile: (name: string) => Promise<Outcome>;
    /** Closes everything. Returns how many workers remain, which must be none. */
    finishHostile: () => Promise<number>;
  }
}
