import type { WaitingWay } from '../../contract/host-function.js';
import { hasJspi, possibleWays } from '../base/waiting.js';

/** What this page and engine offer plug-ins. */
export interface Features {
  /** False on plain http that is not localhost. */
  readonly secureContext: boolean;
  /** The page was served with COOP and COEP headers. Nothing here needs it. */
  readonly crossOriginIsolated: boolean;
  /** JavaScript promise integration. */
  readonly jspi: boolean;
  /** How a plug-in can wait for the page, the fastest first: without any, host functions of the page and HTTP are out of reach. */
  readonly waiting: readonly WaitingWay[];
  readonly hashing: 'webcrypto' | 'javascript';
  readonly cache: boolean;
  /** What is missing here, and what that means, a sentence each. */
  readonly notes: readonly string[];
}

export function features(): Features {
  const secureContext = globalThis.isSecureContext;
  const jspi = hasJspi();
  const waiting = possibleWays();
  const cache = typeof indexedDB !== 'undefined';
  const notes: string[] = [];
  if (!secureContext) {
    notes.push(
      'This page is not secure (https or localhost): hashes are computed in JavaScript, some ten times slower, and service workers are not available.',
    );
  }
  if (waiting.length === 0) {
    notes.push(
      'Nothing lets a plug-in wait for the page: host functions of the page and HTTP need JSPI, or isolation headers, or a service worker that calls serveLongPolledRequests.',
    );
  }
  if (!cache) notes.push('IndexedDB is not available: plug-ins are fetched anew at each visit.');
  return {
    secureContext,
    crossOriginIsolated: globalThis.crossOriginIsolated,
    jspi,
    waiting,
    hashing: secureContext ? 'webcrypto' : 'javascript',
    cache,
    notes,
  };
}
