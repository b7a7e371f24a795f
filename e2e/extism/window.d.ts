import type { Row } from './page/main.mjs';

declare global {
  interface Window {
    /** Runs every case with the SDK and with the drop-in. */
    compare: () => Promise<Row[]>;
  }
}
