import type { Row } from './page/main.mjs';

declare global {
  interface Window {
    /** Runs every case with the SDK and with the drop-in. */
    compare: () => Promise<Row[]>;
    /** What an app of e2e/specs/extism/apps gave. */
    app: Promise<unknown>;
  }
}
