import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The share of each property test's full run count, from TENON_RUN_SHARE by way of vite.config.ts. */
    readonly runShare: number;
  }
}

/** Fewer runs find nothing. */
const fewest = 50;
/**
 * Returns how often a property test runs: all of `full` in `npm run soak -- properties`, a tenth in `npm test`, whose seeds are new each time, less in
 * `npm run test:unit` and `test:watch`.
 */
export function runCount(full: number): number {
  return Math.min(full, Math.max(fewest, Math.ceil(full * inject('runShare'))));
}
