import type { Outcome } from './run.mjs';

declare global {
  interface Window {
    /** Runs the hostile plug-in of that name, in e2e/security/hostile/page/main.mjs. */
    hostile: (name: string) => Promise<Outcome>;
    /** Closes everything; gives how many workers are left, which must be none. */
    finishHostile: () => Promise<number>;
  }
}
