import type { NetworkCase } from './cases.js';
import type { Outcome } from './run-cases.js';

declare global {
  interface Window {
    /** Makes one request with a plug-in; see e2e/security/network/page/main.mjs. */
    performCase: (subject: 'tenon' | 'peer', one: NetworkCase) => Promise<Outcome>;
  }
}
