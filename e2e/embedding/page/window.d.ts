import type { Outcome } from './uses.mjs';

declare global {
  interface Window {
    performUses: (names: readonly string[] | null) => Promise<Outcome[]>;
  }
}
